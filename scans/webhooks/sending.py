"""Sending: a worker takes a webhook, sends what is due in order, and writes how that went.

A delivery is made at least once: a receiver may see one again whose sender ended before it wrote the answer down.
"""

import logging
from contextlib import suppress
from datetime import timedelta
from http import HTTPStatus
from secrets import SystemRandom, token_hex
from threading import Event, Thread
from time import monotonic, time

import httpx
from django.db import Error, close_old_connections, connection, transaction
from django.db.models.functions import Now
from django.utils import timezone

from scans.activity import note
from scans.encryption import KeyLost
from scans.models import Actor, AllowedTarget, Webhook, WebhookDelivery
from scans.reasons import Reason
from scans.targets.http_client import Answer, SiteClient
from scans.targets.policy import TargetRefused, origin, resolve
from scans.version import version
from scans.webhooks.signing import headers_of

logger = logging.getLogger(__name__)
# Between the attempts, as Standard Webhooks advises, cut at a day.
PAUSES = [
    *(timedelta(seconds=5), timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2), timedelta(hours=5)),
    *(timedelta(hours=10), timedelta(hours=6, minutes=25)),
]
JITTER = 0.1  # of a pause: receivers that were down are not asked by all at once
FAILING_FOR = timedelta(hours=23)  # without one success; then a delivery that is given up switches the webhook off
LONGEST_REST = timedelta(hours=1)  # that a receiver may ask for
REST = timedelta(seconds=5)  # of a webhook whose receiver did not answer, or is busy
BUSY = (429, 502, 503, 504)
TIMEOUT = 10.0  # seconds to connect, and to answer
ADDRESSES = 2  # of a receiver that are tried
ANSWER_BYTES, ANSWER_KEPT = 4096, 1000
ATTEMPTS_KEPT = 20
LEASE = timedelta(seconds=90)  # longer than one attempt
SECONDS_OF_A_TURN = 20
AT_ONCE = 8  # webhooks of one worker: receivers that are slow hold up no others
SECONDS_BETWEEN_LOOKS, SECONDS_WITHOUT_WEBHOOKS = 1.0, 5.0


class NotSent(Exception):
    """Nothing could be sent, or no answer came; `why` is the reason."""

    def __init__(self, why: Reason):
        super().__init__(why.code)
        self.why = why


def keep_sending(over: Event) -> None:
    """Send what is due until `over` is set; a worker runs this in a thread. Each webhook has a thread of its own."""
    turns: list[Thread] = []
    pause = 0.0
    while not over.wait(pause):
        turns = [turn for turn in turns if turn.is_alive()]
        try:
            close_old_connections()
            pause = SECONDS_BETWEEN_LOOKS if Webhook.objects.on().exists() else SECONDS_WITHOUT_WEBHOOKS
            if pause == SECONDS_BETWEEN_LOOKS:
                turns += _begin_turns(AT_ONCE - len(turns), over)
        except Error as error:
            logger.warning("Webhooks wait for the database (%s).", type(error).__name__)
            connection.close()
    connection.close()


def _begin_turns(most: int, over: Event) -> list[Thread]:
    turns = [Thread(target=_turn, args=[pk, over], daemon=True) for pk in _ready(most)]
    for turn in turns:
        turn.start()
    return turns


def _ready(most: int) -> list[int]:
    return list(Webhook.objects.ready().values_list("pk", flat=True)[:most]) if most > 0 else []


def _turn(pk: int, over: Event) -> None:
    """Take one webhook and send what is due, in a thread."""
    try:
        send_due(pk, over)
    except Error as error:  # the lease ends, and another turn sends again what was not written down
        logger.warning("A webhook waits for the database (%s).", type(error).__name__)
    except Exception:
        logger.exception("Webhook %d failed in a way that nobody foresaw; its turn is over.", pk)
    finally:
        connection.close()


def send_all() -> int:
    """Send everything that is due now, one webhook after the other. Returns how many attempts were made."""
    return sum(send_due(pk, Event()) for pk in _ready(1000))


def send_due(pk: int, over: Event) -> int:
    """Send what is due to one webhook, in order and for a bounded time, unless another sender holds it.

    Returns how many attempts were made. Raises the database's errors.
    """
    lease, until, attempts = token_hex(8), monotonic() + SECONDS_OF_A_TURN, 0
    if not Webhook.objects.ready().filter(pk=pk).update(lease=lease, leased_until=Now() + LEASE):
        return 0
    held = Webhook.objects.filter(pk=pk, lease=lease)
    held.filter(old_until__lte=Now()).update(old_sealed="", old_until=None)
    try:
        with _Receiver(held.get()) as receiver:
            while monotonic() < until and not over.is_set():
                held.update(leased_until=Now() + LEASE)
                webhook = held.filter(on_since__isnull=False).select_related("series").first()
                delivery = webhook and WebhookDelivery.objects.due().filter(webhook=pk).order_by("due_at", "pk").first()
                if delivery is None or (webhook.rests_until and webhook.rests_until > timezone.now()):
                    break
                _attempt(webhook, delivery, receiver)
                attempts += 1
    finally:
        held.update(lease="", leased_until=None)
    return attempts


