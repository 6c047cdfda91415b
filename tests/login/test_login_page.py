"""The page with the login form is searched where a visitor would find it."""

from scans.login.base import Login, Method
from scans.login.login_page import MAX_FRAMES, Search, frames_of
from scans.login.visit import Sites, Visit
from tests.login.entering import LOOPBACK, PLAIN_FORM
from tests.sites.scripted import ScriptedSite

NAME_FORM = "<h1>Sign in</h1><form method=post><input name=u autocomplete=username><button>Next</button></form>"


def found_on(pages):
    """What is found on a site with these pages, and the paths that were asked for."""
    with (
        ScriptedSite(lambda asked: (200, pages[asked.path]) if asked.path in pages else (404, "")) as site,
        Visit(Sites({site.url: LOOPBACK})) as visitor,
    ):
        before = visitor.get(site.url, "page")
        search = Search(Login(method=Method.FORM), site.url, visitor, before)
        found = search.run()
        return found, [asked.path for asked in site.asked], search


def test_a_form_for_name_and_password_is_preferred_to_one_that_asks_for_the_name_first():
    found, asked, _ = found_on({"/": NAME_FORM + "<a href=/in>Log in</a>", "/in": PLAIN_FORM})
    assert found.form.password_field == "password" and asked == ["/", "/in"]


def test_a_form_that_asks_for_the_name_first_is_asked_for_once_more_after_other_pages_were():
    found, asked, _ = found_on({"/": NAME_FORM + "<a href=/in>Log in</a>", "/in": "<p>nothing</p>"})
    assert (found.form.username_field, found.form.password_field) == ("u", "") and asked == ["/", "/in", "/"]


def test_a_form_in_a_frame_is_found_with_the_page_around_it():
    found, _, search = found_on(
        {"/": "<iframe src=//sso.example/x></iframe><iframe src=/box></iframe>", "/box": PLAIN_FORM}
    )
    assert found.page.url.endswith("/box") and found.outer.path == "/"
    assert search.in_foreign_frame().why.facts["address"] == "http://sso.example/x"


def test_frames_that_nobody_sees_and_too_many_are_passed_over():
    hidden = "<iframe width=1 height=1 src=a></iframe><iframe hidden src=b></iframe>"
    hidden += "<noscript><iframe src=c></iframe></noscript>"
    found, _, _ = found_on({"/": hidden + "<iframe src=/x></iframe>" * 9 + PLAIN_FORM, "/x": ""})
    assert [tag["src"] for tag in frames_of(found.page)] == ["/x"] * MAX_FRAMES
