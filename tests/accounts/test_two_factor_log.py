"""The security log tells what happens to second factors."""

import pytest

from scans.models import SecurityEvent
from tests import factories
from tests.second_factor import CONFIRM, logged_in, with_app

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_one_moment")]


@pytest.fixture
def ada():
    return factories.user("Submitter", username="ada")


def test_what_happens_to_second_factors_is_in_the_security_log(ada, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        browser, _ = with_app(ada)
        logged_in(ada).post(CONFIRM, {"code": "1"})
        browser.post("/accounts/two-factor/totp/deactivate/")
    seen = [(row.event, row.subject, row.facts.get("factor")) for row in SecurityEvent.objects.order_by("pk")]
    for event, factor in (
        ("account.second_factor_added", "authenticator app"),
        ("account.recovery_codes_made", None),
        ("login.second_factor_failed", None),
        ("account.second_factor_removed", "authenticator app"),
    ):
        assert (event, "ada", factor) in seen
