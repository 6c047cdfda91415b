"""A log that does not tell the whole story is noticed."""

import pytest
from django.utils import timezone

from scans.maintenance.invariants import log
from scans.statuses import UrlScanStatus
from tests import factories
from tests.maintenance.invariants.spoiling import LONG_AGO, Spoilers, change, change_log, forget_log, named, running

pytestmark = pytest.mark.django_db
spoils = Spoilers()


@spoils("log_is_a_chain")
def a_move_that_the_log_does_not_know():
    scan = running()
    change(scan, status=UrlScanStatus.PAUSED)


@spoils("log_is_a_chain")
def an_entry_that_is_gone():
    scan = running()
    forget_log(url_scan=scan, to_status=UrlScanStatus.QUEUED)


@spoils("log_is_a_chain")
def no_log_at_all():
    analysis = factories.scheduled()
    forget_log(analysis=analysis)


@spoils("log_goes_forward")
def an_entry_from_the_past():
    running()
    change_log(at=timezone.now() - LONG_AGO)


@pytest.mark.parametrize("spoiled", spoils.of)
def test_a_spoiled_row_is_noticed(spoiled):
    assert spoils.is_noticed(spoiled)


def test_every_invariant_was_seen_to_fail():
    assert spoils.invariants() == named(log)
