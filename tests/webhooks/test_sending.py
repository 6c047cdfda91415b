"""Sending to a real receiver on the loopback address: order, attempts, leases, and what ends a webhook."""

import threading
from datetime import timedelta

import pytest
from django.utils import timezone

from scans import transitions
from scans.models import Actor, AllowedTarget, SecurityEvent, Webhook, WebhookDelivery
from scans.targets import policy
from scans.webhooks import changes, sending
from tests import factories
from tests.eventually import eventually
from tests.sites.controllable import ControllableSite
from tests.webhooks.making import received, told, verified, webhook

pytestmark = pytest.mark.django_db
State = WebhookDelivery.State


@pytest.fixture
def site():
    with ControllableSite() as receiver:
        yield receiver


def events_at(site, secret) -> list[str]:
    return [body["type"] for body in received(site, secret)]


def test_what_happened_is_posted_as_json_and_signed(site):
    hook, secret = webhook(f"{site.url}?key=1", "analysis.submitted")
    analysis = factories.submitted()
    told()
    assert sending.send_all() == 1
    [request], [body] = site.requests, received(site, secret)
    assert (request.method, request.path, request.headers["content-type"]) == ("POST", "/?key=1", "application/json")
    assert body["data"]["analysis"]["id"] == analysis.pk
    delivery = hook.deliveries.get()
    assert (delivery.state, request.headers["webhook-id"]) == (State.DELIVERED, delivery.message)
    assert abs(int(request.headers["webhook-timestamp"]) - timezone.now().timestamp()) < 60
    assert not verified(request, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    assert sending.send_all() == 0 and delivery.log[0]["status"] == 200


def test_events_of_an_analysis_arrive_in_their_order(site):
    hook, secret = webhook(site.url, "analysis.submitted", "analysis.started", "analysis.paused", "analysis.resumed")
    analysis = factories.started()
    transitions.pause_analysis(analysis, by=Actor.COMMAND)
    transitions.resume_analysis(factories.fresh(analysis), by=Actor.COMMAND)
    told()
    sending.send_all()
    assert events_at(site, secret) == [
        *("analysis.submitted", "analysis.started", "analysis.paused", "analysis.resumed")
    ]


def test_while_one_event_waits_those_after_it_wait_and_those_of_other_analyses_do_not(site):
    hook, secret = webhook(site.url, "analysis.submitted", "analysis.started")
    first = factories.started()
    told()
    site.status = 500
    sending.send_all()
    site.status = 0
    second = factories.submitted()
    told()
    site.requests.clear()
    sending.send_all()
    assert [body["data"]["analysis"]["id"] for body in received(site, secret)] == [second.pk]
    hook.deliveries.waiting().update(due_at=timezone.now())
    sending.send_all()
    assert [body["data"]["analysis"]["id"] for body in received(site, secret)] == [second.pk, first.pk, first.pk]
    assert events_at(site, secret) == ["analysis.submitted", "analysis.submitted", "analysis.started"]


def fail_once(delivery) -> timedelta:
    """Send it once more, in vain; returns the pause until the next attempt."""
    Webhook.objects.update(rests_until=None)
    WebhookDelivery.objects.filter(pk=delivery.pk).update(due_at=timezone.now())
    assert sending.send_all() == 1
    delivery.refresh_from_db()
    return delivery.due_at - timezone.now()


def test_attempts_follow_each_other_for_a_day_with_longer_pauses(site):
    hook, secret = webhook(site.url)
    factories.submitted()
    told()
    site.status = 500
    delivery = hook.deliveries.get()
    for pause in sending.PAUSES:
        assert pause - timedelta(seconds=60) < fail_once(delivery) <= pause * (1 + sending.JITTER)
    fail_once(delivery)
    assert (delivery.state, delivery.attempts) == (State.FAILED, 8)
    assert sum(sending.PAUSES, timedelta()) == timedelta(days=1, seconds=5)
    assert {one["why"]["code"] for one in delivery.log} == {"webhook_answered"} and len(received(site, secret)) == 8
    assert len({request.headers["webhook-id"] for request in site.requests}) == 1
    hook.refresh_from_db()
    assert hook.is_on  # the day was not over: the test did not wait


def test_a_webhook_without_a_success_for_a_day_is_switched_off_with_a_notice(site, caplog):
    hook, _ = webhook(site.url)
    factories.submitted()
    told()
    site.status = 500
    delivery = hook.deliveries.get()
    for _ in sending.PAUSES:
        fail_once(delivery)
    Webhook.objects.update(failing_since=timezone.now() - timedelta(days=1))
    fail_once(delivery)
    hook.refresh_from_db()
    assert not hook.is_on and "for a day" in str(hook.off_reason) and "answered 500" in str(hook.off_reason)
    assert SecurityEvent.objects.filter(event="settings.webhook_failed", subject=hook.name).exists()
    assert "is switched off" in caplog.text and site.url not in caplog.text
    factories.submitted()
    told()
    assert hook.deliveries.count() == 1


def test_a_success_ends_the_time_of_failure(site):
    hook, _ = webhook(site.url)
    Webhook.objects.update(failing_since=timezone.now() - timedelta(days=1))
    factories.submitted()
    told()
    sending.send_all()
    hook.refresh_from_db()
    assert hook.failing_since is None


def test_a_receiver_that_wants_nothing_more_is_told_nothing_more(site):
    hook, _ = webhook(site.url)
    factories.submitted()
    factories.submitted()
    told()
    site.status = 410
    sending.send_all()
    hook.refresh_from_db()
    assert not hook.is_on and hook.off_reason.code == "webhook_gone" and len(site.requests) == 1
    assert [*hook.deliveries.order_by("pk").values_list("state", flat=True)] == [State.FAILED, State.WAITING]


def test_a_busy_receiver_is_left_alone_for_as_long_as_it_asks(site):
    hook, _ = webhook(site.url)
    factories.submitted()
    factories.submitted()
    told()
    site.status, site.headers = 503, {"Retry-After": "600"}
    assert sending.send_all() == 1
    hook.refresh_from_db()
    for until in (hook.rests_until, hook.deliveries.order_by("pk")[0].due_at):
        assert timedelta(seconds=540) < until - timezone.now() <= timedelta(seconds=600)
    assert sending.send_all() == 0


@pytest.mark.parametrize("asked", ["-5", "x", "99999999999999999999999", "1e3"])
def test_a_receiver_cannot_ask_for_more_than_an_hour_or_for_nonsense(site, asked):
    hook, _ = webhook(site.url)
    factories.submitted()
    told()
    site.status, site.headers = 503, {"Retry-After": asked}
    sending.send_all()
    hook.refresh_from_db()
    assert hook.rests_until - timezone.now() <= sending.LONGEST_REST


def test_a_redirect_is_refused(site):
    with ControllableSite() as elsewhere:
        hook, _ = webhook(site.url)
        factories.submitted()
        told()
        site.location = elsewhere.url
        sending.send_all()
        assert elsewhere.requests == []
    delivery = hook.deliveries.get()
    assert delivery.state == State.WAITING and delivery.log[0]["why"]["code"] == "webhook_redirected"


@pytest.mark.parametrize(
    ("switch", "code"), [({"hang": True}, "webhook_unreached"), ({"close": True}, "webhook_unreached")]
)
def test_a_receiver_that_does_not_answer_is_given_up_in_time_and_asked_again(site, monkeypatch, switch, code):
    monkeypatch.setattr(sending, "TIMEOUT", 0.2)
    hook, _ = webhook(site.url)
    factories.submitted()
    told()
    for name, value in switch.items():
        setattr(site, name, value)
    assert sending.send_all() == 1
    delivery = hook.deliveries.get()
    assert delivery.log[0]["why"]["code"] == code and delivery.due_at > timezone.now()


def test_a_long_answer_is_kept_in_part(site):
    hook, _ = webhook(site.url)
    factories.submitted()
    told()
    site.body = "owl\0" * 50_000
    sending.send_all()
    delivery = hook.deliveries.get()
    assert delivery.state == State.DELIVERED and 0 < len(delivery.log[0]["answer"]) <= 1000


@pytest.mark.parametrize(
    "url", ["http://169.254.169.254/", "http://metadata.google.internal/", "http://not-allowed.example/"]
)
def test_nothing_is_sent_where_no_scan_may_go(url, monkeypatch):
    monkeypatch.setattr(sending, "resolve", lambda host: ("169.254.169.254",) if "169" in host else ("93.184.216.34",))
    hook, _ = webhook(url)
    factories.submitted()
    told()
    sending.send_all()
    delivery = hook.deliveries.get()
    assert delivery.log[0]["why"]["code"] == "webhook_refused" and delivery.state == State.WAITING


def test_a_name_that_leads_to_another_address_than_when_it_was_saved_is_judged_anew(site, monkeypatch):
    AllowedTarget.objects.create(pattern="hooks.example")
    hook, _ = webhook(f"http://hooks.example:{site.port}/")
    factories.submitted()
    told()
    monkeypatch.setattr(sending, "resolve", lambda host: ("10.0.0.5",))
    sending.send_all()
    assert hook.deliveries.get().log[0]["why"]["code"] == "webhook_refused"
    assert policy.resolve("127.0.0.1") == ("127.0.0.1",)


def test_the_address_that_was_judged_is_the_one_that_is_asked(site, monkeypatch):
    AllowedTarget.objects.create(pattern="hooks.example")
    AllowedTarget.objects.create(pattern="127.0.0.1")
    hook, secret = webhook(f"http://hooks.example:{site.port}/")
    factories.submitted()
    told()
    answers = iter([("127.0.0.1",)])  # a second question would find none
    monkeypatch.setattr(sending, "resolve", lambda host: next(answers))
    sending.send_all()
    assert len(received(site, secret)) == 1 and site.requests[0].headers["host"] == f"hooks.example:{site.port}"


def test_both_secrets_sign_after_a_rotation_and_one_when_the_day_is_over(site):
    hook, old = webhook(site.url)
    new = changes.rotate(hook, by=factories.user("Administrator"))
    factories.submitted()
    told()
    sending.send_all()
    assert len(received(site, old)) == len(received(site, new)) == 1
    Webhook.objects.update(old_until=timezone.now() - timedelta(seconds=1))
    factories.submitted()
    told()
    sending.send_all()
    assert (len(received(site, old)), len(received(site, new))) == (1, 2)
    hook.refresh_from_db()
    assert hook.old_sealed == ""


def test_a_sender_that_dies_after_the_answer_delivers_twice_and_none_is_lost(site, monkeypatch):
    hook, secret = webhook(site.url)
    factories.submitted()
    told()
    monkeypatch.setattr(sending, "_delivered", killed)
    with pytest.raises(KeyboardInterrupt):
        sending.send_due(hook.pk, threading.Event())
    monkeypatch.undo()
    Webhook.objects.update(leased_until=timezone.now() - timedelta(seconds=1))
    sending.send_all()
    first, second = received(site, secret)
    assert first == second and len({request.headers["webhook-id"] for request in site.requests}) == 1


def killed(*_):
    raise KeyboardInterrupt


def test_two_senders_do_not_send_the_same_at_once(site):
    hook, _ = webhook(site.url)
    factories.submitted()
    told()
    Webhook.objects.update(lease="another", leased_until=timezone.now() + timedelta(minutes=1))
    assert sending.send_due(hook.pk, threading.Event()) == 0 and site.requests == []
    Webhook.objects.update(leased_until=timezone.now() - timedelta(seconds=1))
    assert sending.send_due(hook.pk, threading.Event()) == 1


def test_a_webhook_that_is_off_gets_nothing_and_all_that_waits_once_it_is_on(site):
    hook, secret = webhook(site.url)
    factories.submitted()
    told()
    admin = factories.user("Administrator")
    changes.switch_off(hook, by=admin)
    assert sending.send_all() == 0
    changes.switch_on(hook, by=admin)
    assert sending.send_all() == 1 and len(received(site, secret)) == 1


def test_what_is_sent_again_has_the_same_id(site):
    hook, _ = webhook(site.url)
    factories.submitted()
    told()
    sending.send_all()
    changes.send_again(hook.deliveries.get(), by=factories.user("Administrator"))
    sending.send_all()
    assert len(site.requests) == 2 and len({request.headers["webhook-id"] for request in site.requests}) == 1
    assert len(hook.deliveries.get().log) == 2


def test_a_test_is_sent_with_what_the_receiver_needs_to_know(site):
    hook, secret = webhook(site.url)
    changes.send_test(hook, by=factories.user("Administrator"))
    sending.send_all()
    [body] = received(site, secret)
    assert body["type"] == "webhook.test" and body["data"] == {"webhook": hook.name, "address": hook.product}


def test_a_secret_that_no_key_opens_is_told_as_the_reason(site):
    hook, _ = webhook(site.url)
    Webhook.objects.update(sealed="gAAAAA")
    factories.submitted()
    told()
    sending.send_all()
    assert hook.deliveries.get().log[0]["why"]["code"] == "webhook_refused" and site.requests == []


@pytest.mark.django_db(transaction=True)
def test_a_worker_sends_beside_its_tasks_and_a_slow_receiver_holds_up_no_other(site):
    with ControllableSite(hang=True) as slow:
        webhook(slow.url)
        _, secret = webhook(site.url)
        factories.submitted()
        told()
        over = threading.Event()
        sender = threading.Thread(target=sending.keep_sending, args=[over])
        sender.start()
        try:
            eventually(lambda: received(site, secret))
        finally:
            over.set()
            slow.stop()
            sender.join(20)
        assert not sender.is_alive()
        eventually(lambda: not Webhook.objects.exclude(lease="").exists())
