"""Events in any order: only moves of the table, the roll-up true, one entry for each change."""

from datetime import timedelta
from functools import cache

import pytest
import time_machine
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from scans import transitions
from scans.models import ActivityLogEntry, Actor, Analysis, ScanSettings, StopMode, UrlScan
from scans.statuses import FAILED_VERIFICATION, URL_SCAN_MOVES, AnalysisStatus, EndedBy, UrlScanStatus
from scans.statuses.analysis_moves import analysis_moves
from scans.statuses.rollup import Facts, rollup
from scans.workers import leading
from tests import factories as make

pytestmark = pytest.mark.django_db

ENDINGS = [ended_by for ended_by in EndedBy if ended_by not in (EndedBy.NOTHING, EndedBy.CHECKS)]
PLAYERS = {"by": Actor.COMMAND}


def on_analysis(verb, **fixed):
    return lambda scan, choice: verb(scan.analysis, **fixed)


def taken(verb):
    """Do what a worker does with the scan: take it if it is to be had, then the verb."""

    def step(scan, choice):
        transitions.take(scan.pk, "worker", among=UrlScanStatus)
        verb(make.fresh(scan), choice)

    return step


def find_another(scan, choice):
    """The engine reports one more finding; the same one again would change the version and nothing else."""
    if scan.status == UrlScanStatus.IN_PROGRESS:
        make.find(scan, scan.findings.count() + 1)


STEPS = {
    "fail_submission": on_analysis(transitions.fail_submission, reason="broke"),
    "submit_again": on_analysis(transitions.submit_again, **PLAYERS),
    "begin_prescan": on_analysis(transitions.begin_prescan),
    "fail_checks": lambda scan, choice: transitions.fail_checks(
        scan, sorted(FAILED_VERIFICATION)[choice % 4], step="page", reason="no"
    ),
    "end_prescan": on_analysis(transitions.end_prescan, checked=1, passed=1),
    "schedule": on_analysis(transitions.schedule),
    "start": on_analysis(transitions.start),
    "admit_next": lambda scan, choice: transitions.admit_next(),
    "begin": taken(lambda scan, choice: transitions.begin(scan, engine="Fake", version="1")),
    "find": find_another,
    "end": taken(lambda scan, choice: transitions.end(scan, ENDINGS[choice])),
    "leave": taken(lambda scan, choice: transitions.leave(scan)),
    "pause": lambda scan, choice: transitions.pause(scan, **PLAYERS),
    "pause_analysis": on_analysis(transitions.pause_analysis, **PLAYERS),
    "confirm_pause": lambda scan, choice: transitions.confirm_pause(scan),
    "resume": lambda scan, choice: transitions.resume(scan, **PLAYERS),
    "resume_analysis": on_analysis(transitions.resume_analysis, **PLAYERS),
    "stop": lambda scan, choice: transitions.stop(scan, list(StopMode)[choice % 2], **PLAYERS),
    "stop_analysis": lambda scan, choice: transitions.stop_analysis(
        scan.analysis, list(StopMode)[choice % 2], **PLAYERS
    ),
    "conclude_deletion": lambda scan, choice: transitions.conclude_deletion(scan),
    "conclude_verification": lambda scan, choice: make.verify(scan),
    "publish": on_analysis(transitions.publish, **PLAYERS),
    "verify_again_analysis": on_analysis(transitions.verify_again_analysis, **PLAYERS),
    "expire_waiting": on_analysis(transitions.expire_waiting),
    "fail_set_up": lambda scan, choice: transitions.fail_set_up(scan, reason="broke"),
    "submit_scan_again": lambda scan, choice: transitions.submit_scan_again(scan, **PLAYERS),
    "begin_blackout": on_analysis(transitions.begin_blackout, until=timezone.now() + timedelta(hours=1)),
    "end_blackout": on_analysis(transitions.end_blackout),
    "extend": on_analysis(transitions.extend, extra=timedelta(hours=1), **PLAYERS),
    "continue_expired": on_analysis(transitions.continue_expired, **PLAYERS),
    "run_again": on_analysis(transitions.run_again, **PLAYERS),
    "delete": on_analysis(transitions.delete, **PLAYERS),
}
# The clock jumps, and the scheduler ticks: a moment, past every lease, the duration, the longest pause; and back.
JUMPS = [timedelta(seconds=1), timedelta(seconds=31), timedelta(hours=2), timedelta(days=8), timedelta(hours=-1)]
# The usual way through, so that most walks get far; any step may come in between.
USUAL = ["schedule", "start", "begin", "find", "end", "conclude_verification"]
walks = st.lists(
    st.tuples(
        st.one_of(st.sampled_from(USUAL), st.sampled_from([*sorted(STEPS), "time passes"])),
        st.integers(0, 1),
        st.integers(0, 6),
    ),
    min_size=5,
    max_size=40,
)


