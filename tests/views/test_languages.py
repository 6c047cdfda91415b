"""Each person reads the pages in their own language."""

import re

import pytest
from django.template.loader import render_to_string
from django.test import Client
from django.utils import timezone, translation
from django.utils.formats import date_format

from scans import transitions
from scans.models import Actor, Finding, OpenFindings, TargetCheck
from scans.severities import SEVERITIES
from scans.statuses import UrlScanStatus
from tests import factories
from tests.views import pseudo
from tests.views.page import text

pytestmark = pytest.mark.django_db
GERMAN = {"accept-language": "de"}


@pytest.mark.parametrize(
    ("accepts", "language"), [("de-CH,de;q=0.9,en;q=0.8", "de"), ("en-US", "en-gb"), ("xx", "en-gb")]
)
def test_the_browser_chooses_the_language_where_no_person_did(accepts, language):
    page = text(Client(headers={"accept-language": accepts}).get("/accounts/login/"))
    assert f'<html lang="{language}"' in page


def test_a_refusal_is_said_in_the_reader_s_language_and_logged_in_english(client):
    analysis = factories.published()
    client.post(f"/analyses/{analysis.pk}/pause/", headers=GERMAN)
    assert "ist nicht möglich" in text(client.get(f"/analyses/{analysis.pk}/", headers=GERMAN))
    entry = analysis.activity.get(action="analysis.refused")
    assert entry.reason.in_english().startswith("“Pause” is not possible")
    assert entry.reason.in_english().endswith("is “Completed - Results Available”.")


@pytest.fixture
def every_page(as_role):
    """Addresses of every kind of page, on which nothing but our own words is made of letters."""
    done = factories.published("http://127.0.0.1:9/", name="471 100")
    again = factories.published("http://127.0.0.1:9/", name="471 100")
    running = factories.running("http://127.0.0.1:9/", name="471 200")
    saved = transitions.save(factories.submission("http://127.0.0.1:9/", name="471 300"), by=Actor.COMMAND)
    failed = factories.submitted("http://127.0.0.1:9/", name="471 400")
    words = {"category": "471", "parameter": "7", "module": "8", "info": "9", "replay_reason": ""}
    Finding.objects.update(**words, http_request="", evidence_body="")
    scan, finding = done.url_scans.get(), Finding.objects.get(url_scan__analysis=done)
    report = {"at": timezone.now(), "occasion": "prescan", "step": "4711", "milliseconds": 4}
    TargetCheck.objects.create(url_scan=scan, passed=True, **report)
    TargetCheck.objects.create(url_scan=scan, passed=False, reason="connection_refused", **report)
    transitions.fail_checks(failed.url_scans.get(), UrlScanStatus.CONNECTION_ERROR, step="connection", reason="")
    details = scan.get_absolute_url()
    return [
        *("/analyses/", "/analyses/?q=471+999", "/analyses/?status=x&order=y&page=z", "/analyses/new/", "/statuses/"),
        *("/settings/", "/nowhere/", "/"),
        *(analysis.get_absolute_url() for analysis in (done, running, saved, failed)),
        *(f"{done.get_absolute_url()}{name}/" for name in ("findings", "delete")),
        *(again.get_absolute_url(), f"{again.get_absolute_url()}comparison/"),
        *(f"{running.get_absolute_url()}{name}/" for name in ("stop", "extend")),
        *(f"{saved.get_absolute_url()}edit/", f"{saved.url_scans.get().get_absolute_url()}login/"),
        *(
            details,
            f"{details}findings/",
            f"{details}coverage/",
            f"{details}log/",
            f"{details}configuration/",
            finding.get_absolute_url(),
        ),
    ]


def test_every_text_on_every_page_can_be_translated(as_role, every_page, monkeypatch):
    client = as_role("Administrator", username="471", is_staff=True)
    pseudo.speak(monkeypatch)
    left = {}
    for address in every_page:
        page = client.get(address, follow=True).content.decode()
        assert pseudo.OPEN in page
        left |= {address: found} if (found := pseudo.untranslated(page)) else {}
    assert not left, "\n".join(f"{address}: {found}" for address, found in left.items())


def test_the_login_page_can_be_translated(monkeypatch):
    pseudo.speak(monkeypatch)
    page = Client().post("/accounts/login/", {"username": "471", "password": "471"}).content.decode()
    assert not pseudo.untranslated(page)


def test_numbers_for_machines_keep_their_point_in_german(as_role, every_page):
    client = as_role("Administrator", username="471")
    for address in every_page:
        page = client.get(address, headers=GERMAN, follow=True).content.decode()
        assert '<html lang="de"' in page
        assert not re.search(r'\s(?:data-[\w-]+|x|y|width|height|points|d|viewBox|max|min)="-?\d+,\d', page), address


def test_dates_and_quotation_marks_are_german_on_german_pages(client):
    factories.published(number_of_findings=1)
    OpenFindings.count()
    with translation.override("de"):
        today = date_format(timezone.localdate(), "j. F Y")
    assert f"Gezählt seit {today}" in text(client.get("/", headers=GERMAN))
    shown = text(client.get("/analyses/?q=shop&started_from=2026-07-02", headers=GERMAN))
    assert "„shop“" in shown and "2. Juli 2026" in shown


def test_the_engine_s_own_texts_are_marked_as_english(as_role):
    analysis = factories.published(number_of_findings=1)
    finding = Finding.objects.get(url_scan__analysis=analysis)
    Finding.objects.update(category="SQL Injection", info="Found by its error", description="D1", solution="S1")
    reviewer = as_role("Reviewer")
    page = text(reviewer.get(finding.get_absolute_url(), headers=GERMAN))
    for said in ("SQL Injection</span>", "Found by its error</p>", "D1</p>", "S1</p>"):
        assert f'lang="en">{said}' in page
    assert 'lang="en">SQL Injection</a>' in text(
        reviewer.get(f"{analysis.get_absolute_url()}findings/", headers=GERMAN)
    )


@pytest.mark.parametrize(("language", "letters"), [("en", "CHMLI"), ("de", "KHMNI")])
def test_a_severity_shows_the_first_letter_of_its_name_in_the_reader_s_language(language, letters):
    with translation.override(language):
        shown = [render_to_string("components/_severity.html", {"name": name}) for name in SEVERITIES]
    assert "".join(re.search(r'aria-hidden="true">(.)</span>\1', one)[1] for one in shown) == letters
