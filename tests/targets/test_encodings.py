"""The encoding of a page is found as browsers find it, and a form is sent in it."""

import codecs
from time import process_time

import pytest

from scans.targets.encodings import by_label, decoded, encoded, encoding_of, for_forms, name_of

HTML = "text/html"


@pytest.mark.parametrize(
    ("label", "encoding"),
    [
        ("utf-8", "utf-8"),
        (" UTF8 ", "utf-8"),
        ("latin1", "cp1252"),
        ("ISO-8859-1", "cp1252"),
        ("us-ascii", "cp1252"),
        ("windows-1252", "cp1252"),
        ("ISO-8859-15", "iso8859-15"),
        ("iso-8859-9", "cp1254"),
        ("windows-1251", "cp1251"),
        ("Shift_JIS", "cp932"),
        ("x-sjis", "cp932"),
        ("gb2312", "gbk"),
        ("euc-kr", "cp949"),
        ("ks_c_5601-1987", "cp949"),
        ("big5", "big5hkscs"),
        ("koi8-r", "koi8-r"),
        ("x-user-defined", "cp1252"),
        *[(label, "") for label in ("", "hex", "rot13", "utf-7", "idna", "unicode_escape", "klingon", "a\0b")],
    ],
)
def test_a_label_means_what_the_standard_says(label, encoding):
    assert by_label(label) == encoding


@pytest.mark.parametrize(
    ("body", "content_type", "encoding"),
    [
        (codecs.BOM_UTF8 + b"x", "text/html; charset=iso-8859-1", "utf-8"),
        (codecs.BOM_UTF16_LE + "x".encode("utf-16-le"), "text/html; charset=utf-8", "utf-16-le"),
        (codecs.BOM_UTF16_BE + "x".encode("utf-16-be"), HTML, "utf-16-be"),
        (b"<meta charset=utf-8>", "text/html; charset=ISO-8859-1", "cp1252"),
        (b"<meta charset=utf-8>", 'text/html; Charset="Shift_JIS"; x=y', "cp932"),
        (b"<meta charset=koi8-r>", "text/html; charset=klingon", "koi8-r"),
        (b"<html><head><meta charset=ISO-8859-15>", HTML, "iso8859-15"),
        (b"<META name=x content='charset=koi8-r'><meta/charset='gbk'>", HTML, "gbk"),
        (b'<meta http-equiv="Content-Type" content="text/html; charset=windows-1251">', HTML, "cp1251"),
        (b"<meta content='text/html;charset=euc-jp' http-equiv=content-type>", HTML, "euc_jp"),
        (b"<!-- <meta charset=gbk> --><meta charset=euc-kr>", HTML, "cp949"),
        (b"<meta charset=utf-16>", HTML, "utf-8"),
        (b"<meta charset=hex><meta charset=gbk>", HTML, "gbk"),
        (b'<?xml version="1.0" encoding="ISO-8859-2"?><html>', "application/xhtml+xml", "iso8859-2"),
        (b"<meta charset=gbk>", "", "gbk"),
        (b'"<meta charset=gbk>"', "application/json", "utf-8"),
        ("größe".encode(), HTML, "utf-8"),
        ("größe".encode("latin-1"), HTML, "cp1252"),
        ("größe".encode()[:3], HTML, "utf-8"),  # cut inside a letter
        (b"", HTML, "utf-8"),
    ],
)
def test_the_encoding_is_what_the_answer_says_first(body, content_type, encoding):
    assert encoding_of(body, content_type) == encoding


def test_a_body_is_read_without_its_mark_and_whatever_it_contains():
    assert decoded(codecs.BOM_UTF8 + b"\xff x", "utf-8") == "\ufffd x"
    assert decoded("größe".encode("utf-16-le"), "utf-16-le") == "größe"
    assert decoded("€uro".encode("gb18030"), "gbk") == "€uro"


def test_a_form_has_the_letters_of_its_encoding_and_numbers_for_the_others():
    assert encoded("Grüße", "cp1252") == b"Gr\xfc\xdfe"
    assert encoded("€ ☃ 猫", "cp1252") == b"\x80 &#9731; &#29483;"
    assert encoded("猫", "cp932") == b"\x94\x4c"
    assert encoded("猫", for_forms("utf-16-le")) == "猫".encode()


def test_every_encoding_has_a_codec_and_a_name_that_means_it():
    for label in ("utf-8", "windows-1252", "iso-8859-8-i", "macintosh", "tis-620", "gb18030", "iso-2022-jp"):
        assert by_label(name_of(by_label(label))) == by_label(label)
        "x".encode(by_label(label))


def test_a_header_of_blanks_is_read_quickly():
    began = process_time()
    assert encoding_of(b"", f"text/html; charset={' ' * 50_000};") == "utf-8"
    assert process_time() - began < 1
