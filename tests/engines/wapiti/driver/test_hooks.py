"""Our hooks in Wapiti."""

from __future__ import annotations

import json

import pytest

from scans.engines.base import Seed
from scans.engines.events import AddressSeen, FindingReported, Outcome, Reach
from tests.sites.scripted import ScriptedSite

pytestmark = pytest.mark.engine


def test_modules_that_do_not_exist_are_a_technical_end(wapiti, weak_site, start, job):
    heard = start(wapiti, job(weak_site().url, modules=("csp", "nonsense")))
    assert heard.to_the_end().outcome == Outcome.TECHNICAL


def shop(asked):
    """A shop whose interface takes JSON, and passes two names in it on to a database as they are."""
    if asked.path not in ("/api/order", "/api/user/1"):
        return 200, "<p>A shop that is made by scripts.</p>"
    if asked.headers.get("content-type") != "application/json":
        return 415, "{}", ("Content-Type", "application/json")
    sent = json.loads(asked.body)
    weak = str(sent.get("item", {}).get("name", "")) + str(sent.get("nick", ""))
    error = "You have an error in your SQL syntax; check the manual that corresponds to your MySQL server version"
    return (500, error) if "'" in weak or '"' in weak else (200, "{}")


def test_what_scripts_send_as_json_is_attacked_and_listed_whatever_the_method(wapiti, start, job):
    order = json.dumps({"tags": [], "item": {"name": "owl", "count": 1}, "gift": None})
    with ScriptedSite(shop) as site:
        seeds = (
            Seed(method="POST", url=f"{site.url}api/order", body=order),
            Seed(method="PUT", url=f"{site.url}api/user/1?full=1", body='{"nick": "ada"}'),
            Seed(method="PATCH", url=f"{site.url}api/user/1", fields=(("nick", "ada"),)),
        )
        heard = start(wapiti, job(site.url, seeds=seeds, modules=("sql",)))
        assert heard.to_the_end().outcome == Outcome.COMPLETED
    sent = [(asked.method, asked.path, asked.body.decode()) for asked in site.asked]
    assert ("POST", "/api/order", order) in sent and ("PATCH", "/api/user/1", "nick=ada") in sent
    found = {(finding.method, finding.url, finding.parameter) for finding in heard.of(FindingReported)}
    assert ("POST", f"{site.url}api/order", "item.name") in found, found
    assert ("PUT", f"{site.url}api/user/1", "nick") in found, found
    attacked = {(seen.method, seen.url) for seen in heard.of(AddressSeen) if seen.reach == Reach.ATTACKED}
    assert {("POST", f"{site.url}api/order"), ("PUT", f"{site.url}api/user/1")} <= attacked
    assert not any("Circular" in event.text for event in heard.events if hasattr(event, "text"))
