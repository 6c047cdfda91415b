"""Our hooks in Wapiti."""

from __future__ import annotations

import json
from urllib.parse import parse_qs, unquote_plus

import pytest

from scans.engines.base import Seed
from scans.engines.events import AddressSeen, FindingReported, LogLine, ModuleFailed, Outcome, Reach, UrlCrawled
from scans.results.fingerprints import fingerprint
from tests.engines.wapiti.scanning import identities
from tests.sites.scripted import ScriptedSite

OF_FINGERPRINT = "category method url parameter module subject kind site_wide".split()

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
    assert ("PUT", f"{site.url}api/user/1?full=1", "nick") in found, found
    attacked = {(seen.method, seen.url) for seen in heard.of(AddressSeen) if seen.reach == Reach.ATTACKED}
    assert {("POST", f"{site.url}api/order"), ("PUT", f"{site.url}api/user/1")} <= attacked
    assert not any("Circular" in event.text for event in heard.events if hasattr(event, "text"))


def echo(asked):
    """A site that sends its visitors to wherever they ask for, and has a page whose name is part of the site's."""
    if asked.path == "/go":
        to = parse_qs(asked.query).get("to", ["/"])[0]
        return 302, "This way", ("Location", "".join(to.splitlines()).encode().decode("latin-1"))
    if asked.path in ("/", "/1"):
        return 200, "<a href='/go?to=/'>offers</a> <a href='/1'>first</a> <a href='/a\x01b'>odd</a>"
    return 404, "nothing here"


def test_a_redirect_to_the_attack_and_a_made_up_address_break_no_module(wapiti, start, job):
    with ScriptedSite(echo) as site:
        heard = start(wapiti, job(site.url, modules=("exec", "backup", "redirect")))
        assert heard.to_the_end().outcome == Outcome.COMPLETED
    assert heard.of(ModuleFailed) == []
    assert {finding.module for finding in heard.of(FindingReported)} == {"redirect"}
    sent = [unquote_plus(asked.query) for asked in site.asked if asked.path == "/go"]
    brought_back, last = "to=data:;base64,PD9waHAg", "to=&ping -n 25"  # attacks: the first one is no address
    assert any(query.startswith(brought_back) for query in sent) and any(query.startswith(last) for query in sent)
    assert any("no request can be made" in line.text for line in heard.of(LogLine))
    skipped = [seen.reason for seen in heard.of(AddressSeen) if seen.reach == Reach.SKIPPED]
    assert skipped == ["no_address"]


def one_large_page(asked):
    """A site whose start page is an application of 3 MB in one file, with a link at either end."""
    if asked.path == "/":
        return 200, f"<a href='/first'>first</a><script>var a = '{'a' * 3 * 1024**2}'</script><a href='/last'>last</a>"
    return 200, f"<title>{asked.path}</title>"


def test_a_large_page_is_attacked_like_any_other_and_links_of_its_first_two_megabytes_are_followed(wapiti, start, job):
    with ScriptedSite(one_large_page) as site:
        heard = start(wapiti, job(site.url, modules=("http_headers",)))
        assert heard.to_the_end().outcome == Outcome.COMPLETED
    assert site.url in {finding.url for finding in heard.of(FindingReported)}
    assert {seen.url for seen in heard.of(UrlCrawled)} == {site.url, f"{site.url}first"}
    assert [(failed.module, failed.url, failed.error) for failed in heard.of(ModuleFailed)] == [
        ("crawl", site.url, "page_too_large")
    ]


def two_forms(asked):
    """A site with two forms of one path, neither of which has a token."""
    form = "<form method=post action='{}'><input name=name value=owl></form>"
    return 200, f"<title>{asked.query}</title>{form.format('/')}{form.format('/?a=b')}"


def test_forms_of_one_path_with_another_query_are_two_places_live_and_in_the_report(wapiti, start, job):
    with ScriptedSite(two_forms) as site:
        heard = start(wapiti, task := job(site.url, modules=("csrf",)))
        assert heard.to_the_end().outcome == Outcome.COMPLETED
    found = heard.of(FindingReported)
    assert {finding.url for finding in found} == {site.url, f"{site.url}?a=b"}
    assert identities(wapiti.read_report(task.directory).findings) == identities(found)
    assert len({fingerprint_of(finding) for finding in found}) == 1, "one weakness"


def fingerprint_of(finding):
    return fingerprint(**{name: getattr(finding, name) for name in OF_FINGERPRINT})
