"""Signatures as the standard has them."""

import base64
from datetime import timedelta

import pytest
from django.utils import timezone

from scans.encryption import seal
from scans.models import Webhook
from scans.webhooks.signing import headers_of, new_secret, signature


def test_the_signature_is_the_one_that_the_standards_own_library_makes():
    # Made with `standardwebhooks` 1.3.0 from PyPI: Webhook(secret).sign(id, time, body)
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    signed = b'msg_p5jXN8AQM9LWM0D4loKWxJek.1614265330.{"test": 2432232314}'
    assert signature(secret, signed) == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_secret_is_long_random_and_of_the_standards_form():
    one, other = new_secret(), new_secret()
    assert one != other and one.startswith("whsec_")
    assert len(base64.b64decode(one.removeprefix("whsec_"))) == 32


@pytest.mark.parametrize(("hours", "signatures"), [(1, 2), (-1, 1)])
def test_the_old_secret_signs_too_until_its_time_is_over(hours, signatures):
    old, new = new_secret(), new_secret()
    until = timezone.now() + timedelta(hours=hours)
    hook = Webhook(sealed=seal(new), old_sealed=seal(old), old_until=until)
    headers = headers_of(hook, "msg_1", 1, b"{}")
    expected = [signature(secret, b"msg_1.1.{}") for secret in (new, old)][:signatures]
    assert headers == {"webhook-id": "msg_1", "webhook-timestamp": "1", "webhook-signature": " ".join(expected)}
