"""What every request of a browser carries, and which requests it never makes."""

import pytest

from scans.browser import play
from scans.engines.base import Session
from scans.targets.request_rules import RequestRules
from tests.browser.playing import task
from tests.sites.controllable import ControllableSite
from tests.sites.guarded import GuardedSite

pytestmark = pytest.mark.browser
GIVEN = (
    ("X-Scan-Id", "owl"),
    ("Cookie", "consent=yes; a=b"),
    ("Authorization", "Basic b3dsOm93bA=="),
    ("User-Agent", "scanner of ours"),
)
WAYS_OUT = """<form action="/out" method="post"><button id="send">Send</button></form><div id="menu"></div>
    <iframe src="//{host}/%6fut"></iframe><img src="/a/../out;x=1">
    <script>document.getElementById("menu").innerHTML = "<a id='built' href='/" + "out'>Out</a>"
    fetch("/out", {{method: "POST", body: "x"}}).catch(() => document.title = "refused"); fetch("/leads").catch(() => 0)
    navigator.sendBeacon("/out", "x"); new WebSocket("ws://{host}/out")
    new Worker(URL.createObjectURL(new Blob(["fetch('" + location.origin + "/out').catch(() => 0)"])))
    </script>"""


def asked(site, path):
    """The requests for a path, whatever its query is."""
    return [request for request in site.requests if request.path.partition("?")[0] == path]


def test_neither_links_nor_forms_nor_scripts_of_a_page_ask_for_what_is_left_out():
    with GuardedSite(leads={"/leads": "/out"}) as site:
        host = site.url.removeprefix("http://").rstrip("/")
        site.pages |= {"/": WAYS_OUT.format(host=host), "/out": "you are out", "/favicon.ico": ""}
        steps = (("open", "/", ""), ("click", "id=built", ""), ("click", "id=send", ""), ("assertTitle", "refused", ""))
        rules = RequestRules(url=site.url, left_out=("/out",))
        told = play(task(site, *steps, rules=rules))
        assert told.ok, told.detail
        assert asked(site, "/leads") and {request.path for request in site.requests} <= {"/", "/leads", "/favicon.ico"}
        assert f"{site.url}out" in told.visited  # so that the scan lists it as left out


@pytest.mark.parametrize("path", ["/", "/logout?all"])
def test_what_is_left_out_is_not_opened_even_where_a_redirect_inside_tls_leads_to_it(path, settings):
    settings.SCANS_TLS_VERIFY = False
    with ControllableSite(tls=True, location="/logout") as site:
        told = play(task(site, ("open", path, ""), rules=RequestRules(url=site.url, left_out=("/logout",))))
        assert told.reason == "address_not_allowed" and told.line == 1
        assert str(told.detail).endswith("logout is left out of the scan by the pattern /logout."), told.detail
        assert "/logout" not in site.paths


def test_headers_go_to_the_targets_site_alone_and_no_redirect_takes_them_elsewhere():
    with GuardedSite() as other, GuardedSite(leads={"/leads": f"{other.url}led"}) as site:
        site.pages |= {
            "/": f"<img src='/leads'><img src='{other.url}named'><iframe src='/frame'></iframe>",
            "/frame": "<script>fetch('/token', {headers: {'Authorization': 'Bearer of-its-script'}})</script>",
            "/token": "yes",
        }
        other.pages |= {"/led": "", "/named": ""}
        begins = task(site, ("open", "/", ""), ("pause", "300", ""), rules=RequestRules(url=site.url, headers=GIVEN))
        sites = {site.url: ("127.0.0.1",), other.url: ("127.0.0.1",)}
        told = play(type(begins)(**{**vars(begins), "sites": sites, "session": Session(headers=(("X-Member", "me"),))}))
        assert told.ok, told.detail
    seen = {request.path: request.headers for request in site.requests}
    assert {headers.get("x-scan-id") for headers in seen.values()} == {"owl"}
    assert {headers["cookie"] for headers in seen.values()} == {"consent=yes; a=b"}
    assert {headers["user-agent"] for headers in seen.values()} == {"scanner of ours"}
    assert seen["/frame"]["authorization"] == GIVEN[2][1] and seen["/frame"]["x-member"] == "me"
    assert seen["/token"]["authorization"] == "Bearer of-its-script"
    assert {request.path for request in other.requests} == {"/led", "/named"}
    for request in other.requests:
        assert not {"x-scan-id", "authorization", "x-member"} & request.headers.keys()
        assert "scanner of ours" not in str(request.headers)
    assert "scanner of ours" not in told.session.user_agent  # another site may be asked with it


def test_a_picture_of_a_login_page_on_another_site_is_taken_without_the_headers():
    with GuardedSite(pages={"/": "<img src='/logo'>", "/logo": ""}) as other:
        rules = RequestRules(url="http://127.0.0.1:9/", headers=tuple(pair for pair in GIVEN if pair[0] != "Cookie"))
        told = play(task(other, rules=rules))
        assert told.ok and told.screenshot
    assert {request.path for request in other.requests} >= {"/", "/logo"}
    assert not any("x-scan-id" in request.headers or "authorization" in request.headers for request in other.requests)
