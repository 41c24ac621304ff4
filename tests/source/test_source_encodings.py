"""Encodings: found out from the whole file, told, or asked for; never guessed."""

from __future__ import annotations

import codecs
import re
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regbulk.errors import SourceError
from regbulk.source import open_source
from regbulk.source.options import SourceOptions

WORDS = {
    "German": "Müller Jäger Köhler Größe Weiß Öztürk Ärztekammer STRAßE GRÖSSE München Göttingen überwiesen für",
    "French": "François Noël Hélène Desprès Zoé déjà être hôtel ça où Île Éric À L’Haÿ d’Été QUÉBEC Nîmes",
    "Spanish": "José Muñoz Núñez López Íñigo Ángel niño teléfono ¿Qué? ¡Olé! Málaga pingüino",
    "Italian": "Niccolò Città perché università più già così lunedì virtù Forlì Cefalù è",
    "Nordic": "Søren Jørgensen Åse Ærø Kjær Bjørn Østergård Köping Åsa Björk",
    "Polish": "Łukasz Wałęsa Gdańsk Łódź Kraków Częstochowa Żaneta Świątek później ćma Śląsk",
    "Czech": "Dvořák Čapek Štěpán Žižka Růžena Příbram Ústí ťuk ďábel Zdeněk Jiří",
    "Hungarian": "Szőke Kovács Győr Erdős Gyöngyös Üllő Űr egészség Márta Őrség",
    "Turkish": "Şahin Yıldız Öztürk Çağlar İstanbul Şişli Beyoğlu Güneş Ağrı teşekkür",
    "Lithuanian": "Žemaitė Čiurlionis Šiauliai Panevėžys Ąžuolas Ęglė Įmonė žąsis",
    "Russian": "Иван Петров Москва Санкт Ёлкин Щукин Юлия спасибо Объект ИВАНОВ",
    "Ukrainian": "Київ Львів Їжак Євген Українська дякую Шевченко Ґанок",
    "Greek": "Αθήνα Γιώργος Παπαδόπουλος Ελένη Θεσσαλονίκη Ευχαριστώ Ήπειρος Ώρα",
}
SINGLE = {
    "German": ("cp1252", "latin-1", "iso8859-15", "cp850", "cp437", "mac_roman", "cp1250"),
    "French": ("cp1252", "mac_roman"),
    "Spanish": ("cp1252", "latin-1", "cp850", "mac_roman"),
    "Italian": ("cp1252", "latin-1", "cp850", "mac_roman"),
    "Nordic": ("cp1252", "latin-1", "cp850", "mac_roman"),
    "Polish": ("cp1250", "iso8859-2", "cp852"),
    "Czech": ("cp1250", "iso8859-2", "cp852", "mac_latin2"),
    "Hungarian": ("cp1250", "iso8859-2", "cp852"),
    "Turkish": ("cp1254", "iso8859-9", "cp857", "mac_turkish"),
    "Lithuanian": ("cp1257", "iso8859-13", "cp775"),
    "Russian": ("cp1251", "koi8-r", "cp866", "iso8859-5", "mac_cyrillic"),
    "Ukrainian": ("cp1251", "koi8-u"),
    "Greek": ("cp1253", "iso8859-7", "cp737", "mac_greek"),
}
WIDE = ("utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be")
MARKS = {
    "utf-8": codecs.BOM_UTF8,
    "utf-16-le": codecs.BOM_UTF16_LE,
    "utf-16-be": codecs.BOM_UTF16_BE,
    "utf-32-le": codecs.BOM_UTF32_LE,
    "utf-32-be": codecs.BOM_UTF32_BE,
}


def table(words):
    return "id;name\n" + "".join(f"{number};{word}\n" for number, word in enumerate(words))


def names(source):
    return [name for block in source.blocks() for name in block.records["name"]]


def faults(source):
    return [row for block in source.blocks() for row in block.faults.select("record_no", "line_no", "code").rows()]


def messages(source):
    return [message for block in source.blocks() for message in block.faults["message"]]


@pytest.mark.parametrize("block_bytes", [1, 3, 5, 3_000_000])
@pytest.mark.parametrize("codec", MARKS)
def test_a_byte_order_mark_says_it(open_bytes, codec, block_bytes):
    words = ["Zoë", "日本", "😀"]
    source = open_bytes(MARKS[codec] + table(words).encode(codec), block_bytes=block_bytes)
    assert names(source) == words
    assert source.decisions[0] == f"encoding {codec}: the byte order mark at its start says so"
    assert source.as_read.encoding == codec


@pytest.mark.parametrize("codec", WIDE)
@pytest.mark.parametrize("words", [["Ada"], ["Zoë", "日本", "😀"], ["Иван", "Москва"]])
def test_without_one_zero_bytes_say_it(open_bytes, codec, words):
    source = open_bytes(table(words).encode(codec), block_bytes=7)
    assert names(source) == words
    assert source.decisions[0] == f"encoding {codec}: most of its characters have zero bytes in the same places"


