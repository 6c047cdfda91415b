"""Cookies that a login sets are judged as those that the engine sees: once, in its module's name."""

import asyncio
from pathlib import Path
from types import SimpleNamespace

import pytest

from scans.engines.events import FindingReported, Outcome, identity
from scans.engines.wapiti import adapter
from scans.engines.wapiti.traits import traits
from scans.login.base import Login, Method
from scans.login.for_engine import job_fields
from scans.login.logging_in import log_in
from scans.results.fingerprints import fingerprint
from scans.targets.policy import TargetPolicy
from tests.sites.scripted import ScriptedSite

SITE = "http://owls.example/shop/"
HTTP_ONLY, SECURE = "HttpOnly Flag cookie", "Secure Flag cookie"


def cookie(name, *, http_only=False, secure=False, domain="owls.example", path="/"):
    values = {"value": "0123456789abcdef", "http_only": http_only, "secure": secure}
    return {"name": name, "domain": domain, "path": path, **values}


def test_flags_are_missing_where_the_site_left_them_out_and_nowhere_else(imported_flat):
    given = [
        cookie("both"), cookie("safe", http_only=True, secure=True), cookie("plain", http_only=True),
        cookie("members", path="/members/"), cookie("wide", domain=".owls.example", http_only=True),
        cookie("sso", domain="login.example"), cookie("of_user", http_only=None), cookie(""),
    ]  # fmt: skip
    cookies = imported_flat(Path(adapter.DRIVER).parent / "cookies.py").Cookies(given)
    assert cookies.without_flags("https://owls.example/shop/") == [
        ("HttpOnly", "both"), ("Secure", "both"), ("Secure", "plain"),
        ("HttpOnly", "members"), ("Secure", "members"), ("Secure", "wide"),
    ]  # fmt: skip


def definition(name):
    return SimpleNamespace(name=lambda: name, type=lambda: "vulnerability", wstg_code=lambda: ["WSTG-SESS-02"])


class Release32:
    """The part of Wapiti's store that keeps findings, as in release 3.2."""

    def __init__(self):
        self.kept = []

    async def add_payload(self, request_id, payload_type, **values):
        self.kept.append(values)


class Release33(Release32):
    async def add_payload(self, payload_type, **values):
        self.kept.append(values)


@pytest.mark.parametrize("release", [Release32, Release33])
def test_no_cookie_is_reported_that_the_engine_has_reported_whatever_its_release_says(imported_flat, release):
    module = imported_flat(Path(adapter.DRIVER).parent / "login_cookies.py")
    missing = [("HttpOnly", "sid"), ("Secure", "sid"), ("Secure", "it's : odd")]
    by_32 = ("GET", "/", HTTP_ONLY, 1, "", "cookieflags", "HttpOnly flag is not set in the cookie : sid")
    by_33 = (
        "GET",
        "/a",
        SECURE,
        1,
        "",
        "cookieflags",
        "Secure flag is not set on the cookie: 'it's : odd' set at 'http://h/'",
    )
    store, definitions = release(), {name: definition(name) for name in (HTTP_ONLY, SECURE)}
    asyncio.run(module.report(missing, "root", store, definitions, {by_32, by_33}))
    [kept] = store.kept
    assert (kept["category"], kept["info"]) == (SECURE, "Secure flag is not set in the cookie : sid")
    assert (kept["module"], kept["level"], kept["request"]) == ("cookieflags", 1, "root")


def print_of(info):
    """The fingerprint of a finding about a cookie."""
    return fingerprint(
        category=HTTP_ONLY, method="GET", url=SITE, parameter="", module="cookieflags",
        **traits(HTTP_ONLY, "cookieflags", info)._asdict(),
    )  # fmt: skip


def test_the_fingerprint_is_that_of_the_engine_s_own_finding_in_both_releases(imported_flat):
    module = imported_flat(Path(adapter.DRIVER).parent / "login_cookies.py")
    ours = print_of(module.SENTENCE.format(flag="HttpOnly", name="sid"))
    assert ours == print_of("HttpOnly flag is not set in the cookie : sid")
    assert ours == print_of("HttpOnly flag is not set on the cookie 'sid' set at 'http://owls.example/a'")


SHOP = "<a href='/a'>Owls</a>"


def shop(asked):
    """A shop whose login sets a session without HttpOnly; every page sets a cookie without any flag."""
    everybody = ("Set-Cookie", "theme=dark; Path=/")
    if asked.method == "POST":
        return 303, "", ("Location", "/"), ("Set-Cookie", "shop_session=0123456789abcdef; Path=/; Secure")
    if "shop_session" in asked.cookies:
        return 200, f"{SHOP}<a href='/logout'>Log out</a>", everybody
    return 200, f"{SHOP}<form method=post action=/in><input name=user><input type=password name=pass></form>", everybody


@pytest.mark.engine
def test_a_scan_behind_a_login_reports_the_session_cookie_once_and_keeps_its_value(wapiti, job, start):
    with ScriptedSite(shop) as site:
        login = Login(method=Method.FORM, username="ada", password="x")
        logged_in = log_in(login, site.url, ("127.0.0.1",), TargetPolicy(["127.0.0.0/8"]))
        heard = start(wapiti, scan := job(site.url, modules=("cookieflags",), **job_fields(login, logged_in)))
        assert heard.to_the_end().outcome == Outcome.COMPLETED
    found = [finding for finding in heard.of(FindingReported) if finding.module == "cookieflags"]
    names = sorted((finding.category, finding.subject, finding.url) for finding in found)
    assert names == [(HTTP_ONLY, "shop_session", site.url), (HTTP_ONLY, "theme", site.url), (SECURE, "theme", site.url)]
    [ours] = [finding for finding in found if finding.subject == "shop_session"]
    assert ours.description and ours.wstg == ("WSTG-SESS-02",) and ours.http_request.startswith("GET / HTTP/1.1")
    told = {identity(finding) for finding in wapiti.read_report(scan.directory).findings}
    assert told == {identity(finding) for finding in found}
    written = b"".join(path.read_bytes() for path in scan.directory.rglob("*") if path.is_file())
    assert b"0123456789abcdef" not in written + repr(heard.events).encode()
