"""Rows of webhooks and their deliveries."""

from datetime import timedelta

import pytest
from django.utils import timezone

from scans.models import SavedView, Webhook, WebhookDelivery
from scans.models.webhook import DELIVERIES_KEPT, new_message_id
from scans.workers.scheduler import remove_leftovers
from tests import factories
from tests.webhooks.making import webhook

pytestmark = pytest.mark.django_db


def test_an_id_is_new_each_time_and_has_no_full_stop():
    one, other = new_message_id(), new_message_id()
    assert one != other and "." not in one and len(one) <= 40


def test_deliveries_are_removed_after_thirty_days():
    hook, _ = webhook()
    old, young = (WebhookDelivery.objects.create(webhook=hook, event="webhook.test", body="{}") for _ in range(2))
    WebhookDelivery.objects.filter(pk=old.pk).update(made_at=timezone.now() - DELIVERIES_KEPT - timedelta(minutes=1))
    for piece in remove_leftovers():
        piece()
    assert [*WebhookDelivery.objects.all()] == [young]


@pytest.mark.parametrize("what", ["series", "view"])
def test_a_webhook_ends_with_what_it_is_about_and_never_grows_to_all(what):
    series = factories.submitted().series
    view = SavedView.objects.create(owner=factories.user(), name="Shops", query="?q=shop")
    hook, _ = webhook(**{what: {"series": series, "view": view}[what]})
    view.delete()
    assert Webhook.objects.filter(pk=hook.pk).exists() == (what == "series")


def test_webhooks_that_are_ready_are_on_free_rested_and_have_something_due():
    hook, _ = webhook()
    WebhookDelivery.objects.create(webhook=hook, event="webhook.test", body="{}")
    soon, was = timezone.now() + timedelta(minutes=1), timezone.now() - timedelta(minutes=1)
    for columns, is_ready in (
        ({}, True),
        ({"leased_until": soon}, False),
        ({"leased_until": was}, True),
        ({"rests_until": soon}, False),
        ({"rests_until": was}, True),
        ({"on_since": None}, False),
    ):
        Webhook.objects.update(**columns)
        assert Webhook.objects.ready().exists() == is_ready, columns
