"""Letters beyond ASCII by language, and the single-byte encodings that write them: ground for telling one from another.

The letters are those of the languages' own alphabets as Unicode's CLDR lists them ("main" exemplar characters). Rare
encodings are here too: each one that is missing could be taken for another.
"""

from __future__ import annotations

from typing import Final, NamedTuple


class Region(NamedTuple):
    """Languages that share encodings, the more common encoding first."""

    codecs: tuple[str, ...]
    languages: dict[str, str]
    latin: bool = True
    """Whether ASCII letters stand in the same words."""


REGIONS: Final = (
    Region(
        ("cp1252", "iso8859-15", "cp850", "mac_roman", "mac_iceland"),
        {
            "German": "äöüß",
            "French": "àâæçéèêëîïôœùûüÿ",
            "Spanish": "áéíñóúü¿¡ºª",
            "Portuguese": "áâãàçéêíóôõúºª",
            "Italian": "àèéìíîòóùú",
            "Dutch": "áäéëíïóöúü",
            "Nordic": "åäöæøéà",
            "Finnish": "åäöšž",
            "Estonian": "äõöüšž",
            "Icelandic": "áðéíóúýþæö",
        },
    ),
    Region(
        ("cp1250", "iso8859-2", "cp852", "mac_latin2"),
        {
            "Polish": "ąćęłńóśźż",
            "Czech": "áčďéěíňóřšťúůýž",
            "Slovak": "áäčďéíĺľňóôŕšťúýž",
            "Hungarian": "áéíóöőúüű",
            "Romanian": "ăâîşţ",
            "South Slavic": "čćđšž",
            "German": "äöüß",
        },
    ),
    Region(("cp1254", "iso8859-9", "cp857", "mac_turkish"), {"Turkish": "âçğıîöşüûİ", "German": "äöüß"}),
    Region(
        ("cp1257", "iso8859-13", "cp775"),
        {"Lithuanian": "ąčęėįšųūž", "Latvian": "āčēģīķļņšūž", "Estonian": "äõöüšž"},
    ),
    Region(
        ("cp1251", "koi8-r", "koi8-u", "iso8859-5", "cp866", "mac_cyrillic"),
        {"Russian": "абвгдежзийклмнопрстуфхцчшщъыьэюяё№", "Ukrainian": "абвгдежзийклмнопрстуфхцчшщьюяєіїґ№"},
        latin=False,
    ),
    Region(
        ("cp1253", "iso8859-7", "cp737", "mac_greek"),
        {"Greek": "αβγδεζηθικλμνξοπρσςτυφχψωάέήίόύώϊϋΐΰ"},
        latin=False,
    ),
)
