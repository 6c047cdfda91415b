"""Verbs for webhooks: each asks whether the user is an administrator, and is noted in the security log."""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from scans.activity import note
from scans.encryption import seal
from scans.models import Webhook, WebhookDelivery
from scans.reasons import NO_REASON
from scans.transitions import By, permit
from scans.transitions.workers import ADMINISTER
from scans.webhooks import events
from scans.webhooks.payload import test_body
from scans.webhooks.signing import new_secret

OLD_SECRET_SIGNS_FOR = timedelta(hours=24)


@transaction.atomic
def create(webhook: Webhook, *, by: By) -> str:
    """Store a new webhook and switch it on. Returns its secret, which nobody can read again. Raises NotPermitted."""
    permit(by, ADMINISTER)
    secret = new_secret()
    webhook.sealed, webhook.on_since = seal(secret), timezone.now()
    webhook.save()
    note("settings.added", by=by, subject=webhook)
    return secret


@transaction.atomic
def change(webhook: Webhook, *, by: By) -> None:
    """Store what was changed. What waits is sent to the new address. Raises NotPermitted."""
    permit(by, ADMINISTER)
    webhook.save(update_fields=["name", "url", "product", "series", "view", "events", "severity"])
    note("settings.webhook_changed", by=by, subject=webhook)


@transaction.atomic
def rotate(webhook: Webhook, *, by: By) -> str:
    """Give it a new secret and return that; the one before signs too for a day. Raises NotPermitted."""
    permit(by, ADMINISTER)
    locked, secret = Webhook.objects.select_for_update().get(pk=webhook.pk), new_secret()
    locked.old_sealed, locked.old_until = locked.sealed, timezone.now() + OLD_SECRET_SIGNS_FOR
    locked.sealed = seal(secret)
    locked.save(update_fields=["sealed", "old_sealed", "old_until"])
    note("secret.webhook_rotated", by=by, subject=webhook)
    return secret


@transaction.atomic
def switch_on(webhook: Webhook, *, by: By) -> None:
    """Tell it of events from now on, and send what waits, from the first attempt. Raises NotPermitted."""
    permit(by, ADMINISTER)
    fresh = {"off_reason": NO_REASON, "failing_since": None, "rests_until": None}
    if Webhook.objects.filter(pk=webhook.pk, on_since=None).update(on_since=timezone.now(), **fresh):
        webhook.deliveries.waiting().update(due_at=timezone.now(), attempts=0)
        note("settings.webhook_on", by=by, subject=webhook)


@transaction.atomic
def switch_off(webhook: Webhook, *, by: By) -> None:
    """Tell it of nothing any more. What waits is kept. Raises NotPermitted."""
    permit(by, ADMINISTER)
    if Webhook.objects.on().filter(pk=webhook.pk).update(on_since=None, off_reason=NO_REASON):
        note("settings.webhook_off", by=by, subject=webhook)


def send_test(webhook: Webhook, *, by: By) -> WebhookDelivery:
    """Send an event that says nothing, as soon as a worker takes it. Raises NotPermitted."""
    permit(by, ADMINISTER)
    return WebhookDelivery.objects.create(webhook=webhook, event=events.TEST, body=test_body(webhook))


def send_again(delivery: WebhookDelivery, *, by: By) -> None:
    """Send an event again: with the same id, so that a receiver knows it, before later ones. Raises NotPermitted."""
    permit(by, ADMINISTER)
    again = {"state": WebhookDelivery.State.WAITING, "attempts": 0, "ended_at": None, "due_at": timezone.now()}
    WebhookDelivery.objects.filter(pk=delivery.pk).update(**again)


@transaction.atomic
def delete(webhook: Webhook, *, by: By) -> None:
    """Remove it with its deliveries. Raises NotPermitted."""
    permit(by, ADMINISTER)
    note("settings.removed", by=by, subject=webhook)
    Webhook.objects.filter(pk=webhook.pk).delete()
