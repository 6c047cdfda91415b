"""From the outbox to deliveries: the scheduler decides which webhooks are told of each entry of the log."""

import logging
from collections.abc import Iterator
from functools import cache
from types import SimpleNamespace

from django.contrib.auth.models import AnonymousUser
from django.db import Error
from django.http import QueryDict
from django.utils import translation

from scans.analysis_list.filterset import AnalysisFilterSet
from scans.models import ActivityLogEntry, Analysis, Webhook, WebhookDelivery, WebhookEvent
from scans.models.lean import large
from scans.webhooks import events
from scans.webhooks.payload import body_of

logger = logging.getLogger(__name__)
AT_ONCE = 50  # entries in one transaction


def make_deliveries() -> bool:
    """Make the deliveries of the oldest entries in the outbox, in the open transaction. Returns whether some are left.

    Entries of one analysis are written under its lock, so their numbers have the order of what happened.
    """
    pks = list(WebhookEvent.objects.order_by("pk").values_list("pk", flat=True)[:AT_ONCE])
    webhooks = list(Webhook.objects.on().select_related("view__owner"))
    entries = ActivityLogEntry.objects.filter(pk__in=pks).select_related("analysis", "url_scan", "user")
    entries = entries.defer(*large(Analysis, "analysis")).order_by("pk")
    made = [delivery for entry in entries for delivery in _made(entry, webhooks)] if webhooks else []
    WebhookDelivery.objects.bulk_create(made, ignore_conflicts=True)
    WebhookEvent.objects.filter(pk__in=pks).delete()
    return len(pks) == AT_ONCE


def _made(entry: ActivityLogEntry, webhooks: list[Webhook]) -> list[WebhookDelivery]:
    """The deliveries of one entry. An entry that cannot be told is logged: it must not hold up all others."""
    try:
        return list(_deliveries(entry, webhooks))
    except Error:
        raise
    except Exception:
        logger.exception("Webhooks cannot be told of entry %d of the activity log.", entry.pk)
        return []


def _deliveries(entry: ActivityLogEntry, webhooks: list[Webhook]) -> Iterator[WebhookDelivery]:
    new = cache(lambda: events.new_findings(entry.analysis))
    told = cache(lambda: events.told_by(entry))
    for webhook in webhooks:
        wanted = {entry.action, *events.MADE_FROM_ENTRIES}.intersection(webhook.events)
        if not wanted or entry.at < webhook.on_since or not concerns(webhook, entry.analysis):
            continue
        for event in told():
            if event not in wanted:
                continue
            about_new = event == events.NEW_FINDINGS
            if about_new and not events.of_severity(new(), webhook.severity):
                continue
            body = body_of(event, entry, webhook, new() if about_new else None)
            yield WebhookDelivery(webhook=webhook, event=event, entry=entry.pk, analysis=entry.analysis, body=body)


def concerns(webhook: Webhook, analysis: Analysis) -> bool:
    """Whether the webhook is told of this analysis: of all, those of a series, or those that a saved view has now.

    A view is looked at as its owner sees it. A deleted analysis is in no view.
    """
    if webhook.series_id:
        return webhook.series_id == analysis.series_id
    if not webhook.view_id:
        return True
    request = SimpleNamespace(user=webhook.view.owner or AnonymousUser(), GET=QueryDict())
    with translation.override("en"):
        query = QueryDict(webhook.view.query.removeprefix("?"))
        return AnalysisFilterSet(query, Analysis.objects.present(), request=request).qs.filter(pk=analysis.pk).exists()
