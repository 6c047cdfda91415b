"""A browser as root, and so without its sandbox: who says so, and where it is refused."""

import os
from io import StringIO

import pytest
from django.core.checks import INFO, WARNING
from django.core.management import call_command

from scans import checks, unprotected
from scans.browser import CannotPrint, Task, play, print_page
from tests import factories

REFUSED = "No browser is started: it would run as root"
RUNS = "The browser of scans runs as root"


@pytest.fixture(autouse=True)
def _root_with_a_browser(settings, monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    settings.SCANS_CHROMIUM, settings.SCANS_BROWSER_SOCKET = "/bin/true", ""
    settings.SCANS_CHROMIUM_AS_ROOT, settings.ONLY_ON_LOOPBACK = True, True


def test_the_check_informs_on_loopback_and_warns_beyond(settings):
    (said,) = checks.browser_is_protected(None)
    assert (said.level, said.id) == (INFO, "scans.W004") and RUNS in said.msg
    settings.ONLY_ON_LOOPBACK = False
    assert checks.browser_is_protected(None)[0].level == WARNING
    settings.SCANS_CHROMIUM_AS_ROOT = False
    (said,) = checks.browser_is_protected(None)
    assert said.level == WARNING and REFUSED in said.msg and "SCANS_CHROMIUM_AS_ROOT=true" in said.hint


@pytest.mark.parametrize("protection", ["another user", "a service", "no browser"])
def test_nothing_is_said_of_a_browser_that_is_protected(settings, monkeypatch, protection):
    settings.SCANS_CHROMIUM_AS_ROOT = False
    if protection == "another user":
        monkeypatch.setattr(os, "geteuid", lambda: 1000)
    settings.SCANS_BROWSER_SOCKET = "/run/browser/socket" if protection == "a service" else ""
    settings.SCANS_CHROMIUM = "" if protection == "no browser" else "/bin/true"
    assert checks.browser_is_protected(None) == [] and not unprotected.is_refused() and unprotected.warning() == ""


def test_a_browser_is_refused_where_no_setting_allows_it(settings):
    settings.SCANS_CHROMIUM_AS_ROOT = False
    played = play(Task(url="http://127.0.0.1:9/", sites={}))
    assert played.reason == "browser_missing" and REFUSED in str(played.detail)
    with pytest.raises(CannotPrint, match=REFUSED):
        print_page("")


@pytest.mark.django_db
def test_the_first_start_says_it_in_one_line(settings, tmp_path, monkeypatch):
    monkeypatch.setattr("scans.management.commands.first_run.Command._check_ports", lambda *_: None)
    settings.STATIC_ROOT, err = tmp_path, StringIO()
    call_command("first_run", stderr=err, stdout=StringIO())
    assert [RUNS in line for line in err.getvalue().splitlines()].count(True) == 1


@pytest.mark.django_db
def test_a_banner_tells_administrators_and_nobody_else(client):
    for role, told in (("Administrator", True), ("Reviewer", False)):
        client.force_login(factories.user(role))
        assert (RUNS in client.get("/analyses/").text) is told
