"""The layout of all pages: header, banners, login, errors; nothing on them breaks the content security policy."""

import hashlib
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.template.loader import render_to_string
from django.test import Client

from scans.models import FullDisk, Installation, SystemPart
from scans.reasons import Reason
from scans.statuses import ANALYSIS_STATUSES, URL_SCAN_STATUSES
from tests import factories
from tests.views.page import elements, text

pytestmark = pytest.mark.django_db
VENDOR = Path(settings.BASE_DIR) / "static/vendor"


def test_login_form_leads_home():
    factories.user(username="ada")
    client = Client()
    assert "<h1>Log in</h1>" in text(client.get("/accounts/login/"))
    response = client.post("/accounts/login/", {"username": "ada", "password": "password"})
    assert response["Location"] == "/"


def test_wrong_password_is_said_and_the_name_kept():
    shown = text(Client().post("/accounts/login/", {"username": "<ada>", "password": "x"}))
    assert "Wrong user name or password" in shown
    assert 'value="&lt;ada&gt;"' in shown


def test_header_offers_what_the_role_may(as_role):
    viewer, staff = (
        text(as_role("Viewer").get("/analyses/")),
        text(as_role("Administrator", is_staff=True).get("/analyses/")),
    )
    assert "/analyses/new/" not in viewer
    assert "/admin/" not in viewer
    assert "/analyses/new/" in staff
    assert "/admin/" in staff


def test_banner_names_what_is_missing_and_how_to_start_it(client, settings, tmp_path):
    settings.SCANS_ENGINE_PYTHON = tmp_path / "missing"
    shown = text(client.get("/analyses/"))
    for command in ("run_scheduler", "run_worker --queue scans", "run_worker --queue checks", "make setup", "make run"):
        assert command in shown


def test_no_banner_while_everything_runs(client, settings, tmp_path):
    settings.SCANS_ENGINE_PYTHON = tmp_path
    for kind in SystemPart.Kind:
        SystemPart.report(kind, kind.value)
    assert "make run" not in text(client.get("/statuses/"))


@pytest.mark.parametrize("page", ["/analyses/", "/", "/statuses/"])
def test_a_banner_says_that_a_disk_is_full_and_to_administrators_what_to_do(client, as_role, page):
    SystemPart.report(SystemPart.Kind.SCANS_WORKER, "a-worker")
    FullDisk.report("worker-1", Reason("no_room", folder="/var/scans", free=3, needed=100))
    shown = text(client.get(page))
    assert "A disk is full" in shown and "start by themselves" in shown
    assert "worker-1" not in shown
    shown = text(as_role("Administrator", is_staff=True).get(page))
    assert "worker-1: 3 MB are free in /var/scans" in shown and "retention policy" in shown


def test_unknown_address_helps(client):
    response = client.get("/nowhere/")
    assert response.status_code == 404
    assert "Go to the analyses" in text(response)


def test_failure_page_needs_no_database(django_assert_num_queries):
    with django_assert_num_queries(0):
        shown = render_to_string("500.html")
    assert "Something went wrong" in shown


def test_expired_form_is_explained():
    client = Client(enforce_csrf_checks=True)
    response = client.post("/accounts/login/", {"username": "a", "password": "b"})
    assert response.status_code == 403
    assert "This form has expired" in text(response)


@pytest.mark.parametrize("address", ["/analyses/", "/analyses/new/", "/statuses/", "/accounts/login/"])
def test_pages_have_neither_inline_scripts_nor_styles(client, address):
    factories.running()
    response = client.get(address)
    page = response.content.decode()
    assert not re.search(r"<script(?![^>]*\bsrc=)", page)
    assert "<style" not in page
    assert not elements(response, "style")
    assert not re.search(r"\son[a-z]+=", page)
    assert "default-src 'self'" in response["Content-Security-Policy"]


def test_vendored_files_are_what_was_reviewed():
    for line in (VENDOR / "SHA256SUMS").read_text().splitlines():
        digest, name = line.split()
        assert hashlib.sha256((VENDOR / name).read_bytes()).hexdigest() == digest


def test_every_status_has_a_symbol():
    sprite = (VENDOR.parent / "icons.svg").read_text()
    for status in (*ANALYSIS_STATUSES.values(), *URL_SCAN_STATUSES.values()):
        assert f'<symbol id="{status.icon}"' in sprite


def test_every_symbol_that_templates_use_exists():
    sprite = (VENDOR.parent / "icons.svg").read_text()
    for template in Path(settings.BASE_DIR, "templates").rglob("*.html"):
        for name in re.findall(r'(?:icon|symbol=) ?"([a-z-]+)"', template.read_text()):
            assert f'<symbol id="{name}"' in sprite, (template.name, name)


def test_browsers_find_the_icon_without_logging_in(client):
    client.logout()
    response = client.get("/favicon.ico")
    assert response.status_code == 302 and response["Location"].endswith("favicon.svg")


def test_our_own_scripts_stay_light():
    sizes = {file.name: file.stat().st_size for file in VENDOR.parent.glob("js/*.js")}
    assert sizes.pop("passkeys.js") < 2_500  # of the pages of logging in alone
    assert sum(sizes.values()) < 35_000


def test_a_page_wears_the_theme_of_its_reader_from_the_first_byte(client):
    assert 'data-theme="auto"' in text(client.get("/statuses/"))
    client.post("/settings/theme/", {"value": "dark"})
    shown = text(client.get("/statuses/"))
    assert 'data-theme="dark"' in shown and '<meta name="color-scheme" content="dark">' in shown


def test_shortcuts_can_be_switched_off(client):
    assert 'data-shortcuts="on"' in text(client.get("/statuses/"))
    client.post("/settings/shortcuts/", {"value": "false"})
    assert 'data-shortcuts="off"' in text(client.get("/statuses/"))


def test_every_page_offers_to_log_out(as_role):
    browser = as_role("Administrator", is_staff=True)
    pages = (
        "/",
        "/analyses/",
        "/statuses/",
        "/settings/",
        "/settings/security-log/",
        "/settings/workers/",
        "/settings/webhooks/",
        "/nowhere/",
        "/admin/",
    )
    shown = {page: browser.get(page).content.decode() for page in pages}
    assert [page for page, text in shown.items() if not re.search(r'action="/(accounts|admin)/logout/"', text)] == []


def test_administrators_are_told_that_the_storage_fails_and_nobody_else(as_role, remote, down):
    Installation.objects.create(pk=1, identity="this one", key_mark="")
    told = "The storage of files gives no answer."
    administrator, viewer = as_role("Administrator"), as_role("Viewer")
    assert told not in text(administrator.get("/"))
    Installation.note_storage(down.why)
    assert told in text(administrator.get("/")) and told not in text(viewer.get("/"))
    Installation.note_storage()
    assert told not in text(administrator.get("/"))
