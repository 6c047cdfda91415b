"""Listening to the requests of a page yields seeds for the crawl, and no secret."""

import pytest

from tests.browser.playing import PLANTED, play, played, step, task
from tests.sites.guarded import USER
from tests.sites.scripted import ScriptedSite

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


SENDS = """
const json = {'Content-Type': 'application/json'}, typed = document.querySelector('input').value;
fetch('/api/order?full=1', {method: 'POST', headers: json, body: JSON.stringify({item: {name: 'öwl'}, tags: []})});
fetch('/api/plain', {method: 'POST', body: '[{"query": "{ owls }"}]'});
fetch('/api/user', {method: 'PUT', headers: {'Content-Type': 'application/vnd.api+json'}, body: '{"nick": "ada"}'});
fetch('/api/form', {method: 'PATCH', body: new URLSearchParams({q: 'owl'})});
fetch('/api/text', {method: 'POST', body: 'no json'});
fetch('/api/number', {method: 'POST', headers: json, body: '3'});
fetch('/api/gone', {method: 'DELETE', headers: json, body: '{"id": 1}'});
fetch('/api/login', {method: 'POST', headers: json, body: '{"user": {"password": "x"}}'});
fetch('/api/search', {method: 'POST', headers: json, body: JSON.stringify({q: [typed]})});
fetch('http://127.0.0.1:9/other', {method: 'POST', body: '{"a": 1}'}).catch(() => {});
const request = new XMLHttpRequest();
request.open('POST', '/api/old');
request.setRequestHeader('Content-Type', 'application/json');
request.send('{"a": 1}');
"""


def test_what_scripts_send_seeds_the_crawl_and_no_secret_does():
    page = f"<input type=password><button onclick='send()'>x</button><script>function send() {{ {SENDS} }}</script>"
    twice = (step("click", "css=button"), step("click", "css=button"))
    with ScriptedSite(lambda asked: (200, page)) as site:
        told = played(site, step("open", "/"), step("type", "css=input", PLANTED), *twice)
    assert told.ok, told.detail
    assert sorted((form.method, form.url.removeprefix(site.url), form.fields, form.body) for form in told.forms) == [
        ("PATCH", "api/form", (("q", "owl"),), ""),
        ("POST", "api/old", (), '{"a": 1}'),
        ("POST", "api/order?full=1", (), '{"item": {"name": "öwl"}, "tags": []}'),
        ("POST", "api/plain", (), '[{"query": "{ owls }"}]'),
        ("PUT", "api/user", (), '{"nick": "ada"}'),
    ]
