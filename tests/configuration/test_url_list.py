"""Lists of URLs as people have them: understood, or refused by line."""

from time import process_time

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from scans.configuration.url_list import as_line, decoded, read

A, B = "https://a.example/", "https://b.example/find?ids=1,2"


def urls(text):
    lines = read(text)
    assert not [line.error for line in lines if line.error]
    return [line.url for line in lines]


def refused(text):
    """The number and the reason of each refused line."""
    return {line.number: line.error for line in read(text) if line.error}


@pytest.mark.parametrize(
    "text",
    [
        f"{A}\n{A}x",
        f"{A}\r\n{A}x\r\n",
        f"{A}\r{A}x",
        f"{A}\u2028{A}x",
        f"\n\n  {A}  \n\t\n{A}x\xa0\n",
        f"\ufeff{A}\n\u200b{A}x\ufeff",
        f"# our sites\n{A} # the shop, the main one\n  #{A}y\n{A}x\t# the wiki",
        f"<{A}>\n<{A}x>",
        f"'{A}'\n“{A}x”",
        f'"{A}"\n"{A}x"',
        f'"{A}" # the shop\n"{A}x"',
        f"url\n{A}\n{A}x",
        f"URL\n{A}\n{A}x",
        f"{A}\tShop\tprod\n{A}x\tWiki\t",
        f"Shop\t{A}\nWiki\t{A}x",
        f"\t{A}\n\t{A}x",
        f"Name\tWebsite\nShop\t{A}\n\t{A}x",
        f"url,name\n{A},Shop\n{A}x,Wiki",
        f"Nr.;Ziel;E-Mail-Adresse\n1;{A};a@a.example\n2;{A}x;b@a.example\n;;\n",
        f"sep=;\nName;Target URL\nShop;{A}\nWiki;{A}x",
        f'"url","name"\n"{A}","Shop, main"\n"{A}x","the ""wiki"""',
        f'"Shop","{A}"\n"Wiki";"{A}x"',
        f"url;name;environment\n{A}\n{A}x;Wiki;prod;;",
    ],
)
def test_lists_that_are_understood(text):
    assert urls(text) == [A, f"{A}x"]


@pytest.mark.parametrize(
    "line", [f'"{B}"', f"<{B}>", f"'{B}'", f"{B}\tFind", f'"{B}",Find,prod', f'"{B}";Find', f'Find\t"{B}"']
)
def test_a_comma_that_belongs_to_the_address_is_marked(line):
    assert urls(line) == [B]
    assert urls(f'url,name\n"{B}",Find') == urls(f"name;url\nFind;{B}") == [B]


@pytest.mark.parametrize(
    ("text", "number", "says"),
    [
        (f"{A},Shop,prod", 1, "holds a comma or semicolon"),
        (f"{A}\n{B}", 2, "holds a comma or semicolon"),
        (f"{A};Shop", 1, "holds a comma or semicolon"),
        (f"Shop;{A}", 1, "holds a comma or semicolon"),
        (f"{A}, Shop", 1, "holds a comma or semicolon"),
        (f"{A} {A}x", 1, "several URLs"),
        (f"{A},{A}x", 1, "several URLs"),
        (f"{A}\t{A}x", 1, "several URLs"),
        (f'"{A}","{A}x"', 1, "several URLs"),
        (f'"{A}', 1, "double quote is missing"),
        (f'url,name\n"{A}","Shop\nmain"', 2, "double quote is missing"),
        (f"url,name\n{A}\n{A}a,b,Wiki", 3, "has 3 columns, but the first line has 2"),
        (f"url,name,environment\n{A},Shop", 2, "has 2 columns, but the first line has 3"),
        ("name;url\nShop;", 2, "has no URL in the column “url”"),
    ],
)
def test_lists_that_are_refused_by_line(text, number, says):
    assert says in refused(text)[number]
    assert len(refused(text)) == 1 or number == 2


@pytest.mark.parametrize("first", ["h.example/url", "www.h.example/?url=1", "url.h.example", "C:\\url.txt"])
def test_an_address_without_its_scheme_is_not_taken_for_the_names_of_columns(first):
    assert urls(f"{first}\n{A}") == [first, A]


def test_other_texts_are_left_to_the_rules_for_urls():
    assert urls("Our sites\nwww.a.example\nShop\tWiki") == ["Our sites", "www.a.example", "Shop"]
    assert urls("https://a.example/login?next=https://b.example/") == [
        "https://a.example/login?next=https://b.example/"
    ]
    assert urls("https://a.example/#part") == ["https://a.example/#part"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "latin-1"])
def test_files_in_any_encoding_are_read(encoding):
    text = f"# für die Schule\r\n{A}\r\n"
    assert [line.url for line in read(*decoded("urls.txt", text.encode(encoding)))] == [A]


def test_letters_of_an_old_encoding_are_refused_in_a_url_and_only_there():
    content = f"# für alle\n{A}\n{A}größe\n".encode("latin-1")
    lines = read(*decoded("urls.txt", content))
    assert [(line.number, line.url) for line in lines][0] == (2, A)
    assert lines[1].number == 3 and "save the file as UTF-8" in lines[1].error
    assert [line.error for line in read(*decoded("urls.txt", f"{A}größe".encode()))] == [""]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"PK\x03\x04\x14\x00", "a workbook: save it as CSV"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "a workbook: save it as CSV"),
        (b"%PDF-1.7\n", "a PDF: copy its URLs"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "save it as plain text"),
        (b"\x1f\x8b\x08\x00\x00\x00\x00\x00", "save it as plain text"),
        (b"\xff\xfeh", "save it as plain text"),
    ],
)
def test_a_file_of_another_kind_is_refused_with_what_to_do(content, says):
    with pytest.raises(ValidationError) as refusal:
        decoded("targets.xlsx", content)
    assert (
        refusal.value.messages[0].startswith("“targets.xlsx” is not a text file") and says in refusal.value.messages[0]
    )


@given(st.text(min_size=1, max_size=40))
def test_no_text_breaks_the_reading(text):
    for line in read(text):
        assert line.url or line.error


@given(st.text(alphabet="ab,;/?=&%#'\"<>[]@:", max_size=20))
def test_a_url_written_as_a_line_is_read_as_the_same_url(rest):
    url = f"https://h.example/{rest}"
    assert urls(as_line(url)) == [url]


@pytest.mark.parametrize("line", ["a" + " " * 50_000 + "b", "http://a" + "," * 50_000, "http://" * 20_000])
def test_a_long_line_is_read_quickly(line):
    began = process_time()
    assert len(read(line)) == 1
    assert process_time() - began < 1