allowed_moves = cache(analysis_moves)  # takes a while


def look_at(analysis):
    """The analysis as it is now, its statuses and number of entries, its version and what a row of the list says."""
    analysis, scans = make.fresh(analysis), UrlScan.objects.filter(analysis=analysis)
    statuses = dict(scans.values_list("pk", "status"))
    snapshot = analysis.status, statuses, ActivityLogEntry.objects.filter(analysis=analysis).count()
    moments = [getattr(analysis, f"{moment}_at") for moment in ("start", "started", "ended", "expires", "changed")]
    row = (
        analysis.status,
        moments,
        analysis.blackout_since,
        statuses,
        scans.totals_by_analysis(),
        analysis.count_findings(),
    )
    return analysis, snapshot, analysis.version, row


def check_rollup(analysis, statuses):
    facts = Facts(
        submitted=True,
        prescanning=bool(analysis.prescan_started_at and not analysis.prescan_ended_at),
        started=analysis.started_at is not None,
        stop_mode=analysis.stop_mode,
    )
    assert analysis.status == rollup(statuses, facts)


def check_moves(analysis, before, after):
    """What changed is in the table, and each change has its entry, in an unbroken chain."""
    entries = list(ActivityLogEntry.objects.filter(analysis=analysis).order_by("pk"))[before[2] :]
    for pk, status in before[1].items():
        chain = [entry for entry in entries if entry.url_scan_id == pk and entry.to_status]
        for entry in chain:
            assert entry.from_status == status, "a change without an entry"
            assert entry.to_status in URL_SCAN_MOVES[UrlScanStatus(status)]
            status = entry.to_status
        assert status == after[1][pk]
    status = before[0]
    for entry in entries:
        if entry.url_scan_id is None and entry.to_status:
            assert entry.from_status == status != entry.to_status
            assert not AnalysisStatus(status).info.final
            assert entry.to_status in allowed_moves()[status]
            status = entry.to_status
    assert status == after[0]


def nothing(scan, choice):
    pass


def check_nothing_is_active_without_a_live_lease():
    """After a tick, whatever an engine is said to run for is held by somebody, and not longer than a lease lasts."""
    with_engine = [UrlScanStatus.IN_PROGRESS, UrlScanStatus.PAUSING, UrlScanStatus.STOPPING_SAVING_RESULTS]
    for scan in UrlScan.objects.filter(status__in=with_engine):
        assert scan.lease_holder and scan.lease_until
    assert not UrlScan.objects.abandoned().exists()
    assert UrlScan.objects.holding_slot().count() <= ScanSettings.current().capacity


@pytest.mark.timeout(400)  # sixty walks: on a machine that did much else they took more than the usual two minutes
@given(walks, st.sampled_from(["automatic", "reviewer"]))
@settings(
    max_examples=3 * settings.default.max_examples // 5,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # shrinking walks through a database takes minutes
)
def test_no_sequence_of_verbs_leaves_the_rules(walk, publication):
    with transaction.atomic(), time_machine.travel(timezone.now(), tick=True) as clock:
        analysis = make.submitted("http://127.0.0.1:9/a", "http://127.0.0.1:9/b", publication=publication)
        analysis, after, version_after, row_after = look_at(analysis)
        leased = UrlScan.objects.exclude(lease_until=None)
        for step, which, choice in walk:
            before, version_before, row_before = after, version_after, row_after
            scan = analysis.url_scans.select_related("analysis").order_by("position")[which]
            if step == "time passes":
                jump = JUMPS[choice % len(JUMPS)]
                clock.shift(jump)
                leased.update(
                    lease_until=F("lease_until") - jump
                )  # judged by the database's clock, which nobody shifts
                leading.tick("a-scheduler")
                check_nothing_is_active_without_a_live_lease()
            try:
                with transaction.atomic():
                    STEPS.get(step, nothing)(scan, choice)
                refused = False
            except (transitions.TransitionRefused, transitions.LeaseLost):
                refused = True
            analysis, after, version_after, row_after = look_at(analysis)
            # Polls and kept rows take the one for the other.
            assert (version_before == version_after) == (row_before == row_after)
            if refused:
                assert before == after
            check_moves(analysis, before, after)
            check_rollup(analysis, after[1].values())
        transaction.set_rollback(True)
    assert not Analysis.objects.exists()
