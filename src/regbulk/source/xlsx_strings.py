"""The texts of a workbook: the ones that cells share, and how control characters are written in any of them."""

from __future__ import annotations

import re
from typing import Final
from zipfile import ZipFile

import polars as pl

from regbulk.source.xlsx_xml import NAMESPACE, fed, parser

_HELD: Final = 50_000
_ESCAPED: Final = re.compile(r"(?:_x[0-9A-Fa-f]{4}_)+")


class _Texts:
    """Collects the texts of the elements `si`: all runs of rich text, without the readings of East Asian words."""

    def __init__(self) -> None:
        self._found: list[pl.Series] = [pl.Series(dtype=pl.String)]
        self._texts: list[str] = []
        self._text = ""
        self._taking = self._reading = False

    def start(self, tag: str, _attributes: dict[str, str]) -> None:
        name = tag.rpartition(NAMESPACE)[2]
        if name == "si":
            self._text = ""
        elif name == "rPh":
            self._reading = True
        elif name == "t":
            self._taking = not self._reading

    def end(self, tag: str) -> None:
        name = tag.rpartition(NAMESPACE)[2]
        self._taking = False
        if name == "rPh":
            self._reading = False
        elif name == "si":
            self._texts.append(self._text)
            if len(self._texts) == _HELD:
                self._pack()

    def data(self, text: str) -> None:
        if self._taking:
            self._text += text

    def all(self) -> pl.Series:
        self._pack()
        return pl.concat(self._found, rechunk=True)

    def _pack(self) -> None:
        # A tenth of the memory that Python takes for as many texts.
        self._found.append(unescaped(pl.Series(self._texts, dtype=pl.String)))
        self._texts = []


def shared_strings(name: str, archive: ZipFile, part: str | None) -> pl.Series:
    """The texts that cells share, in order; none without such a part. The source's `name` is for messages."""
    if part is None:
        return pl.Series(dtype=pl.String)
    texts, xml = _Texts(), parser(name)
    xml.StartElementHandler, xml.EndElementHandler, xml.CharacterDataHandler = texts.start, texts.end, texts.data
    with archive.open(part) as stream:
        for _ in fed(xml, stream):
            pass
    return texts.all()


def unescaped(texts: pl.Series) -> pl.Series:
    """Texts with the characters that stand as `_x000D_` (a carriage return) in a workbook."""
    escaped = texts.str.contains("_x", literal=True)
    if not escaped.any():
        return texts
    plain = texts.filter(escaped).map_elements(_plain, return_dtype=pl.String)
    return texts.scatter(escaped.arg_true(), plain)


def _plain(text: str) -> str:
    return _ESCAPED.sub(_characters, text)


def _characters(escaped: re.Match[str]) -> str:
    try:
        return bytes.fromhex(escaped[0].replace("_x", "").replace("_", "")).decode("utf-16-be")
    except UnicodeDecodeError:
        return escaped[0]
