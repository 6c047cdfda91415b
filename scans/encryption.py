"""Secrets at rest: sealed with a key from the environment, so that neither database nor backup gives them away."""

from base64 import urlsafe_b64encode

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from scans.reasons import Reasoned


class KeyLost(Reasoned):
    """No key that we have opens this secret; str() says what to do."""


def seal(text: str) -> str:
    """The text, encrypted with the newest key."""
    return _fernets().encrypt(text.encode()).decode()


def unseal(token: str) -> str:
    """The text that was sealed, with whichever key that was; raises KeyLost."""
    try:
        return _fernets().decrypt(token.encode()).decode()
    except InvalidToken as error:
        raise _lost() from error


def reseal(token: str) -> str:
    """The same secret under the newest key; raises KeyLost."""
    try:
        return _fernets().rotate(token.encode()).decode()
    except InvalidToken as error:
        raise _lost() from error


def _lost() -> KeyLost:
    return KeyLost("key_lost")


def _fernets() -> MultiFernet:
    """One for each key, newest first. A key may be any long text: what encrypts is derived from it (RFC 5869)."""
    return MultiFernet([Fernet(_derived(key)) for key in settings.SCANS_SECRET_KEYS])


def _derived(key: str) -> bytes:
    # The info keeps this file's first name: another one would derive other keys, and nothing sealed would open.
    return urlsafe_b64encode(HKDF(SHA256(), 32, salt=None, info=b"scans.secrets").derive(key.strip().encode()))
