"""Webhooks in the settings: for administrators, with secrets shown once."""

import re

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from scans.encryption import unseal
from scans.models import SavedView, Webhook, WebhookDelivery
from scans.reasons import Reason
from scans.webhooks import sending
from tests import factories
from tests.sites.controllable import ControllableSite
from tests.views.page import text
from tests.webhooks.making import told, webhook

pytestmark = pytest.mark.django_db
LIST, NEW = "/settings/webhooks/", "/settings/webhooks/new/"
VALID = {"name": "Chat", "url": "http://127.0.0.1:9/hook", "events": ["analysis.ended"], "severity": "high"}
POSTED = ("test", "on", "off", "new-secret", "delete")


@pytest.fixture
def browser(db) -> Client:
    """An administrator whose login is fresh."""
    client, user = Client(), factories.user("Administrator")
    client.post("/accounts/login/", {"username": user.username, "password": "password"})
    return client


@pytest.fixture
def delivery(db) -> WebhookDelivery:
    hook, _ = webhook()
    factories.submitted()
    told()
    return hook.deliveries.get()


def page_of(delivery) -> str:
    return f"{LIST}{delivery.webhook_id}/"


@pytest.mark.parametrize("role", ["", "Viewer", "Submitter", "Reviewer"])
def test_nobody_but_administrators_sees_or_does_anything(role, delivery):
    client, user = Client(), factories.user(role)
    client.post("/accounts/login/", {"username": user.username, "password": "password"})
    page, one = page_of(delivery), f"{page_of(delivery)}deliveries/{delivery.pk}/"
    for address in (LIST, NEW, page, f"{page}edit/", f"{page}new-secret/", f"{page}delete/", one):
        assert client.get(address).status_code == 403, address
    sealed = Webhook.objects.values_list("sealed", flat=True).get()
    for address in (NEW, f"{page}edit/", f"{one}again/", *(f"{page}{action}/" for action in POSTED)):
        assert client.post(address, VALID).status_code == 403, address
    assert Webhook.objects.values_list("sealed", "name").get() == (sealed, "Hook 1")
    assert WebhookDelivery.objects.count() == 1 and LIST not in client.get("/settings/").text


def test_an_administrator_finds_them_in_the_menu(browser):
    assert f'href="{LIST}"' in browser.get("/settings/").text
    assert "None yet." in browser.get(LIST).text


def test_a_login_that_is_not_fresh_is_asked_for_again_first(as_role, delivery):
    client = as_role("Administrator")
    for address in (NEW, f"{page_of(delivery)}edit/", f"{page_of(delivery)}new-secret/"):
        assert client.post(address, VALID)["Location"].startswith("/accounts/confirm/"), address
    assert Webhook.objects.get().name == "Hook 1"


def secret_in(response) -> str:
    return re.search(r'value="(whsec_[^"]+)"', text(response))[1]


def test_a_new_webhook_is_on_and_its_secret_is_shown_once(browser):
    secret = secret_in(browser.post(NEW, VALID | {"actions": ["analysis.deleted"]}))
    hook = Webhook.objects.get()
    assert unseal(hook.sealed) == secret and hook.is_on and hook.product == "http://testserver/"
    assert hook.events == ["analysis.ended", "analysis.deleted"] and (hook.series, hook.view) == (None, None)
    page = f"{LIST}{hook.pk}/"
    for address in (LIST, page, f"{page}edit/", f"{page}new-secret/", "/settings/security-log/"):
        assert "whsec_" not in text(browser.get(address)), address


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"name": ""}, "This field is required"),
        ({"events": []}, "Choose at least one event."),
        ({"events": ["analysis.invented"]}, "is not one of the available choices"),
        ({"url": "http://169.254.169.254/"}, "169.254.169.254"),
        ({"url": "http://elsewhere.example/"}, "elsewhere.example"),
        ({"url": "http://ann:s3cr3t@127.0.0.1:9/"}, "…@127.0.0.1"),
        ({"url": "ftp://127.0.0.1/"}, "http"),
        ({"series": "No such series"}, "There is no analysis of this name."),
        ({"view": "99"}, "not one of the available choices"),
        ({"severity": "awful"}, "is not one of the available choices"),
    ],
)
def test_what_is_wrong_is_said_and_stores_nothing(browser, wrong, said):
    answer = browser.post(NEW, VALID | wrong)
    assert answer.status_code == 422 and said in text(answer)
    assert not Webhook.objects.exists()


def test_a_webhook_of_a_series_or_a_view_but_not_both(browser):
    analysis = factories.submitted(name="The shop")
    view = SavedView.objects.create(owner=factories.user(), name="Shops", query="?q=shop", shared=True)
    answer = browser.post(NEW, VALID | {"series": "The shop", "view": view.pk})
    assert answer.status_code == 422 and "not both" in text(answer)
    browser.post(NEW, VALID | {"series": "The shop"})
    browser.post(NEW, VALID | {"name": "Other", "view": view.pk})
    assert [*Webhook.objects.values_list("series", "view")] == [(analysis.series_id, None), (None, view.pk)]


