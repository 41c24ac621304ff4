"""Which bytes are read: addresses, compression, and files that are something else."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import re
import zipfile

import fsspec
import polars as pl
import pyarrow as pa
import pytest

from regbulk.errors import SourceError
from regbulk.source import open_source

DATA = b'first_name,notes\nAda,"a\nb"\n' + b"Grace,x\n" * 500
GZIP = gzip.compress(DATA, mtime=0)


def zstd(data):
    with pa.BufferOutputStream() as sink:
        with pa.CompressedOutputStream(sink, "zstd") as stream:
            stream.write(data)
        return sink.getvalue().to_pybytes()


def read(source):
    return sum(block.read for block in source.blocks())


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("r.csv", DATA),
        ("r.csv.gz", GZIP),
        ("r.csv.zst", zstd(DATA)),
        ("gzip-named-as.csv", GZIP),
        ("zstd-named-as.csv", zstd(DATA)),
        ("two-members.csv.gz", gzip.compress(DATA[:99], mtime=0) + gzip.compress(DATA[99:])),
        ("without-suffix", DATA),
    ],
)
@pytest.mark.parametrize("block_bytes", [100, 3_000_000])
def test_plain_and_compressed_files_hold_the_same_records(open_bytes, name, data, block_bytes):
    source = open_bytes(data, name=name, block_bytes=block_bytes)
    assert source.name == name
    assert read(source) == 501


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("cut.csv.gz", GZIP[:-9], "the compressed data is cut off or damaged"),
        ("crc.csv.gz", GZIP[:-8] + b"\1\2\3\4" + GZIP[-4:], "the compressed data is cut off or damaged"),
        ("tail.csv.gz", GZIP + b"garbage", "the compressed data is cut off or damaged"),
        ("cut.csv.zst", zstd(DATA)[:-9], "cannot be read|cut off or damaged"),
        ("plain.csv.gz", DATA, "the name says gzip, the first bytes do not"),
        ("other.csv.zst", GZIP, "the name says zstd, the first bytes do not"),
    ],
)
def test_damaged_compression_is_an_error(open_bytes, name, data, message):
    with pytest.raises(SourceError, match=message):
        read(open_bytes(data, name=name))


def archive(*names):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as packed:
        for name in names:
            packed.writestr(name, DATA)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("data", "kind", "advice"),
    [
        (b"%PDF-1.7\n", "a PDF document", "export the data as CSV"),
        (b"\n <!DOCTYPE html><html>", "an HTML page", "download the file itself"),
        (b"<HTML>", "an HTML page", "download the file itself"),
        (b"\xef\xbb\xbf<?xml version='1.0'?>", "an XML document", "export the data as CSV"),
        ("<html>".encode("utf-16"), "an HTML page", "download the file itself"),
        (b"<table><tr>", "an HTML table", "open it in Excel and save it as 'CSV UTF-8'"),
        (b'{"rows": []}', "JSON", "export the data as CSV"),
        (b'\xef\xbb\xbf[{"id": 1}]', "JSON", "export the data as CSV"),
        (b"{\\rtf1\\ansi", "a text document with formats", "export the data as CSV"),
        (bz2.compress(DATA), "a bzip2 file", "give it unpacked"),
        (lzma.compress(DATA), "an xz file", "give it unpacked"),
        (b"7z\xbc\xaf\x27\x1c\0\x04", "a 7-Zip archive", "give it unpacked"),
        (b"Rar!\x1a\x07\x01\0", "a RAR archive", "give it unpacked"),
        (gzip.compress(GZIP, mtime=0), "data that is compressed twice", "give it unpacked"),
        (zstd(GZIP), "data that is compressed twice", "give it unpacked"),
        (gzip.compress(archive("a.csv"), mtime=0), "an Excel workbook or another zip archive", "give it unpacked"),
        (gzip.compress(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", mtime=0), "an old Excel workbook", "give it unpacked"),
    ],
)
def test_another_kind_of_file_named_csv_is_told_by_its_first_bytes(open_bytes, data, kind, advice):
    expected = f"found {kind}.*, expected CSV, Excel \\(.xlsx\\) or Parquet; {re.escape(advice)}"
    with pytest.raises(SourceError, match=expected):
        open_bytes(data)


def test_parquet_named_csv_is_read_as_parquet(open_bytes):
    stream = io.BytesIO()
    pl.DataFrame({"first_name": ["Ada"]}).write_parquet(stream)
    assert read(open_bytes(stream.getvalue())) == 1


def test_a_file_may_stand_behind_an_address():
    with fsspec.open("memory://bucket/r.csv.gz", "wb") as stream:
        stream.write(GZIP)
    source = open_source("memory://bucket/r.csv.gz")
    assert source.name == "r.csv.gz"
    assert read(source) == 501


@pytest.mark.parametrize("location", ["missing.csv", "missing/*.parquet", "memory://bucket/missing.csv"])
def test_a_file_that_is_not_there(tmp_path, location):
    where = location if "://" in location else str(tmp_path / location)
    with pytest.raises(SourceError, match="no such file; check the path"):
        open_source(where)


def test_a_folder_without_parquet(tmp_path):
    with pytest.raises(SourceError, match="no Parquet files in this folder"):
        open_source(str(tmp_path))


def test_a_kind_of_address_that_nobody_knows():
    with pytest.raises(SourceError, match="this kind of address cannot be opened"):
        open_source("nosuch://bucket/r.csv")


def test_several_csv_files_are_refused(tmp_path):
    for name in ("a.csv", "b.csv"):
        (tmp_path / name).write_bytes(DATA)
    with pytest.raises(SourceError, match="found 2 files that are not all Parquet"):
        open_source(str(tmp_path / "*.csv"))


def test_a_file_whose_name_looks_like_a_pattern_is_that_file(open_bytes):
    assert read(open_bytes(DATA, name="export [1].csv")) == 501


def test_the_fingerprint_is_that_of_the_stored_bytes(open_bytes):
    plain, packed = open_bytes(DATA), open_bytes(GZIP, name="r.csv.gz")
    assert plain.fingerprint() != packed.fingerprint()


class TestAFileThatChangesWhileItIsRead:
    DATA = b"a,b\n" + b"1,x\n" * 1_000

    def change(self, how, path):
        if how == "grows":
            with path.open("ab") as stream:
                stream.write(b"2,y\n")
        elif how == "is cut off":
            os.truncate(path, 2_000)
        elif how == "is written again":
            path.write_bytes(self.DATA.replace(b"x", b"y"))
            os.utime(path, ns=(0, path.stat().st_mtime_ns + 1))
        else:
            other = path.with_name("other")
            other.write_bytes(self.DATA)
            os.utime(other, ns=(0, path.stat().st_mtime_ns))
            other.replace(path)

    @pytest.mark.parametrize("how", ["grows", "is cut off", "is written again", "is replaced"])
    @pytest.mark.parametrize("when", ["before", "between blocks"])
    def test_it_is_an_error_and_not_a_shorter_or_mixed_file(self, open_bytes, tmp_path, how, when):
        source = open_bytes(self.DATA, block_bytes=500)
        path = tmp_path / "registrations.csv"
        with pytest.raises(SourceError, match="the file was changed while it was read; wait until it is complete"):
            if when == "before":
                self.change(how, path)
            for number, _ in enumerate(source.blocks()):
                if (when, number) == ("between blocks", 2):
                    self.change(how, path)

    def test_it_is_one_for_rejects_and_fingerprint_too(self, open_bytes, refuse, tmp_path):
        source = open_bytes(self.DATA)
        self.change("grows", tmp_path / "registrations.csv")
        with pytest.raises(SourceError, match="the file was changed while it was read"):
            source.write_rejects(refuse([1]), tmp_path / "rejects.csv")
        with pytest.raises(SourceError, match="the file was changed while it was read"):
            source.fingerprint()

    def test_reading_rights_and_names_may_change(self, open_bytes, tmp_path):
        source = open_bytes(self.DATA)
        (tmp_path / "registrations.csv").chmod(0o400)
        (tmp_path / "second name").hardlink_to(tmp_path / "registrations.csv")
        assert read(source) == 1_000
