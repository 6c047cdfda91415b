"""Names, URLs and limits of a new analysis."""

from datetime import timedelta

import pytest

from scans.models import AllowedTarget
from tests.forms.filled_in import URL, errors, form

pytestmark = pytest.mark.django_db


def test_what_was_left_out_gets_the_defaults():
    submission = form()
    assert submission.is_valid(), submission.errors
    made = submission.submission()
    assert (made.name, made.urls, made.depth, made.publication) == ("Shop", (URL,), 20, "automatic")
    assert (made.duration, made.start_at, made.key) == (timedelta(days=1), None, None)


@pytest.mark.parametrize("name", ["ab", "  a  ", "x" * 201, "a\nb c", "a\x07bc", "a\u202ebc"])
def test_name_has_3_to_200_visible_characters(name):
    assert errors("name", name=name)


@pytest.mark.parametrize("name", ["abc", "  abc  ", "x" * 200, "Überprüfung 検査"])
def test_names_of_any_language(name):
    assert not errors("name", name=name)


@pytest.mark.parametrize("depth", ["0", "51", "x"])
def test_depth_is_1_to_50(depth):
    assert errors("depth", depth=depth)


def test_each_bad_url_is_named_with_its_line_and_rule():
    said = errors("urls", urls=f"{URL}\n\nftp://x/\nhttp://user:secret@x/\nhttp://10.9.8.7/")
    assert "Line 3: “ftp://x/” must start with" in said
    assert "Line 4:" in said
    assert "secret" not in said
    assert "Line 5: “http://10.9.8.7/” may not be scanned" in said


def test_the_dashboard_itself_and_metadata_services_are_refused():
    AllowedTarget.objects.create(pattern="169.254.169.254")
    assert "this dashboard itself" in errors("urls", urls="http://127.0.0.1:8000/")
    assert "never scanned" in errors("urls", urls="http://169.254.169.254/")


def test_hosts_that_an_administrator_allows_are_taken():
    assert "is not allowed" in errors("urls", urls="https://shop.example.com/")
    AllowedTarget.objects.create(pattern="*.example.com")
    assert not errors("urls", urls="https://shop.example.com/")


def test_duplicates_are_refused_after_normalisation_naming_both():
    said = errors("urls", urls="http://LOCALHOST:80\n\nhttp://localhost/#top")
    assert "Line 3: “http://localhost/#top” is the same target as “http://LOCALHOST:80” (Line 1)." in said


def test_file_and_field_are_taken_together():
    assert form(file=b"\xef\xbb\xbfhttp://127.0.0.1:9/b\r", urls=URL).is_valid()
    assert "File, line 1: “http://127.0.0.1:9/” is the same target" in errors("urls", file=URL.encode())


@pytest.mark.parametrize("content", [b"\x00h\x00\x01\x02", b"PK\x03\x04\x00\x00", b"\xff\xfe\x00"])
def test_file_that_is_not_text_is_refused(content):
    assert "is not a text file" in errors("url_file", file=content)


def test_a_table_whose_commas_are_ambiguous_is_refused_by_line_with_what_to_do():
    table = b"https://a.example.com/,Shop,prod\nhttps://b.example.com/find?test=1,in"
    said = errors("urls", urls="", file=table)
    assert "File, line 1: “https://a.example.com/,Shop,prod” holds a comma" in said and "File, line 2:" in said
    assert "put the address in double quotes" in said and "name the columns in the first line" in said


def test_a_table_that_names_its_columns_gives_its_urls_from_the_file_or_pasted():
    table = "Name;URL\r\nShop;http://127.0.0.1:9/a\r\nWiki;http://127.0.0.1:9/b?c=1,2\r\n"
    for submission in (form(urls=table), form(urls="", file=table.encode("utf-16"))):
        assert submission.is_valid(), submission.errors
        assert submission.submission().urls == (f"{URL}a", f"{URL}b?c=1,2")


def test_bad_lines_of_every_kind_are_told_in_the_order_of_the_list():
    said = form(urls=f"{URL}a,b\n# ftp://comment/\nftp://x/\n{URL} {URL}b\n{URL}").errors["urls"]
    assert [error.partition(":")[0] for error in said] == ["Line 1", "Line 3", "Line 4"]


def test_a_password_in_a_refused_line_is_not_shown():
    assert "secret" not in errors("urls", urls="http://ada:secret@127.0.0.1:9/a,b")


def test_file_beyond_256_kb_is_refused():
    assert "at most 256 kB" in errors("url_file", file=b"x" * (256 * 1024 + 1))


def test_at_least_one_and_at_most_250_urls():
    assert "at least one" in errors("urls", urls=" \n ")
    many = "\n".join(f"{URL}{number}" for number in range(251))
    assert "251 URLs given; at most 250." in errors("urls", urls=many)
    assert not errors("urls", urls=many.rpartition("\n")[0])


def test_many_bad_lines_are_summed_up():
    assert "… and 5 more." in errors("urls", urls="\n".join(f"ftp://{number}/" for number in range(15)))


def test_authorisation_must_be_given():
    assert errors("authorised", authorised="")


def test_publication_is_one_of_two():
    assert errors("publication", publication="never")
    assert form(publication="reviewer").submission if form(publication="reviewer").is_valid() else False