def test_a_view_that_a_webhook_needs_cannot_be_deleted_and_takes_no_webhook_with_it(as_role):
    owner = as_role("Submitter", username="ann")
    view = SavedView.objects.create(owner=User.objects.get(username="ann"), name="Shops", query="?q=shop")
    hook, _ = webhook(view=view)
    assert "A webhook is about this view." in text(owner.post(f"/analyses/views/{view.pk}/delete/", follow=True))
    hook.delete()
    owner.post(f"/analyses/views/{view.pk}/delete/")
    assert not SavedView.objects.exists()


def test_a_change_keeps_the_secret_and_shows_what_was_chosen(browser):
    browser.post(NEW, VALID | {"actions": ["analysis.deleted"]})
    hook = Webhook.objects.get()
    form = browser.get(f"{LIST}{hook.pk}/edit/").text
    assert re.findall(r'value="([^"]+)"[^>]*checked', form) == ["analysis.ended", "analysis.deleted"]
    browser.post(f"{LIST}{hook.pk}/edit/", VALID | {"name": "Chat 2"})
    changed = Webhook.objects.get()
    assert (changed.name, changed.sealed, changed.events) == ("Chat 2", hook.sealed, ["analysis.ended"])


def test_a_new_secret_is_asked_for_first_and_shown_once(browser, delivery):
    page = f"{page_of(delivery)}new-secret/"
    before = Webhook.objects.get().sealed
    assert "Make a new secret?" in browser.get(page).text and Webhook.objects.get().sealed == before
    answer = browser.post(page)
    hook = Webhook.objects.get()
    assert unseal(hook.sealed) == secret_in(answer) and hook.old_sealed == before
    assert "signs too for 24 hours" in answer.text and "the old one until" in browser.get(page_of(delivery)).text


def test_it_is_switched_off_and_on_tested_and_deleted(browser, delivery):
    page = page_of(delivery)
    browser.post(f"{page}off/")
    assert not Webhook.objects.get().is_on and "Send a test" not in browser.get(page).text
    browser.post(f"{page}on/")
    assert Webhook.objects.get().is_on
    browser.post(f"{page}test/")
    assert "A test" in browser.get(page).text
    assert "Delete the webhook?" in browser.get(f"{page}delete/").text and Webhook.objects.exists()
    browser.post(f"{page}delete/")
    assert not Webhook.objects.exists() and browser.get(page).status_code == 404


def test_a_delivery_shows_request_answer_and_time_and_is_sent_again(browser):
    with ControllableSite(body="<b>thanks</b>") as site:
        hook, _ = webhook(site.url)
        analysis = factories.submitted()
        told()
        sending.send_all()
        page = f"{LIST}{hook.pk}/deliveries/{hook.deliveries.get().pk}/"
        shown = text(browser.get(page))
        assert "&lt;b&gt;thanks&lt;/b&gt;" in shown and "The receiver answered 200." in shown
        assert "&quot;analysis.submitted&quot;" in shown and str(analysis) in shown
        browser.post(f"{page}again/")
        assert 'data-state="waiting"' in browser.get(page).text
        sending.send_all()
        assert len(site.requests) == 2


def test_a_delivery_is_found_at_its_own_webhook_only(browser, delivery):
    other, _ = webhook()
    assert browser.get(f"{LIST}{other.pk}/deliveries/{delivery.pk}/").status_code == 404
    assert browser.post(f"{LIST}{other.pk}/deliveries/{delivery.pk}/again/").status_code == 404


def test_why_a_webhook_is_off_is_said_in_german_too(browser, delivery):
    why = Reason("webhook_gave_up", why=Reason("webhook_answered", status=500))
    Webhook.objects.update(on_since=None, off_reason=why)
    with translation.override("de"):
        german = str(why)
    assert str(why) in text(browser.get(LIST)) and "Einen Tag lang" in german
    browser.post("/settings/language/", {"value": "de"})
    shown = text(browser.get(page_of(delivery)))
    assert german in shown and "Zustellungen" in shown and "Attempts" not in shown


def test_administrators_read_on_every_page_that_a_webhook_was_switched_off_and_nobody_else(browser, as_role, delivery):
    told = "The webhook “Hook 1” is switched off."
    assert told not in text(browser.get("/statuses/"))
    Webhook.objects.update(on_since=None, off_reason=Reason("webhook_gone"))
    assert told in text(browser.get("/")) and told not in text(as_role("Reviewer").get("/"))
    browser.post(f"{page_of(delivery)}on/")
    browser.post(f"{page_of(delivery)}off/")
    assert told not in text(browser.get("/"))


def test_a_page_of_many_deliveries_costs_the_same_and_leads_to_older_ones(browser, delivery):
    with CaptureQueriesContext(connection) as few:
        browser.get(page_of(delivery))
    WebhookDelivery.objects.bulk_create(
        WebhookDelivery(webhook=delivery.webhook, event="webhook.test", body="{}") for _ in range(60)
    )
    with CaptureQueriesContext(connection) as many:
        first = browser.get(page_of(delivery))
    assert len(many) == len(few) and first.text.count("data-delivery=") == 50
    older = re.search(r'href="(\?before=\d+)#deliveries"', first.text)[1]
    assert browser.get(page_of(delivery) + older).text.count("data-delivery=") == 11
    assert browser.get(page_of(delivery) + "?before=x").text.count("data-delivery=") == 50
