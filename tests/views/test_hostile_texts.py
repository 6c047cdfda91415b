"""One hostile site, whose texts hold everything that commands a terminal or deceives an eye: in every page and file."""

import json
from io import StringIO

import pytest
from django.contrib.admin import site
from django.contrib.auth.models import User
from django.core.management import call_command
from django.urls import URLPattern, reverse

from scans import transitions
from scans.harmless import harmless
from scans.models import CrawledUrl, Finding, ModuleError, WebhookDelivery
from scans.reasons import Reason, as_reason
from scans.statuses import EndedBy
from scans.urls import urlpatterns
from tests import factories
from tests.webhooks.making import webhook

HOSTILE = "e\x1b[31m\u202ev\u200bi\ufeffl\x07\x9b2J\u2028\r2026-01-01 INFO forged\n2026-01-01 INFO forged\U000e0041"
SENT = f"GET /{HOSTILE} HTTP/1.1\r\nx: {HOSTILE}\r\n\r\n{HOSTILE}"
NOT_TEXT = {"results-pdf", "url-scan-results-pdf", "screenshot"}  # a PDF is the HTML report, printed
COMMANDS = [
    ["show"],
    ["show", "--json"],
    *(["results", f"--format={name}"] for name in ("csv", "html", "sarif", "json")),
]
pytestmark = pytest.mark.django_db


@pytest.fixture
def hostile(settings, tmp_path):
    """An analysis of the hostile site, under verification, and what else a page may name."""
    analysis = factories.running(f"http://127.0.0.1:9/{HOSTILE}", name=HOSTILE)
    scan = analysis.url_scans.get()
    texts = "category parameter module info description solution evidence_body".split()
    factories.find(
        scan,
        **dict.fromkeys(texts, HOSTILE),
        url=f"http://127.0.0.1:9/{HOSTILE}",
        http_request=SENT,
        evidence_headers=((HOSTILE, HOSTILE),),
        references=((HOSTILE, f"http://x.example/{HOSTILE}"),),
    )
    CrawledUrl.objects.create(url_scan=scan, method="GET", url=f"http://127.0.0.1:9/{HOSTILE}", reach="found")
    ModuleError.objects.create(url_scan=scan, module=HOSTILE, method="GET", url=HOSTILE, error=as_reason(HOSTILE))
    why = Reason("webhook_unreached", error=HOSTILE).to_json()
    tried = {"at": analysis.submitted_at.isoformat(), "status": 500, "seconds": 0.1, "answer": HOSTILE, "why": why}
    hook = webhook(name=HOSTILE[:40])[0]  # as long as a name may be
    WebhookDelivery.objects.create(webhook=hook, event="url_scan.ended", body=HOSTILE, analysis=analysis, log=[tried])
    settings.VAR_DIR = tmp_path
    scan.directory.mkdir(parents=True)
    (scan.directory / "engine.log").write_text(HOSTILE)
    transitions.end(scan, EndedBy.ENGINE, reason=HOSTILE)
    return factories.fresh(analysis)


def addresses(analysis):
    """The address of every route that a browser may ask for, with the rows of this analysis."""
    scan = analysis.url_scans.get()
    finding = Finding.objects.get(url_scan=scan)
    pages = [route for route in urlpatterns if isinstance(route, URLPattern)]  # the API answers with data, no page
    names = {route.name: str(route.pattern) for route in pages if route.name not in NOT_TEXT}
    for name, pattern in names.items():
        given = {"analysis_id": analysis.pk, "pk": scan.pk if "analysis_id" in pattern else analysis.pk}
        given["finding_id"] = finding.pk
        if name.startswith("webhook"):
            delivery = WebhookDelivery.objects.get()
            given |= {"pk": delivery.webhook_id, "delivery_id": delivery.pk}
        yield name, reverse(f"scans:{name}", kwargs={key: pk for key, pk in given.items() if f":{key}>" in pattern})


def text_of(response):
    """The body of an answer as text, and its headers."""
    body = b"".join(response.streaming_content) if response.streaming else response.content
    return body.decode().removeprefix("\ufeff"), "\n".join(f"{name}: {value}" for name, value in response.items())


def test_no_page_and_no_file_holds_a_harmful_character(client, hostile):
    client.force_login(factories.user("Administrator"))
    hostile_pages = set()
    for name, address in addresses(hostile):
        response = client.get(address)
        if response.status_code == 405:
            continue
        for text in text_of(response):
            assert harmless(text) == text, name
        if "2026-01-01 INFO forged" in text_of(client.get(address))[0]:
            hostile_pages.add(name)
    assert hostile_pages > {"analysis-list", "analysis-detail", "url-scan-detail", "finding-detail", "coverage"}
    assert hostile_pages > {"results-csv", "results-html", "results-json", "results-sarif", "activity-log-file"}
    assert hostile_pages > {"webhook-list", "webhook", "webhook-delivery"}
    assert hostile_pages > {"engine-log", "engine-log-file", "configuration", "coverage-file", "analysis-list-json"}


def test_no_page_of_the_admin_holds_a_harmful_character(client, hostile):
    client.force_login(User.objects.create_superuser("root-user"))
    seen = 0
    for model in site._registry:
        about = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        wanted = [reverse(f"{about}_changelist")]
        wanted += [reverse(f"{about}_change", args=[row.pk]) for row in model._default_manager.all()[:1]]
        for address in wanted:
            text = text_of(client.get(address, follow=True))[0]
            assert harmless(text) == text, address
            seen += "2026-01-01 INFO forged" in text
    assert seen >= 3


def test_json_has_each_text_to_the_letter(client, hostile):
    client.force_login(factories.user("Administrator"))
    found = json.loads(text_of(client.get(f"/analyses/{hostile.pk}/results.json"))[0])["findings"][0]
    assert found["response_body"] == HOSTILE and found["info"] == HOSTILE


def test_sarif_has_the_evidence_to_the_letter_and_shows_the_rest_harmlessly(client, hostile):
    client.force_login(factories.user("Administrator"))
    run = json.loads(text_of(client.get(f"/analyses/{hostile.pk}/results.sarif"))[0])["runs"][0]
    result = run["results"][0]
    assert result["webResponse"]["body"]["text"] == HOSTILE
    assert result["message"]["text"] == harmless(HOSTILE)
    assert result.pop("webRequest") and result.pop("webResponse")
    assert all(harmless(text) == text for text in texts_in(run))


def texts_in(value):
    """All texts in plain data."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        return [text for entry in value for text in texts_in(entry)]
    return [value] if isinstance(value, str) else []


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_no_command_prints_a_harmful_character(command, hostile):
    out, err = StringIO(), StringIO()
    try:
        call_command(command[0], str(hostile.pk), *command[1:], stdout=out, stderr=err)
    except SystemExit:
        pass  # the results are not final
    for text in (out.getvalue().removeprefix("\ufeff"), err.getvalue()):
        assert harmless(text) == text
    assert "INFO forged" in out.getvalue()


def test_no_text_of_a_site_begins_a_line_of_show(hostile):
    out = StringIO()
    call_command("show", str(hostile.pk), stdout=out)
    assert not [line for line in out.getvalue().splitlines() if line.startswith("2026-01-01")]
