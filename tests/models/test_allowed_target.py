"""Hosts that an administrator allows."""

import pytest

from scans.models import AllowedTarget
from tests.targets.test_policy import allows


@pytest.mark.django_db
def test_the_policy_in_force_is_the_settings_list_and_the_administrators(settings):
    settings.SCANS_ALLOWED_TARGETS, settings.PORT = ["owls.example"], 8123
    AllowedTarget.objects.create(pattern="127.0.0.0/8")
    policy = AllowedTarget.policy()
    assert allows(policy, "http://owls.example/") and allows(policy, "http://127.0.0.1/")
    assert not allows(policy, "http://127.0.0.1:8123/") and not allows(policy, "http://crows.example/")
