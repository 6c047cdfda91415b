"""The form of a webhook; what it refuses is in tests/views/test_webhooks.py."""

import pytest

from scans.forms.webhooks import WebhookForm
from scans.models import SavedView, Webhook
from tests import factories

pytestmark = pytest.mark.django_db


def form_of(**values) -> WebhookForm:
    given = {
        "name": "Chat",
        "url": "HTTP://127.0.0.1:80/a#b",
        "events": ["analysis.ended"],
        "severity": "low",
        **values,
    }
    return WebhookForm(given, user=factories.user("Administrator"), instance=Webhook())


def test_an_address_is_stored_in_its_one_spelling():
    form = form_of()
    assert form.is_valid(), form.errors
    assert form.cleaned_data["url"] == "http://127.0.0.1/a"


def test_the_log_is_shown_at_once_where_one_of_its_actions_is_chosen():
    assert not form_of().has_actions
    assert form_of(actions=["analysis.deleted"]).has_actions


def test_a_view_that_another_administrator_keeps_to_himself_stays_chosen():
    view = SavedView.objects.create(owner=factories.user(), name="Shops", query="?q=shop")
    assert not form_of(view=view.pk).is_valid()
    given = {"name": "Chat", "url": "http://127.0.0.1/", "events": ["analysis.ended"], "severity": "low"}
    kept = Webhook(view=view)
    form = WebhookForm(given | {"view": view.pk}, user=factories.user("Administrator"), instance=kept)
    assert form.is_valid(), form.errors
