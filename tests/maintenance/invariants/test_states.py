"""Status, sums, moments and search texts that do not fit together are noticed."""

from datetime import timedelta

import pytest
from django.db.models import F
from django.utils import timezone

from scans import transitions
from scans.maintenance.invariants import states
from scans.models import (
    Actor,
    AnalysisSearch,
)
from scans.statuses import AnalysisStatus
from tests import factories
from tests.maintenance.invariants.spoiling import LONG_AGO, Spoilers, change, named, published, running

pytestmark = pytest.mark.django_db
spoils = Spoilers()


@spoils("status_follows_from_url_scans")
def a_status_of_its_own():
    change(running().analysis, status=AnalysisStatus.PAUSED)


@spoils("status_follows_from_url_scans")
def no_url_scan():
    analysis = transitions.save(factories.submission(), by=Actor.COMMAND)
    analysis.url_scans.all().delete()


@spoils("sums_are_those_of_the_rows")
def a_wrong_sum():
    change(published().analysis, findings_all=F("findings_all") + 1)


@spoils("sums_are_those_of_the_rows")
def a_wrong_run_time():
    change(published().analysis, run_time=timedelta(days=3))


@spoils("findings_are_counted")
def findings_that_every_number_denies():
    change(published(), findings_high=0)


@spoils("moments_fit_the_status")
def an_end_without_a_moment():
    change(published(), ended_at=None)


@spoils("moments_fit_the_status")
def a_start_before_any_scan():
    change(factories.scheduled(), started_at=timezone.now())


@spoils("moments_fit_the_status")
def a_submission_without_a_moment():
    change(running().analysis, submitted_at=None)


@spoils("moments_fit_the_status")
def an_end_of_what_runs():
    change(running().analysis, ended_at=timezone.now())


@spoils("moments_are_in_order")
def an_end_before_the_start():
    change(published(), ended_at=timezone.now() - LONG_AGO)


@spoils("find_finds_it")
def no_search_text():
    AnalysisSearch.objects.filter(analysis=factories.scheduled()).delete()


@spoils("find_finds_it")
def a_stale_search_text():
    AnalysisSearch.objects.filter(analysis=factories.scheduled()).update(text="another")


@pytest.mark.parametrize("spoiled", spoils.of)
def test_a_spoiled_row_is_noticed(spoiled):
    assert spoils.is_noticed(spoiled)


def test_every_invariant_was_seen_to_fail():
    assert spoils.invariants() == named(states)
