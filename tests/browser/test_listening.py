"""Listening to the requests of a page yields seeds for the crawl, and no secret."""

import pytest

from scans.browser import play
from tests.browser.playing import PLANTED, played, step, task
from tests.sites.guarded import USER

pytestmark = pytest.mark.browser


def test_an_address_with_a_password_in_it_is_told_to_nobody(site):
    played = play(task(site, ("open", f"/login?user={USER}&password=lovelace", ""), ("open", "/?token=1", "")))
    assert f"{site.url}?token=1" in played.visited and "lovelace" not in str(played.visited)


@pytest.mark.parametrize(
    "form", ["method=post", "method=post enctype=multipart/form-data", "method=post enctype=text/plain", "method=get"]
)
def test_what_was_typed_into_a_password_field_is_told_to_nobody_whatever_the_field_is_called(site, form):
    site.pages["/pin"] = (
        f"<form {form} action=/in><input name=u><input type=password name=pin><button>x</button></form>"
    )
    site.pages["/in"] = "x"
    told = played(
        site,
        step("open", "/pin"),
        step("type", "name=u", "ada"),
        step("store", PLANTED, "known"),
        step("type", "name=pin", "${known}"),
        step("click", "css=button"),
        step("assertTitle", PLANTED, ""),
    )
    assert told.url.startswith(f"{site.url}in") and told.line == 6
    assert PLANTED not in f"{told.detail} {told.visited} {told.forms}"


def test_a_form_sent_as_multipart_seeds_the_crawl_with_its_fields(site):
    site.pages["/parts"] = (
        "<form method=post action=/in enctype=multipart/form-data><input name=q><input type=file name=f>"
        "<button>x</button></form>"
    )
    site.pages["/in"] = "x"
    told = played(site, step("open", "/parts"), step("type", "name=q", "öwls"), step("click", "css=button"))
    assert [(form.url, form.fields) for form in told.forms] == [(f"{site.url}in", (("q", "öwls"),))]


@pytest.mark.parametrize(
    "address",
    [f"/gone?password={PLANTED}", f"http://ada:{PLANTED}@other.example/", f"http://other.example/#token={PLANTED}"],
)
def test_an_address_that_fails_is_named_without_what_may_be_secret_in_it(site, address):
    def hang_up():
        raise ConnectionAbortedError

    site.pages["/gone"] = hang_up
    told = played(site, step("open", address))
    assert told.line == 1 and PLANTED not in str(told.detail)
