"""What a crawl saw as a whole, told from its answers."""

from pathlib import Path
from time import process_time

import pytest

from scans.engines.wapiti import adapter

SITE = "http://shop.example/"
HTML, JSON, SCRIPT = "text/html; charset=utf-8", "application/json", "text/javascript"
LOGIN = "<title>Shop</title><h1>Log in</h1><form method=post><input name=u><input type='PASSWORD' name=p></form>"
SHELL = "<title>Shop</title><link rel=manifest href=/manifest.json><div id=root></div><script src=/app.js></script>"
ARTICLE = "<h1>Owls</h1><p>They fly at night.</p><a href='/'>Home</a>"


@pytest.fixture
def seen(imported_flat):
    """A function from answers (path, body, content type, status) to the summary of the crawl that saw them."""
    sights = imported_flat(Path(adapter.DRIVER).parent / "sights.py")

    def crawl(*answers):
        crawled = sights.Sights(SITE)
        for path, body, *rest in answers:
            kind, status = (*rest, HTML)[0], (*rest, HTML, 200)[1] if len(rest) > 1 else 200
            crawled.take("GET", f"{SITE}{path}", status, {"content-type": kind}, body)
        return crawled.summary()

    return crawl


def test_pages_are_counted_and_files_errors_and_redirects_are_none(seen):
    summary = seen(
        ("", ARTICLE), ("2", "<h1>Crows</h1>"), ("gone", "<h1>Not here</h1>", HTML, 404), ("old", "", HTML, 302),
        ("app.js", "alert(1)", SCRIPT), ("style.css", "", "text/css"),
    )  # fmt: skip
    assert (summary["pages"], summary["data"]) == (2, 0)
    assert not summary["only_login"] and not summary["only_scripts"]


def test_documents_that_a_page_lists_are_counted_as_pages(seen):
    listing = "<h1>Index</h1><a href=a.txt>a</a><a href=b.md>b</a>"
    assert seen(("", listing), ("a.txt", "owl", "text/plain"), ("b.md", "# Owl", "text/markdown"))["pages"] == 3
    assert seen(("", SHELL), ("app.js", "", SCRIPT), ("LICENSE.txt", "", "text/plain"))["only_scripts"]


def test_the_same_page_under_other_addresses_and_with_other_numbers_is_one(seen):
    token = "<h1>Owls</h1><p>Seen at {}</p><form><input type=hidden name=token value={}></form>"
    assert seen(("a", token.format("12:00", "aa")), ("b?next=1", token.format("12:01", "bb")))["pages"] == 1
    assert seen(("a", "<img src=/1.png>"), ("b", "<img src=/2.png>"))["pages"] == 2


def test_more_pages_than_a_few_are_not_told_apart(seen):
    summary = seen(*((str(number), f"<h1>{'owl ' * number}</h1>{LOGIN}") for number in range(1, 20)))
    assert summary["pages"] == 6 and not summary["only_login"]


@pytest.mark.parametrize(
    "pages",
    [
        [("", LOGIN)],
        [("", "<script src=/md5.js></script>" + LOGIN + "<a href=/forgot>Forgot it?</a>"), ("forgot", ARTICLE)],
        [("login?next=/", LOGIN), ("signup", "<h1>Join us</h1><input type=password>"), ("privacy", ARTICLE)],
        [("", "<h1>Sign in</h1><form><input name=email type=email><button>Next</button></form>")],
        [("", "<h1>Welcome</h1><form><input autocomplete=username><button>Next</button></form>")],
        [("", "<form><input id=userid><input type=submit value='Log in'></form>")],
    ],
)
def test_nothing_but_a_login_is_a_login_only(seen, pages):
    assert seen(*pages)["only_login"]


@pytest.mark.parametrize(
    "pages",
    [
        [("", LOGIN), ("products", ARTICLE)],
        [("", LOGIN + "An owl flies at night. " * 100)],
        [("", "<h1>Owls</h1><a href=/login>Log in</a><form>Newsletter <input name=email><input name=city></form>")],
        [("", "<h1>Search</h1><form><input name=q></form>")],
        [("login", ARTICLE)],
        [],
    ],
)
def test_a_site_with_more_than_a_login_is_none(seen, pages):
    assert not seen(*pages)["only_login"]


@pytest.mark.parametrize(
    "answers",
    [
        [("", f"<!doctype {'html ' * 100}>{SHELL}")],
        [("", SHELL), ("about", SHELL), ("manifest.json", "{}", "application/manifest+json"), ("app.js", "", SCRIPT)],
        [("", "<ul id=list></ul><a href='#/about'>About</a><script>fetch('/api')</script>")],
        [("", SHELL + "<noscript>Please switch scripts on.</noscript>"), ("config.json", "{}", JSON)],
        [("", SHELL + "<a href='https://elsewhere.example/'>Elsewhere</a>")],
        [("", SHELL + "<a href=/about>About</a>"), ("about", SHELL + "<a href=/about>About</a>")],
        [("", SHELL), ("api/items", '{"error": "no"}', JSON, 401)],
    ],
)
def test_pages_that_scripts_fill_without_an_answer_of_their_api_are_scripts_only(seen, answers):
    assert seen(*answers)["only_scripts"]


@pytest.mark.parametrize(
    "answers",
    [
        [("", SHELL), ("api/items", "[]", JSON)],
        [("", SHELL), ("items", "[]", "application/vnd.api+json")],
        [("", SHELL + "<a href=/about>About</a>"), ("about", SHELL)],
        [("", SHELL + "<a href=/about>About</a>"), ("about", "gone", HTML, 404)],
        [("", SHELL + "<form action=/search><input name=q></form>")],
        [("", SHELL + "An owl flies at night. " * 30)],
        [("", ARTICLE)],
        [("", "<h1>Owls</h1>")],
    ],
)
def test_pages_with_content_or_an_api_that_answered_are_not(seen, answers):
    assert not seen(*answers)["only_scripts"]


@pytest.mark.parametrize(
    "text",
    ["", "\x00", "<", "<?xml version='1.0' encoding='latin-1'?><html>", "<a href='http://[::1'>", "<script>" * 50],
)
def test_no_page_breaks_the_summary(seen, text):
    assert seen(("", text))["pages"] <= 1


def test_a_page_whose_elements_never_end_is_read_quickly(seen):
    began = process_time()
    assert seen(("", "<li>owl" * 3000))["pages"] == 1
    assert process_time() - began < 2
