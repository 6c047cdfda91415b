"""Verbs for webhooks: by administrators only, noted, and never with a secret."""

import logging

import pytest
from django.core.management import call_command

from scans.encryption import unseal
from scans.models import Actor, SecurityEvent, Webhook, WebhookDelivery, WebhookEvent
from scans.transitions import NotPermitted
from scans.webhooks import changes
from tests import factories
from tests.webhooks.making import told, webhook

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("role", ["", "Viewer", "Submitter", "Reviewer"])
def test_nobody_but_administrators_may_do_anything(role):
    hook, _ = webhook()
    person = factories.user(role)
    delivery = changes.send_test(hook, by=Actor.COMMAND)
    verbs = (changes.change, changes.rotate, changes.switch_off, changes.switch_on, changes.send_test, changes.delete)
    for verb in verbs:
        with pytest.raises(NotPermitted):
            verb(hook, by=person)
    with pytest.raises(NotPermitted):
        changes.send_again(delivery, by=person)
    with pytest.raises(NotPermitted):
        changes.create(Webhook(name="Another", url="http://127.0.0.1:9/", product="http://x/"), by=person)
    assert Webhook.objects.get().is_on and WebhookDelivery.objects.count() == 1


def test_each_change_is_noted_without_address_and_secret(caplog):
    caplog.set_level(logging.INFO)
    admin = factories.user("Administrator")
    hook, secret = webhook("http://127.0.0.1:9/t0ken")
    other = changes.rotate(hook, by=admin)
    for verb in (changes.change, changes.switch_off, changes.switch_on, changes.delete):
        verb(hook, by=admin)
    noted = [*SecurityEvent.objects.filter(subject=hook.name).order_by("pk").values_list("event", flat=True)]
    assert noted == [
        *("settings.added", "secret.webhook_rotated", "settings.webhook_changed", "settings.webhook_off"),
        *("settings.webhook_on", "settings.removed"),
    ]
    everything = caplog.text + str([*SecurityEvent.objects.values()])
    assert not any(text in everything for text in (secret, other, "t0ken", "whsec_"))


def test_the_secret_is_stored_sealed_and_in_no_text_of_the_row():
    hook, secret = webhook()
    hook.refresh_from_db()
    assert unseal(hook.sealed) == secret and secret not in f"{hook!r}{hook}{Webhook.objects.values()}"


def test_a_change_keeps_secret_and_state():
    hook, secret = webhook()
    stale = Webhook.objects.get()
    changes.switch_off(hook, by=Actor.COMMAND)
    stale.url = "http://127.0.0.1:9/other"
    changes.change(stale, by=Actor.COMMAND)
    hook.refresh_from_db()
    assert (hook.url, hook.is_on, unseal(hook.sealed)) == ("http://127.0.0.1:9/other", False, secret)


def test_secrets_get_the_newest_key_with_all_others(settings, capsys):
    hook, secret = webhook()
    new = changes.rotate(hook, by=Actor.COMMAND)
    keys = settings.SCANS_SECRET_KEYS
    settings.SCANS_SECRET_KEYS = ["another-key-that-is-long-enough", *keys]
    call_command("rotate_secrets")
    settings.SCANS_SECRET_KEYS = ["another-key-that-is-long-enough"]
    hook.refresh_from_db()
    assert [unseal(hook.sealed), unseal(hook.old_sealed)] == [new, secret]


def test_a_webhook_goes_with_what_it_was_told():
    hook, _ = webhook()
    factories.submitted()
    told()
    changes.delete(hook, by=Actor.COMMAND)
    assert not WebhookDelivery.objects.exists()
    factories.submitted()
    assert not WebhookEvent.objects.exists()
