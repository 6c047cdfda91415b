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


TEXT = "<p>Owls fly at night, and so does their shop.</p>" * 300
DIALOGS = "<form class=dialog><input data-bind='value: {0}' name={0}><a href=javascript:void(0)>Save</a></form>"
KNOCKOUT = "".join(DIALOGS.format(f"field{number}") for number in range(40))
# Single-page applications whose one page says much: (page, its script file).
APPLICATIONS = {
    "knockout": (TEXT + KNOCKOUT + "<a href='#'>Close</a><script src=/app.js></script>", "$.ajax({url: BASE + name})"),
    "script with addresses": (f"{TEXT}<script src=/app.js></script>", "fetch('/api/jobs'); fetch('/api/files')"),
    "addresses in a bundle": (f"{TEXT}<script src=/app.js></script>", 'a={l:"api/jobs",f:"rest/files",g:"graphql/"}'),
    "angular": (
        TEXT + "<li *ngFor='let owl of owls'>{{ owl.name }}</li>" * 20 + "<script src=/app.js></script>",
        "this.http.get(this.base + name); new HttpClient()",
    ),
    "vue inside of the page": (
        f"{TEXT}{'<td v-text=name></td>' * 12}<form><input name=q v-model=q></form><script>axios.get(place)</script>",
        "",
    ),
    "htmx": (f"{TEXT}<div hx-get=/rows></div><button hx-post=/rows/add>Add</button><script src=/htmx.js></script>", ""),
}


@pytest.mark.parametrize(("page", "script"), APPLICATIONS.values(), ids=APPLICATIONS)
def test_an_application_is_known_by_what_its_scripts_ask_for_however_much_its_page_says(seen, page, script):
    assert seen(("", page), ("app.js", script, SCRIPT))["only_scripts"]
    assert not seen(("", page), ("app.js", script, SCRIPT), ("api/jobs", "[]", JSON))["only_scripts"]


def test_some_links_and_answers_make_no_classic_site_of_an_application_whose_scripts_ask_for_much_more(seen):
    page = f"{TEXT}<a href=/about>About</a><a href=/export>Export</a><script src=/app.js></script>"
    asks = [f"fetch('/api/{number}/all');" for number in range(20)]
    crawl = [("", page), ("about", ARTICLE), ("export", "{}", JSON)]
    assert seen(*crawl, ("app.js", "".join(asks), SCRIPT))["only_scripts"]
    assert not seen(*crawl, ("app.js", "".join(asks[:10]), SCRIPT))["only_scripts"]


def test_links_that_differ_by_their_query_lead_to_other_pages(seen):
    page = f"{TEXT}<a href='?page=2'>More</a><script>fetch('/api/a'); fetch('/api/b')</script>"
    assert not seen(("", page), ("?page=2", ARTICLE))["only_scripts"]


JQUERY = 'x.open(t.type,t.url);ajax({url:a,type:"GET"});"application/x-www-form-urlencoded";"text/xml"'
NAVIGATION = "<a href=/about>About</a><a href=/shop>Shop</a>"
MENUS = "<div x-data='{open: false}' x-show=open @click=go :class=c></div>" * 30
CARDS = """<script type=application/json>{"a": "/api/1", "b": "/api/2"}</script><img src=/1.jpg><img src=/2.jpg>"""
# Classic sites with scripts: answers of their crawl.
CLASSIC = {
    "brochure with anchors": [
        ("", f"{TEXT}<a href='#us'>Us</a><script src=/jquery.min.js></script>"),
        ("jquery.min.js", JQUERY, SCRIPT),
    ],
    "contact form sent by script": [
        ("", f"{TEXT}<form id=f><input name=mail></form><script>fetch('/contact', {{body: 1}})</script>"),
    ],
    "contact form of the page": [
        ("", f"{TEXT}<form action=/contact><input name=q></form><script>fetch('/contact'); fetch('/thanks/')</script>"),
        ("contact", "<h1>Contact</h1>"),
        ("thanks/", "<h1>Thanks</h1>"),
    ],
    "blog": [
        ("", TEXT + NAVIGATION + "<script src=/a.js></script>"),
        ("about", ARTICLE),
        ("a.js", "fetch('/like/1'); fetch('/views/1')", SCRIPT),
    ],
    "documentation of an API": [
        ("", f"{TEXT}<pre>fetch('/api/owls'); fetch('/api/crows')</pre><script src=/menu.js></script>"),
    ],
    "landing page with menus by Alpine": [
        ("", f"{TEXT}{MENUS}<script src=/alpine.js></script>"),
        ("alpine.js", "fetch(e)", SCRIPT),
    ],
    "counters and consent of others": [
        ("", f"{TEXT}<script>fetch('https://c.example/hit/1'); fetch('https://consent.example/api/v1/owl')</script>"),
    ],
    "calculator": [
        ("", f"{TEXT}<form><input name=a><input name=b></form><script>c.value = a.value / b.value</script>"),
    ],
    "gallery with its data inside": [("", TEXT + CARDS)],
    "list of a directory": [("", "<h1>Index of /</h1>" + "<a href=a.zip>a.zip</a>" * 40)],
    "status of a printer": [("", f"<meta http-equiv=refresh content=30>{TEXT}<script>setTimeout(reload, 9)</script>")],
    "wiki": [
        ("", TEXT + NAVIGATION + "<script src=/w.js></script>"),
        ("w.js", "$.get('/w/api.php?q'); $.get('/w/rest/v1')", SCRIPT),
        ("about", TEXT),
    ],
}


@pytest.mark.parametrize("answers", CLASSIC.values(), ids=CLASSIC)
def test_a_classic_site_is_none_whatever_scripts_it_has(seen, answers):
    assert not seen(*answers)["only_scripts"]


def test_frames_of_other_sites_are_named_and_hidden_ones_are_not(seen):
    frames = "<iframe src='//other.example/a'></iframe><frame src=http://third.example/><iframe src=/mine></iframe>"
    hidden = (
        "<iframe src=http://t.example/ height=0></iframe><iframe src=http://t.example/ style='display: none'></iframe>"
        "<noscript><iframe src=http://tags.example/></iframe></noscript><iframe src='about:blank'></iframe>"
    )
    assert seen(("", frames + hidden))["frames"] == ["http://other.example/a", "http://third.example/"]


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
