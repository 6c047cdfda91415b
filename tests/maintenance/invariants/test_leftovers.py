"""A task that is missing is noticed, and so is a result that should be gone."""

import pytest
from django.utils import timezone

from scans import transitions
from scans.maintenance.invariants import leftovers
from scans.models import (
    Actor,
    CrawledUrl,
    Finding,
    Screenshot,
    StopMode,
)
from tests import factories
from tests.maintenance.invariants.spoiling import Spoilers, change, named, published, running

pytestmark = pytest.mark.django_db
spoils = Spoilers()


@spoils("results_are_where_they_may_be")
def findings_of_a_scan_that_never_ran():
    scan = published()
    waiting = factories.scheduled().url_scans.get()
    Finding.objects.filter(url_scan=scan).update(url_scan=waiting)


@spoils("results_are_where_they_may_be")
def an_address_of_deleted_results():
    scan = running()
    transitions.stop(scan, StopMode.DELETE, by=Actor.COMMAND)
    transitions.conclude_deletion(factories.fresh(scan))
    CrawledUrl.objects.create(url_scan=scan, identity="i", method="GET", url=scan.url)


@spoils("deleted_results_left_no_pictures")
def a_picture_of_deleted_results():
    scan = running()
    transitions.stop(scan, StopMode.DELETE, by=Actor.COMMAND)
    transitions.conclude_deletion(factories.fresh(scan))
    Screenshot.objects.create(url_scan=scan, shows="target", at=timezone.now(), image="screenshots/none.png")


@spoils("deleted_analyses_are_empty")
def findings_of_a_deleted_analysis():
    scan = published()
    transitions.delete(scan.analysis, by=Actor.COMMAND)
    change(scan.analysis, removal_asked_at=None)


@spoils("pictures_have_files")
def a_picture_without_its_file():
    file = "screenshots/no-such-file.png"
    Screenshot.objects.create(url_scan=running(), shows="target", at=timezone.now(), image=file)


@pytest.mark.parametrize("spoiled", spoils.of)
def test_a_spoiled_row_is_noticed(spoiled):
    assert spoils.is_noticed(spoiled)


def test_every_invariant_was_seen_to_fail():
    assert spoils.invariants() == named(leftovers)
