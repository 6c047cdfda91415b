"""The product scanned by itself and by a second scanner, logged in as each role: nothing of medium or higher.

The short form, with the modules that find most and pages that are one click away, is in every run of the tests.
`make scan` lets all modules loose on all pages.
"""

import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from scans.engines.wapiti.adapter import MODULES, WapitiEngine
from scans.login.base import Login, Method
from scans.models import TargetLogin
from scans.severities import SEVERITIES
from scans.transitions import Access
from scans.workers import runner, setup
from tests import factories as make
from tests.end_to_end.own_site import ROLES, own_site
from tests.end_to_end.product import PASSWORD
from tests.sites.weak import WeakSite

LONG = bool(os.environ.get("SCAN_EVERYTHING"))
QUICK = tuple("cookieflags crlf csp csrf http_headers permanentxss redirect sql xss".split())
SERIOUS = SEVERITIES[: SEVERITIES.index("medium") + 1]
# A scan that logs itself out, or answers the same page again and again, tests nothing; results are files.
LEFT_OUT = ["/accounts/logout/", "/admin/logout/", "/static/*"]
LEFT_OUT_OF_QUICK = ["*.csv", "*results.*", "/analyses/export.*", "/analyses/?*=*&*", "/admin/*?*", "/settings/*/?*"]
# What the second scanner tries: each parameter of these addresses.
ADDRESSES = [
    "analyses/?q=a&status=stopped&order=name&submitter=a&after=1",
    "analyses/1/?log_kind=status&urls=ended&before=9",
    "analyses/1/findings/?q=a&severity=high&category=a&mark=fixed",
    "analyses/export.json?q=a&order=-name",
    "settings/security-log/?kind=login&subject=a&who=a&address=a&since=2026-01-01&before=9",
    "admin/auth/user/?q=a&is_active__exact=1",
]
HURT = re.compile(r"is vulnerable|appears to be .*injectable|might be (?:SQL )?injectable|heuristic \((?:XSS|FI)\)")

pytestmark = [pytest.mark.process, pytest.mark.timeout(7200 if LONG else 900)]


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    with own_site(tmp_path_factory.mktemp("own")) as site:
        yield site


class Quick(WapitiEngine):
    """The real engine with fewer modules."""

    def start(self, job):
        return super().start(replace(job, modules=MODULES if LONG else QUICK))


@pytest.mark.engine
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("role", ROLES)
def test_our_own_engine_finds_nothing_serious_logged_in_as(role, site, settings):
    settings.SCANS_CHROMIUM = ""  # no pictures
    settings.SCANS_CONNECT_TIMEOUT_SECONDS = settings.SCANS_READ_TIMEOUT_SECONDS = 100
    login = Login(method=Method.FORM, login_url=site.login_url, username=role.lower(), password=PASSWORD)
    left_out = "\n".join(LEFT_OUT if LONG else LEFT_OUT + LEFT_OUT_OF_QUICK)
    access = {site.url: Access(login=TargetLogin.of(login))}
    analysis = make.submitted(site.url, access=access, left_out=left_out, depth=5 if LONG else 1)
    engine = Quick(settings.SCANS_ENGINE_PYTHON)
    setup.set_up(analysis, engine)
    runner.run(analysis.url_scans.get().pk, holder="worker", engine=engine)
    scan = analysis.url_scans.get()
    assert (scan.status, scan.logins_failed) == ("completed_verifying_results", 0), scan.reason
    assert scan.logins_succeeded and scan.urls_crawled > 5 and scan.requests > 100
    assert [(found.category, found.url, found.info) for found in scan.findings.filter(severity__in=SERIOUS)] == []


def said_by_sqlmap(addresses, folder, *options):
    """What sqlmap finds in the parameters of these addresses, and how many of them it tried."""
    (folder / "addresses").write_text("\n".join(addresses))
    command = [Path(sys.executable).parent / "sqlmap", "-m", "addresses", "--batch", "--output-dir=.", *options]
    command += ["--disable-coloring", "--level=1", "--skip-waf", "--ignore-redirects", "--flush-session"]
    command += [] if LONG else ["--technique=BEU", "--smart"]
    home = {**os.environ, "HOME": str(folder)}
    said = subprocess.run(command, cwd=folder, env=home, capture_output=True, text=True, timeout=7000)
    found = [line for line in said.stdout.splitlines() if HURT.search(line) and "not" not in line]
    return found, len(re.findall(r"testing if \w+ parameter", said.stdout)), said.stdout


@pytest.mark.parametrize("role", ROLES)
def test_a_second_scanner_finds_nothing_logged_in_as(role, site, tmp_path):
    cookies = f"--cookie={site.cookies(role)}"
    found, tried, said = said_by_sqlmap([site.url + each for each in ADDRESSES], tmp_path, cookies)
    assert found == []
    assert tried >= 10, said[-2000:]


def test_the_second_scanner_finds_what_is_there(tmp_path):
    weak = WeakSite()
    try:
        found, *_ = said_by_sqlmap([f"{weak.url}search?q=a"], tmp_path)
    finally:
        weak.stop()
    assert found
