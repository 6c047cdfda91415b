"""From the outbox to deliveries: which webhooks are told of what."""

import json

import pytest

from scans import transitions
from scans.models import Actor, SavedView, WebhookDelivery, WebhookEvent
from scans.webhooks import outbox
from tests import factories
from tests.webhooks.making import events_of, told, webhook

pytestmark = pytest.mark.django_db


def test_a_webhook_is_told_of_the_events_it_chose_in_their_order_and_once():
    hook, _ = webhook("http://127.0.0.1:9/", "analysis.submitted", "url_scan.queued", "analysis.paused")
    analysis = factories.started()
    transitions.pause_analysis(analysis, by=Actor.COMMAND)
    assert events_of(hook) == ["analysis.submitted", "url_scan.queued", "analysis.paused"]
    assert not WebhookEvent.objects.exists()
    assert len(events_of(hook)) == 3


def test_the_same_entry_is_told_once_also_by_two_schedulers():
    hook, _ = webhook()
    factories.submitted()
    noted = list(WebhookEvent.objects.all())
    told()
    WebhookEvent.objects.bulk_create(noted)
    assert events_of(hook) == ["analysis.submitted"]


def test_a_webhook_of_a_series_is_told_of_no_other():
    analysis = factories.published()
    hook, _ = webhook(series=analysis.series)
    factories.submitted()
    again = transitions.run_again(analysis, by=Actor.COMMAND)
    told()
    assert [delivery.analysis_id for delivery in hook.deliveries.all()] == [again.pk]


def test_a_webhook_of_a_saved_view_is_told_of_what_the_view_shows():
    view = SavedView.objects.create(owner=factories.user("Viewer"), name="Shops", query="?q=shop")
    hook, _ = webhook(view=view)
    other, shop = factories.submitted(name="Office"), factories.submitted(name="The shop")
    told()
    assert [delivery.analysis for delivery in hook.deliveries.all()] == [shop] and other != shop


def test_a_view_of_ones_own_analyses_is_looked_at_as_its_owner_sees_it():
    owner = factories.user("Submitter")
    view = SavedView.objects.create(owner=owner, name="Mine", query="?owner=me")
    hook, _ = webhook(view=view)
    factories.submitted()
    mine = factories.submitted(by=owner)
    told()
    assert [delivery.analysis for delivery in hook.deliveries.all()] == [mine]


def test_what_happened_before_a_webhook_was_on_is_not_told_to_it():
    webhook()
    factories.submitted()
    later, _ = webhook()
    assert events_of(later) == []


def test_an_entry_that_cannot_be_told_holds_up_no_other(monkeypatch, caplog):
    hook, _ = webhook()
    first, second = factories.submitted(), factories.submitted()
    real = outbox.body_of

    def body_of(event, entry, *rest):
        if entry.analysis_id == first.pk:
            raise ValueError("broken")
        return real(event, entry, *rest)

    monkeypatch.setattr(outbox, "body_of", body_of)
    told()
    assert [delivery.analysis for delivery in hook.deliveries.all()] == [second]
    assert "cannot be told" in caplog.text


def test_many_entries_are_told_a_few_at_a_time(monkeypatch):
    monkeypatch.setattr(outbox, "AT_ONCE", 2)
    hook, _ = webhook()
    for _ in range(5):
        factories.submitted()
    assert events_of(hook) == ["analysis.submitted"] * 5


def test_a_new_address_in_the_body_is_one_of_this_product():
    hook, _ = webhook()
    analysis = factories.submitted()
    told()
    data = json.loads(WebhookDelivery.objects.get().body)["data"]
    assert data["analysis"]["address"] == f"https://scans.example/analyses/{analysis.pk}/"
