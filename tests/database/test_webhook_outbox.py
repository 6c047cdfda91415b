"""The trigger that notes entries of the activity log for webhooks."""

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from scans import transitions
from scans.database import webhook_outbox
from scans.models import ActivityLogEntry, Actor, WebhookEvent
from tests import factories
from tests.webhooks import making

pytestmark = pytest.mark.django_db


def test_while_no_webhook_is_on_nothing_is_noted():
    factories.submitted()
    hook, _ = making.webhook()
    hook.on_since = None
    hook.save()
    factories.submitted()
    assert not WebhookEvent.objects.exists()


def test_each_entry_is_noted_once_while_a_webhook_is_on():
    making.webhook()
    analysis = factories.started()
    entries = set(ActivityLogEntry.objects.filter(analysis=analysis).values_list("pk", flat=True))
    assert set(WebhookEvent.objects.values_list("pk", flat=True)) == entries
    many = [
        ActivityLogEntry(analysis=analysis, at=analysis.changed_at, actor=Actor.COMMAND, action="analysis.published")
        for _ in range(3)
    ]
    ActivityLogEntry.objects.bulk_create(many)
    assert WebhookEvent.objects.count() == len(entries) + 3


def test_a_transaction_that_is_rolled_back_leaves_no_event():
    making.webhook()
    with pytest.raises(RuntimeError), transaction.atomic():
        factories.submitted()
        assert WebhookEvent.objects.exists()
        raise RuntimeError
    assert not WebhookEvent.objects.exists()


def statements_of(act) -> int:
    with CaptureQueriesContext(connection) as ran:
        act()
    return len(ran)


def test_a_transition_asks_the_database_nothing_more_with_webhooks_than_without():
    analysis = factories.started()
    without = statements_of(lambda: transitions.pause_analysis(analysis, by=Actor.COMMAND))
    transitions.resume_analysis(factories.fresh(analysis), by=Actor.COMMAND)
    for _ in range(3):
        making.webhook("http://127.0.0.1:9/", "analysis.paused")
    assert statements_of(lambda: transitions.pause_analysis(factories.fresh(analysis), by=Actor.COMMAND)) == without + 1
    assert WebhookEvent.objects.exists()  # and one query more here reads the analysis anew


def test_the_trigger_is_there_and_can_be_dropped_and_made_again():
    assert webhook_outbox.missing(connection) == []
    webhook_outbox.remove(connection)
    assert webhook_outbox.missing(connection) == [webhook_outbox.NAME]
    webhook_outbox.install(connection)
    webhook_outbox.install(connection)
    assert webhook_outbox.missing(connection) == []
