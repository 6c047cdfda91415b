"""Secrets and signatures as Standard Webhooks has them (standardwebhooks.com)."""

import hmac
from base64 import b64decode, b64encode
from hashlib import sha256
from secrets import token_bytes

from scans.encryption import unseal
from scans.models import Webhook

PREFIX = "whsec_"


def new_secret() -> str:
    """A new secret: 32 random bytes, as receivers take them."""
    return PREFIX + b64encode(token_bytes(32)).decode()


def headers_of(webhook: Webhook, message: str, timestamp: int, body: bytes) -> dict[str, str]:
    """The headers of one attempt, signed with the secret, and with the old one while that counts. Raises KeyLost."""
    sealed = [webhook.sealed, *([webhook.old_sealed] if webhook.old_secret_signs else [])]
    signed = f"{message}.{timestamp}.".encode() + body
    return {
        "webhook-id": message,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(signature(unseal(secret), signed) for secret in sealed),
    }


def signature(secret: str, signed: bytes) -> str:
    """The signature of what is signed."""
    digest = hmac.new(b64decode(secret.removeprefix(PREFIX)), signed, sha256).digest()
    return f"v1,{b64encode(digest).decode()}"
