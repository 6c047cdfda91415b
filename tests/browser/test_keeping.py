"""A browser continues the session of another."""

import json

import pytest

from scans.browser import Task
from scans.engines.base import Cookie, Session
from tests.browser.playing import play, task
from tests.sites.neighbours import COOKIE, Neighbours

pytestmark = pytest.mark.browser


def test_a_session_is_carried(site):
    site.sessions.add("abc")
    session = Session(cookies=(Cookie(name="session", value="abc", domain="127.0.0.1"),))
    assert "Hello Alice" in play(task(site, session=session)).text


def test_a_session_is_carried_to_the_addresses_of_its_cookies_alone():
    at_paths = {"/first/": "1", "/second/": "2", "/elsewhere/": "3"}
    given = [Cookie(name=COOKIE, value=value, domain="127.0.0.1", path=path) for path, value in at_paths.items()]
    unusable = Cookie(name=COOKIE, value="4", domain="::1")  # it would have to be in brackets
    with Neighbours() as site:
        for root in (site.first, site.second):
            site.begun[root].append(at_paths[root])
        task = Task(
            url=f"{site.url}second/", sites={site.url: ("127.0.0.1",)}, session=Session(cookies=(unusable, *given))
        )
        told = play(task)
        assert site.sent_to(site.second) == [["2"]]
    assert {(cookie.path, cookie.value) for cookie in told.session.cookies} == set(at_paths.items())


def test_a_walk_goes_on_with_what_a_site_keeps_in_the_browser_and_tells_what_scripts_ask_for(site):
    site.pages |= {
        "/app": "<script>fetch(`/api?local=${localStorage.owl}&window=${sessionStorage.owl}`);"
        "fetch('/api?access_token=barn-owls-by-night')</script>",
        "/api": "{}",
    }
    kept = {"origins": [{"origin": site.url.rstrip("/"), "localStorage": [{"name": "owl", "value": "barn"}]}]}
    kept["window"] = [["owl", "snowy"]]
    told = play(task(site, ("open", "/app", ""), session=Session(storage=json.dumps(kept))))
    assert told.asked_for == (f"{site.url}api?local=barn&window=snowy",), told.detail
    assert json.loads(told.session.storage)["window"] == kept["window"] and "barn" in told.session.storage