def test_ascii_and_utf_8_are_told_by_the_whole_file(open_bytes):
    assert open_bytes(b"id;name\n1;x\n").decisions[0] == "encoding utf-8: it is all ASCII"
    source = open_bytes(table(["é", "日本", "😀"]).encode())
    assert source.decisions[0] == "encoding utf-8: its characters beyond ASCII (4) are all well-formed"


@pytest.mark.parametrize(
    ("language", "codec"), [(language, codec) for language in SINGLE for codec in SINGLE[language]]
)
def test_a_single_byte_encoding_is_told_by_the_words_that_it_makes(open_bytes, language, codec):
    words = [word for word in WORDS[language].split() if word.encode(codec, "replace").decode(codec) == word]
    source = open_bytes(table(words).encode(codec))
    assert names(source) == words
    assert re.match(
        r"encoding [\w-]+: it makes letters of .* words of the bytes that are not UTF-8", source.decisions[0]
    )


@pytest.mark.parametrize(
    ("languages", "codec"),
    [
        ("German French Spanish Italian Nordic", "cp1252"),
        ("German French Spanish Nordic", "mac_roman"),
        ("German Polish Czech Hungarian", "cp1250"),
        ("German Turkish", "cp1254"),
        ("Russian Ukrainian", "cp1251"),
    ],
)
def test_words_of_several_languages_that_share_an_encoding_tell_it_too(open_bytes, languages, codec):
    words = [word for language in languages.split() for word in WORDS[language].split()]
    assert names(open_bytes(table(words).encode(codec))) == words


def test_a_long_cell_of_letters_takes_no_longer_than_others(open_bytes):
    data = b"a;b\n1;" + b"x" * 900_000 + b"\n2;M\xfcller\n3;Gr\xf6\xdfe\n"
    assert open_bytes(data).as_read.encoding == "cp1252"


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_a_file_of_words_is_read_right_or_asked_about_and_never_read_wrong(data):
    language = data.draw(st.sampled_from(list(WORDS)))
    codec = data.draw(st.sampled_from([*SINGLE[language], "utf-8", *WIDE]))
    words = data.draw(st.lists(st.sampled_from(WORDS[language].split()), min_size=4, unique=True))
    with TemporaryDirectory() as folder:
        path = Path(folder) / "t.csv"
        path.write_bytes(table(words).encode(codec, "replace"))
        written = [word.encode(codec, "replace").decode(codec) for word in words]
        try:
            source = open_source(str(path))
        except SourceError as error:
            (problem,) = error.problems
            assert "say which it is with --encoding" in problem
        else:
            assert names(source) == written


class TestWhatCannotBeTold:
    def test_several_encodings_that_make_words_are_named_with_their_letters(self, open_bytes):
        with pytest.raises(SourceError) as error:
            open_bytes(table(["però", "è"]).encode("cp1252"))
        (problem,) = error.value.problems
        assert problem.startswith(
            "found bytes that are not UTF-8 (2), and several encodings make words of them (cp1252: ò è"
        )
        assert "cp1250: ň č as in Czech" in problem
        assert problem.endswith("say which it is with --encoding")

    def test_no_whole_word_of_a_person_is_shown(self, open_bytes):
        with pytest.raises(SourceError) as error:
            open_bytes(table(["Niccolò", "perchè"]).encode("cp1252"))
        assert "icco" not in str(error.value)

    def test_one_word_is_no_evidence(self, open_bytes):
        with pytest.raises(
            SourceError, match=r"found bytes that are not UTF-8 \(1\), expected text: one word tells no encoding;"
        ):
            open_bytes(b"a,b\n1,M\xfcller\n")

    def test_bytes_that_make_no_words(self, open_bytes):
        with pytest.raises(
            SourceError,
            match=r"found bytes that are not UTF-8 \(6\), expected text: no encoding known here makes words",
        ):
            open_bytes(b"a,b\n1,x\x81\x8d\x8f\n2,\x90y\x9d\xa0z\n")

    def test_two_encodings_in_one_file(self, open_bytes):
        data = table(["München", "Köln"]).encode() + b"3;M\xfcnster\n4;F\xfcrth\n"
        with pytest.raises(SourceError, match=r"bytes that are not UTF-8 \(2\) beside characters that are \(2\)"):
            open_bytes(data)
        assert names(open_bytes(data, encoding="utf-8")) == ["München", "Köln"]
        assert names(open_bytes(data, encoding="cp1252"))[2:] == ["Münster", "Fürth"]

    def test_a_few_damaged_bytes_are_faults_of_their_records(self, open_bytes):
        source = open_bytes(table(["Köln", "M\udcfcnster", *["Fürth"] * 20]).encode("utf-8", "surrogateescape"))
        assert source.decisions[0] == (
            "encoding utf-8: its characters beyond ASCII (21) are well-formed but for a few bytes (1)"
        )
        assert faults(source) == [(2, 3, "encoding-error")]
        assert len(names(source)) == 21

    def test_so_are_some_in_a_large_file_of_ascii(self, open_bytes):
        source = open_bytes(table(["x"] * 2_000).encode() + b"3;M\xfcnster\n4;ok\n")
        assert source.decisions[0] == (
            "encoding utf-8: all else is ASCII; records with the bytes that are neither (1) are refused"
        )
        assert faults(source) == [(2_001, 2_002, "encoding-error")]


