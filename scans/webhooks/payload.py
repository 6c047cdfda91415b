"""The text that a receiver gets: type, time, and data in the shapes of the API."""

from datetime import UTC
from urllib.parse import urljoin

from django.conf import settings
from django.urls import reverse
from django.utils import timezone, translation

from scans.exports.analysis_list import rows_of
from scans.exports.data import entry_data, iso, values_of
from scans.exports.streams import json_text
from scans.models import ActivityLogEntry, Webhook
from scans.webhooks import events

MOST_BYTES = 20_000  # as the standard advises; beyond it, the facts of an entry are left out


def body_of(event: str, entry: ActivityLogEntry, webhook: Webhook, new: dict[str, int] | None) -> str:
    """The body of this event as JSON in English. `new` are the new findings by severity, for that event."""
    with translation.override(settings.LANGUAGE_CODE), timezone.override(UTC):
        return _body_of(event, entry, webhook, new)


def _body_of(event: str, entry: ActivityLogEntry, webhook: Webhook, new: dict[str, int] | None) -> str:
    data = _data(entry, webhook.product)
    if event == events.NEW_FINDINGS:
        data["new_findings"] = {**new, "at_least": webhook.severity}
        data["new_findings"]["matching"] = events.of_severity(new, webhook.severity)
    text = _text(event, entry.at, data)
    if len(text) > MOST_BYTES:
        data["entry"] |= {"data": {}, "text": data["entry"]["text"][:500]}
        text = _text(event, entry.at, data)
    return text


def test_body(webhook: Webhook) -> str:
    """The body of a test."""
    return _text(events.TEST, timezone.now(), {"webhook": webhook.name, "address": webhook.product})


def _data(entry: ActivityLogEntry, product: str) -> dict:
    """Ids, statuses, counts and addresses. Counts are those of administrators, results under verification too."""
    analysis = entry.analysis
    rows = rows_of([analysis.pk], None, lambda path: urljoin(product, path))
    row = next(rows, values_of(analysis, "id name run status"))  # a deleted analysis may have lost its URL scans
    row |= values_of(analysis, "series_id version")
    return {"analysis": row, "url_scan": _url_scan(entry, product), "entry": entry_data(entry)}


def _url_scan(entry: ActivityLogEntry, product: str) -> dict | None:
    scan = entry.url_scan
    if scan is None:
        return None
    path = reverse("scans:url-scan-detail", args=[entry.analysis_id, scan.pk])
    return {
        "id": scan.pk,
        "url": scan.url,
        "status": scan.status,
        "label": scan.info.label,
        "address": urljoin(product, path),
    }


def _text(event: str, at, data: dict) -> str:
    return json_text({"type": event, "timestamp": iso(at), "data": data})
