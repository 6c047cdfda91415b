"""Hosts that an administrator allows."""

import socket

import pytest
from django.core.exceptions import ValidationError

from scans.models import AllowedTarget
from scans.models.allowed_target import zones_in_use
from scans.targets.policy import TargetRefused
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


@pytest.mark.django_db
def test_the_list_of_a_host_s_workers_has_the_last_word_there_and_not_where_targets_are_submitted(settings):
    settings.SCANS_WORKER_TARGETS = ["10.1.0.0/16"]
    for pattern in ("10.0.0.0/8", "app.example"):
        AllowedTarget.objects.create(pattern=pattern)
    there, anywhere = AllowedTarget.policy(), AllowedTarget.policy(of_any_worker=True)
    there.check("http://10.1.2.3/")
    there.check("http://app.example/", ["10.1.2.3"])
    for url, addresses in (("http://10.2.2.3/", []), ("http://app.example/", ["10.2.2.3"])):
        anywhere.check(url, addresses)
        with pytest.raises(TargetRefused, match="allow-list of their own, the setting SCANS_WORKER_TARGETS") as refusal:
            there.check(url, addresses)
        assert socket.gethostname() in str(refusal.value) and "may not be scanned" in str(refusal.value)
    with pytest.raises(TargetRefused, match="“172.16.0.1” is not allowed") as refusal:
        there.check("http://172.16.0.1/")  # by nobody
    assert "SCANS_WORKER_TARGETS" not in str(refusal.value)


@pytest.mark.django_db
def test_the_zones_in_use_are_those_of_targets_and_the_default_one():
    for number, zone in enumerate(("office", "office", "", "lab")):
        AllowedTarget.objects.create(pattern=f"h{number}.example", zone=zone)
    assert zones_in_use() == {"", "office", "lab"}
