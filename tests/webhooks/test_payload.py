"""The text that a receiver gets."""

import json

import pytest
from django.utils import translation

from scans import transitions
from scans.activity import SENTENCES
from scans.api import shapes
from scans.login.base import Login, Method
from scans.models import Actor, TargetLogin
from scans.webhooks import events, payload
from tests import factories
from tests.webhooks.making import told, webhook

pytestmark = pytest.mark.django_db


def bodies(hook) -> list[dict]:
    told()
    return [json.loads(delivery.body) for delivery in hook.deliveries.order_by("pk")]


def test_it_has_type_time_and_data_in_the_shapes_of_the_api():
    hook, _ = webhook("http://127.0.0.1:9/", "url_scan.queued")
    analysis = factories.started()
    [body] = bodies(hook)
    scan, entry = analysis.url_scans.get(), analysis.activity.get(action="url_scan.queued")
    assert (body["type"], body["timestamp"]) == ("url_scan.queued", entry.at.isoformat())
    data = body["data"]
    assert set(shapes.AnalysisRow().fields) <= set(data["analysis"])
    assert set(data["entry"]) == set(shapes.EntryShape().fields)
    assert data["analysis"]["id"] == analysis.pk and data["analysis"]["series_id"] == analysis.series_id
    assert data["analysis"]["label"] == "Queued" and data["entry"]["to_status"] == "queued"
    address = f"https://scans.example{scan.get_absolute_url()}"
    assert data["url_scan"] == {
        "id": scan.pk,
        "url": scan.url,
        "status": scan.status,
        "label": scan.info.label,
        "address": address,
    }


def test_it_is_english_whatever_language_is_in_force():
    hook, _ = webhook("http://127.0.0.1:9/", "analysis.paused")
    analysis = factories.started()
    with translation.override("de"):
        transitions.pause_analysis(analysis, by=Actor.COMMAND)
        [body] = bodies(hook)
    assert body["data"]["entry"]["text"] == "asked to pause the analysis"
    assert body["data"]["analysis"]["label"] == "Paused"


def test_new_findings_are_counted_by_severity():
    hook, _ = webhook("http://127.0.0.1:9/", events.NEW_FINDINGS, severity="medium")
    factories.published(number_of_findings=2)
    [body] = bodies(hook)
    counts = {"critical": 0, "high": 2, "medium": 0, "low": 0, "info": 0}
    assert body["data"]["new_findings"] == counts | {"at_least": "medium", "matching": 2}
    assert body["data"]["analysis"]["high"] == 2


def test_a_deletion_is_told_although_the_analysis_is_gone():
    analysis = factories.published()
    hook, _ = webhook("http://127.0.0.1:9/", "analysis.deleted")
    transitions.delete(analysis, by=factories.user("Submitter"))
    [body] = bodies(hook)
    assert body["data"]["analysis"]["id"] == analysis.pk


def test_a_body_stays_small(monkeypatch):
    hook, _ = webhook("http://127.0.0.1:9/", "analysis.paused")
    analysis = factories.started()
    monkeypatch.setattr(payload, "MOST_BYTES", 10)
    transitions.pause_analysis(analysis, by=Actor.COMMAND, reason="because")
    [body] = bodies(hook)
    assert body["data"]["entry"]["data"] == {} and body["data"]["entry"]["reason"] == "because"


def test_no_secret_of_a_login_or_header_is_in_it():
    hook, _ = webhook("http://127.0.0.1:9/", *SENTENCES)
    url = "http://127.0.0.1:9/"
    login = TargetLogin.of(Login(method=Method.FORM, username="ann", password="s3cr3t-word"))
    factories.published(url, access={url: transitions.Access(login=login)}, headers={"X-Key": "s3cr3t-head"})
    texts = [delivery.body for delivery in (told(), hook.deliveries.all())[1]]
    assert len(texts) > 5 and not any("s3cr3t" in text or "whsec_" in text for text in texts)