class TestWhatIsTold:
    def test_it_is_taken(self, open_bytes):
        source = open_bytes(table(["Niccolò", "perché"]).encode("cp1252"), encoding="windows-1252")
        assert names(source) == ["Niccolò", "perché"]
        assert source.decisions[0] == "encoding cp1252: as told"

    def test_a_single_byte_encoding_told_for_utf_8_is_taken_with_a_word_of_doubt(self, open_bytes):
        data = table(["Köln", "東"]).encode()
        assert open_bytes(data, encoding="cp1250").decisions[0] == (
            "encoding cp1250: as told, though all its characters beyond ASCII (2) are well-formed UTF-8; "
            "if they look wrong, say --encoding utf-8"
        )
        assert open_bytes(data, encoding="utf-8").decisions[0] == "encoding utf-8: as told"

    @pytest.mark.parametrize("told", ["utf-16", "utf_16_be", "UTF-16BE"])
    def test_it_may_agree_with_the_byte_order_mark(self, open_bytes, told):
        data = codecs.BOM_UTF16_BE + table(["Zoë"]).encode("utf-16-be")
        assert names(open_bytes(data, encoding=told)) == ["Zoë"]

    def test_it_may_name_a_mark_that_is_not_there(self, open_bytes):
        assert names(open_bytes(table(["Zoë"]).encode(), encoding="utf-8-sig")) == ["Zoë"]
        assert names(open_bytes(table(["Zoë"]).encode("utf-16-le"), encoding="utf-16")) == ["Zoë"]

    @pytest.mark.parametrize(
        ("told", "problem"),
        [
            ("cp1252", "--encoding cp1252: found the byte order mark of utf-8 at its start, expected none"),
            ("latin-99", "--encoding 'latin-99': found no such encoding, expected one like utf-8, cp1252 or utf-16-le"),
            ("rot13", "--encoding 'rot13': found no such encoding"),
            (
                "utf-7",
                "--encoding utf-7: found an encoding in which no record stands by itself, expected another; convert",
            ),
            ("iso-2022-jp", "--encoding iso-2022-jp: found an encoding in which no record stands by itself"),
        ],
    )
    def test_it_may_be_nonsense(self, open_bytes, told, problem):
        with pytest.raises(SourceError, match=re.escape(problem)):
            open_bytes(codecs.BOM_UTF8 + table(["x"]).encode(), encoding=told)


@pytest.mark.parametrize("block_bytes", [1, 5, 3_000_000])
@pytest.mark.parametrize(
    ("codec", "wrong"),
    [
        ("utf-8", b"\xff"),
        ("utf-8", b"\xe2\x82"),
        ("utf-8", b"\xed\xb0\x81"),
        ("utf-16-le", b"\x41\xdc"),
        ("utf-16-be", b"\xd8\x00"),
        ("utf-32-le", b"\x00\x00\x11\x00"),
        ("cp1252", b"\x81"),
        ("shift_jis", b"\xff"),
        ("gb18030", b"\xff"),
    ],
)
def test_a_byte_without_a_character_is_told_by_value_and_offset_in_any_encoding(open_bytes, codec, wrong, block_bytes):
    text = {"cp1252": "éé", "shift_jis": "東京", "gb18030": "東京"}.get(codec, "東é😀")
    before = MARKS.get(codec, b"") + f'a;b\r\n"{text}\n";1\nx{text};'.encode(codec)
    data = before + wrong + "y\nz;2\n".encode(codec)
    source = open_bytes(data, encoding=codec, block_bytes=block_bytes)
    assert faults(source) == [(2, 4, "encoding-error")]
    assert messages(source)[0].startswith(
        f"found byte 0x{wrong[0]:02X} at byte offset {len(before)}, expected {codec} text; correct it"
    )
    assert [row[0] for block in source.blocks() for row in block.records.select("b").rows()] == ["1", "2"]


def test_a_file_cut_off_within_a_character_has_a_fault_in_its_last_record(tmp_path):
    path = tmp_path / "t.csv"
    path.write_bytes(table(["x", "é"]).encode("utf-16")[:-3])
    source = open_source(str(path), SourceOptions(), block_bytes=3)
    assert faults(source) == [(2, 3, "encoding-error")]
    assert messages(source)[0].startswith(f"found byte 0xE9 at byte offset {path.stat().st_size - 1}, expected")


def test_a_told_encoding_that_the_bytes_speak_against_is_used_and_doubted(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes("a;b\nKöln;München\n".encode())
    source = open_source(str(path), SourceOptions(encoding="cp1252", delimiter=";"))
    assert source.decisions[0] == (
        "encoding cp1252: as told, though all its characters beyond ASCII (2) are well-formed UTF-8; "
        "if they look wrong, say --encoding utf-8"
    )
