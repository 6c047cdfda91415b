"""Hosts that an administrator allows."""

import pytest
from django.core.exceptions import ValidationError

from scans.models import AllowedTarget
from tests import factories as make
from tests.targets.test_policy import allows


@pytest.mark.django_db
def test_the_policy_in_force_is_the_settings_list_and_the_administrators(settings):
    settings.SCANS_ALLOWED_TARGETS, settings.PORT = ["owls.example"], 8123
    AllowedTarget.objects.create(pattern="127.0.0.0/8")
    policy = AllowedTarget.policy()
    assert allows(policy, "http://owls.example/") and allows(policy, "http://127.0.0.1/")
    assert not allows(policy, "http://127.0.0.1:8123/") and not allows(policy, "http://crows.example/")


@pytest.mark.django_db
def test_a_zone_is_stored_in_one_spelling_and_refused_if_it_is_none():
    for typed, stored in ((" Office ", "office"), ("default", ""), ("", "")):
        target = AllowedTarget(pattern="owls.example", zone=typed)
        target.full_clean()
        assert target.zone == stored
    with pytest.raises(ValidationError, match="up to 16 lower-case letters"):
        AllowedTarget(pattern="owls.example", zone="the office").full_clean()


@pytest.mark.django_db
def test_a_new_url_scan_gets_the_zone_of_its_target():
    AllowedTarget.objects.create(pattern="*.owls.example", zone="forest")
    analysis = make.submitted("http://a.owls.example/", "http://127.0.0.1:9/")
    assert list(analysis.url_scans.order_by("position").values_list("zone", flat=True)) == ["forest", ""]