class _Receiver:
    """The receiver of a webhook during one turn: its addresses are judged and pinned once, its connection is kept."""

    def __init__(self, webhook: Webhook):
        self._url = webhook.url
        self._client: SiteClient | None = None

    def __enter__(self) -> "_Receiver":
        return self

    def __exit__(self, *exception) -> None:
        if self._client:
            self._client.__exit__(*exception)

    def send(self, headers: dict[str, str], body: bytes) -> Answer:
        """POST the body. Raises NotSent."""
        headers = {"content-type": "application/json", "user-agent": f"DynamicAnalyses/{version()}", **headers}
        try:
            if self._client is None:
                self._client = self._allowed()
            return self._client.send("POST", self._url, headers, body)
        except TargetRefused as refusal:
            raise NotSent(Reason("webhook_refused", error=refusal.why)) from refusal
        except (httpx.HTTPError, ValueError) as error:
            raise NotSent(Reason("webhook_unreached", error=str(error) or type(error).__name__)) from error

    def _allowed(self) -> SiteClient:
        """The client for the addresses that the target policy allows, as for a scan. Raises NotSent, TargetRefused."""
        host, _port = origin(self._url)
        try:
            addresses = resolve(host)
        except OSError as error:
            raise NotSent(Reason("webhook_unresolved", error=str(error))) from error
        AllowedTarget.policy().check(self._url, addresses)
        return SiteClient(host, addresses[:ADDRESSES], timeout=TIMEOUT, verify=True, max_body_bytes=ANSWER_BYTES)


def _attempt(webhook: Webhook, delivery: WebhookDelivery, receiver: _Receiver) -> None:
    """Send one delivery once, and write how that went."""
    began, moment = monotonic(), timezone.now()
    tried = {"at": moment.isoformat(), "status": None, "answer": "", "why": None}
    answer, why = None, None
    body = delivery.body.encode()
    try:
        answer = receiver.send(headers_of(webhook, delivery.message, int(time()), body), body)
        tried |= {"status": answer.status, "answer": answer.body[:ANSWER_KEPT].replace("\0", "")}
        why = _failure(answer.status)
    except NotSent as failure:
        why = failure.why
    except KeyLost as lost:
        why = Reason("webhook_refused", error=lost.why)
    tried |= {"seconds": round(monotonic() - began, 3), "why": why and why.to_json()}
    with transaction.atomic():
        Webhook.objects.filter(pk=webhook.pk).update(sent_at=Now())
        delivery.log = [*delivery.log, tried][-ATTEMPTS_KEPT:]
        delivery.attempts += 1
        if why is None:
            _delivered(webhook, delivery)
        else:
            _failed(webhook, delivery, why, answer)


def _failure(status: int) -> Reason | None:
    """Why an answer with this status is a failure; None for one that delivers."""
    if 200 <= status < 300:
        return None
    return Reason("webhook_redirected" if 300 <= status < 400 else "webhook_answered", status=status)


def _delivered(webhook: Webhook, delivery: WebhookDelivery) -> None:
    if webhook.failing_since or webhook.rests_until:
        Webhook.objects.filter(pk=webhook.pk).update(failing_since=None, rests_until=None)
    _write(delivery, state=WebhookDelivery.State.DELIVERED, ended_at=timezone.now())


def _failed(webhook: Webhook, delivery: WebhookDelivery, why: Reason, answer: Answer | None) -> None:
    """Plan the next attempt, or give up; let the receiver rest, or switch the webhook off."""
    now = timezone.now()
    Webhook.objects.filter(pk=webhook.pk, failing_since=None).update(failing_since=now)
    if answer is not None and answer.status == HTTPStatus.GONE:
        _write(delivery, state=WebhookDelivery.State.FAILED, ended_at=now)
        switch_off_failing(webhook, Reason("webhook_gone"))
        return
    asked = _rest_asked_for(answer)
    if answer is None or answer.status in BUSY:
        Webhook.objects.filter(pk=webhook.pk).update(rests_until=now + max(asked, REST))
    if delivery.attempts <= len(PAUSES):
        pause = PAUSES[delivery.attempts - 1] * SystemRandom().uniform(1, 1 + JITTER)
        _write(delivery, due_at=now + max(pause, asked))
        return
    _write(delivery, state=WebhookDelivery.State.FAILED, ended_at=now)
    if webhook.failing_since and webhook.failing_since <= now - FAILING_FOR:
        switch_off_failing(webhook, Reason("webhook_gave_up", why=why))


def _write(delivery: WebhookDelivery, **columns) -> None:
    """Write a delivery, unless it was made meanwhile: by a sender that took over from this one."""
    columns |= {"log": delivery.log, "attempts": delivery.attempts}
    WebhookDelivery.objects.waiting().filter(pk=delivery.pk).update(**columns)


def _rest_asked_for(answer: Answer | None) -> timedelta:
    """How long the receiver asks to be left alone, up to LONGEST_REST."""
    asked = timedelta()
    if answer is not None:
        with suppress(ValueError, OverflowError):
            asked = timedelta(seconds=max(0, int(answer.headers.get("retry-after", ""))))
    return min(asked, LONGEST_REST)


def switch_off_failing(webhook: Webhook, why: Reason) -> None:
    """Switch a webhook off that fails again and again, and say so in the logs. What waits is kept."""
    on = Webhook.objects.on().filter(pk=webhook.pk)
    if on.update(on_since=None, off_reason=why):
        note("settings.webhook_failed", by=Actor.WORKER, subject=webhook, why=why)
        logger.error("Webhook %d is switched off: %s", webhook.pk, why.in_english())
