"""Webhooks of made-up receivers, and what a real receiver on the loopback address gets."""

import base64
import hashlib
import hmac
import json

from scans.models import Webhook
from scans.webhooks import changes
from scans.workers.scheduler import tell_webhooks
from tests import factories

ON_PRODUCT = "https://scans.example/"


def webhook(url: str = "http://127.0.0.1:9/hook", *events: str, **fields) -> tuple[Webhook, str]:
    """A webhook that is on, and its secret."""
    fields = {"name": f"Hook {Webhook.objects.count() + 1}", "product": ON_PRODUCT, **fields}
    made = Webhook(url=url, events=[*events] or ["analysis.submitted"], **fields)
    return made, changes.create(made, by=factories.user("Administrator"))


def told() -> None:
    """The scheduler makes the deliveries of everything in the outbox."""
    for piece in tell_webhooks():
        piece()


def events_of(webhook: Webhook) -> list[str]:
    """The events that the webhook is told of so far, in order."""
    told()
    return [*webhook.deliveries.order_by("pk").values_list("event", flat=True)]


def received(site, secret: str) -> list[dict]:
    """What the receiver got, each with a signature that this secret made: computed here anew, from the standard."""
    return [json.loads(request.body) for request in site.requests if verified(request, secret)]


def verified(request, secret: str) -> bool:
    """Whether one of the signatures of this request was made with the secret."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    headers = {name.lower(): value for name, value in request.headers.items()}
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.{request.body}".encode()
    expected = "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    return any(hmac.compare_digest(expected, given) for given in headers["webhook-signature"].split(" "))
