"""Verifying findings again: who may ask for it and when, and what the log tells."""

from datetime import timedelta

import pytest
from django.utils import timezone

from scans import transitions
from scans.models import Actor, Analysis, BlackoutWindow, Finding, UrlScan
from scans.statuses import EndedBy
from scans.statuses import UrlScanStatus as U
from scans.transitions import LeaseLost, NotPermitted, TransitionRefused
from tests import factories as make
from tests.eventually import at_once
from tests.rows import actions, only_scan, tasks

pytestmark = pytest.mark.django_db
COUNTS = {"confirmed": 1, "not_reproduced": 0, "not_replayable": 0, "not_looked_at": 0}


def asked(scan, **options):
    """The ids of the findings that are to be verified again, after asking."""
    transitions.verify_again(scan, by=options.pop("by", Actor.COMMAND), **options)
    return list(waiting(scan))


def waiting(scan):
    return scan.findings.waiting_for_verification().order_by("pk").values_list("pk", flat=True)


def done(scan):
    """The worker has verified all that was asked for."""
    scan.findings.update(verify_asked_at=None)
    return transitions.conclude_verify_again(scan, COUNTS)


def test_all_findings_of_a_scan_or_some_are_verified_again():
    scan = only_scan(make.published(number_of_findings=3))
    first, *others = scan.findings.order_by("pk").values_list("pk", flat=True)
    assert asked(scan, findings=[first]) == [first]
    assert asked(scan) == [first, *others]
    assert tasks("verify_again") == [scan.pk]  # the task that waits does both
    counts = [entry.data["count"] for entry in scan.activity.filter(action="url_scan.verify_asked").order_by("pk")]
    assert counts == [1, 2]


@pytest.mark.parametrize("role", ["Submitter", "Reviewer", "Administrator"])
def test_who_may_control_a_scan_may_ask(role):
    scan = only_scan(make.published())
    user = make.user(role)
    assert asked(scan, by=user)
    assert scan.activity.get(action="url_scan.verify_asked").user == user


def test_a_viewer_is_refused_and_the_log_says_so():
    scan = only_scan(make.published())
    with pytest.raises(NotPermitted, match="needs the role Submitter"):
        asked(scan, by=make.user("Viewer"))
    assert not waiting(scan) and scan.activity.get(action="url_scan.refused").data["asked"] == "verify again"


def test_a_running_scan_and_a_first_verification_are_refused():
    running = make.running()
    make.find(only_scan(running))
    with pytest.raises(TransitionRefused, match="“Verify again” is not possible: .* “In Progress”"):
        asked(only_scan(running))
    with pytest.raises(TransitionRefused, match="for the first time"):
        asked(only_scan(make.ended()))
    assert not Finding.objects.waiting_for_verification().exists()


def test_results_that_wait_for_a_reviewer_are_verified_again_without_being_published():
    analysis = make.ended(publication="reviewer")
    scan = only_scan(analysis)
    make.verify(scan)
    assert asked(make.fresh(scan))
    held = transitions.begin_verify_again(scan.pk, "me")
    assert done(held)
    assert make.fresh(scan).status == U.COMPLETED_VERIFYING_RESULTS


@pytest.mark.parametrize("ended_by", [EndedBy.ITSELF, EndedBy.USER, EndedBy.SITE, EndedBy.ENGINE])
def test_the_status_stays_as_it_is(ended_by):
    analysis = make.published(ended_by=ended_by)
    scan = only_scan(analysis)
    before = scan.status, make.fresh(analysis).status
    asked(scan)
    assert done(transitions.begin_verify_again(scan.pk, "me"))
    assert (make.fresh(scan).status, make.fresh(analysis).status) == before


def test_a_second_person_is_told_that_it_is_under_way():
    scan = only_scan(make.published())
    asked(scan)
    with pytest.raises(TransitionRefused, match="already being verified again"):
        asked(scan, by=make.user("Submitter"))
    assert tasks("verify_again") == [scan.pk]


# --- A whole analysis ----------------------------------------------------------------------------------------

URLS = ("http://127.0.0.1:9/a", "http://127.0.0.1:9/b")


def test_all_findings_of_an_analysis_are_verified_again_with_an_entry_for_it_and_for_each_url():
    analysis = make.published(*URLS, number_of_findings=2)
    user = make.user("Submitter")
    transitions.verify_again_analysis(analysis, by=user)
    scans = list(analysis.url_scans.order_by("pk"))
    assert [len(waiting(scan)) for scan in scans] == [2, 2] and tasks("verify_again") == [scan.pk for scan in scans]
    entries = analysis.activity.filter(action__endswith="verify_asked").order_by("pk")
    assert [(entry.action, entry.user, entry.data.get("count")) for entry in entries] == [
        ("url_scan.verify_asked", user, 2),
        ("url_scan.verify_asked", user, 2),
        ("analysis.verify_asked", user, None),
    ]


def test_findings_that_are_under_way_already_are_not_asked_for_twice():
    analysis = make.published(*URLS)
    first, other = analysis.url_scans.order_by("position")
    transitions.verify_again(first, by=Actor.COMMAND)
    transitions.verify_again_analysis(analysis, by=Actor.COMMAND)
    entries = analysis.activity.filter(action="url_scan.verify_asked")
    assert [entry.data["count"] for entry in entries] == [1, 1]
    assert tasks("verify_again") == [first.pk, other.pk]
    with pytest.raises(TransitionRefused, match="already being verified again"):
        transitions.verify_again_analysis(analysis, by=Actor.COMMAND)


def test_one_that_runs_has_nothing_found_or_is_verified_for_the_first_time_is_refused():
    for analysis, says in (
        (make.running(), "“Verify again” is not possible"),
        (make.published(number_of_findings=0), "no findings to verify again"),
        (make.ended(), "for the first time"),
    ):
        with pytest.raises(TransitionRefused, match=says):
            transitions.verify_again_analysis(analysis, by=Actor.COMMAND)
    assert not Finding.objects.waiting_for_verification().exists()


def test_who_may_not_verify_an_analysis_again_is_refused_with_an_entry():
    analysis = make.published(*URLS)
    with pytest.raises(NotPermitted, match="needs the role Submitter"):
        transitions.verify_again_analysis(analysis, by=make.user("Viewer"))
    assert analysis.activity.get(action="analysis.refused").data["asked"] == "verify again"


# --- Two at once ---------------------------------------------------------------------------------------------


@pytest.mark.process
@pytest.mark.django_db(transaction=True)
def test_of_two_who_ask_in_the_same_moment_one_is_told_that_it_is_under_way():
    scan = only_scan(make.published())

    def ask():
        try:
            transitions.verify_again(make.fresh(scan), by=Actor.COMMAND)
        except TransitionRefused as refusal:
            return str(refusal)
        return ""

    told = at_once(ask, ask)
    assert sorted(map(bool, told)) == [False, True] and tasks("verify_again") == [scan.pk]


def test_nothing_to_ask_for_is_said():
    scan = only_scan(make.published(number_of_findings=0))
    with pytest.raises(TransitionRefused, match="no findings to verify again"):
        asked(scan)
    other = only_scan(make.published())
    with pytest.raises(TransitionRefused, match="no findings to verify again"):
        asked(scan, findings=list(other.findings.values_list("pk", flat=True)))


def test_a_deleted_scan_and_one_without_stored_requests_are_refused():
    kept_short, gone = make.published(), make.published()
    Analysis.objects.filter(pk=kept_short.pk).update(evidence_expired_at=timezone.now())
    with pytest.raises(TransitionRefused, match="no longer stored"):
        asked(only_scan(kept_short))
    transitions.delete(gone, by=Actor.COMMAND)
    with pytest.raises(TransitionRefused, match="deleted"):
        asked(only_scan(gone))


def test_no_request_is_sent_in_a_blackout_window():
    scan = only_scan(make.published())
    today = timezone.now()
    window = f"{today - timedelta(days=1):%Y-%m-%d}..{today + timedelta(days=1):%Y-%m-%d}"
    BlackoutWindow.objects.create(window=window)
    with pytest.raises(TransitionRefused, match="blackout window"):
        asked(scan)


def test_the_log_tells_who_asked_when_it_started_and_the_outcomes():
    analysis = make.published()
    scan = only_scan(analysis)
    asked(scan)
    held = transitions.begin_verify_again(scan.pk, "me")
    assert done(held)
    assert actions(analysis)[-3:] == ["url_scan.verify_asked", "url_scan.verify_started", "url_scan.verified_again"]
    assert scan.activity.get(action="url_scan.verified_again").data == COUNTS
    fresh = make.fresh(scan)
    assert (fresh.lease_holder, fresh.lease_until) == ("", None) and fresh.verified_at > scan.verified_at


def test_one_worker_verifies_and_a_late_task_has_nothing_to_do():
    scan = only_scan(make.published())
    assert transitions.begin_verify_again(scan.pk, "early") is None and not make.fresh(scan).lease_holder
    asked(scan)
    held = transitions.begin_verify_again(scan.pk, "one")
    assert held and transitions.begin_verify_again(scan.pk, "two") is None
    done(held)
    assert transitions.begin_verify_again(scan.pk, "late") is None and not make.fresh(scan).lease_holder


def test_what_is_asked_for_meanwhile_is_done_too():
    scan = only_scan(make.published(number_of_findings=2))
    first, second = scan.findings.order_by("pk").values_list("pk", flat=True)
    asked(scan, findings=[first])
    held = transitions.begin_verify_again(scan.pk, "me")
    asked(scan, findings=[second])
    Finding.objects.filter(pk=first).update(verify_asked_at=None)
    assert not transitions.conclude_verify_again(held, COUNTS) and make.fresh(scan).lease_holder == "me"
    assert done(held)


def test_a_lost_worker_is_replaced_and_the_status_stays():
    scan = only_scan(make.published())
    asked(scan)
    held = transitions.begin_verify_again(scan.pk, "me")
    make.lose(scan)
    transitions.recover(make.fresh(scan))
    assert make.fresh(scan).status == scan.status and not make.fresh(scan).lease_holder
    with pytest.raises(LeaseLost):
        transitions.conclude_verify_again(held, COUNTS)
    assert transitions.begin_verify_again(scan.pk, "another")


def test_a_scan_that_is_deleted_meanwhile_ends_the_verification():
    analysis = make.published()
    scan = only_scan(analysis)
    asked(scan)
    held = transitions.begin_verify_again(scan.pk, "me")
    transitions.delete(analysis, by=Actor.COMMAND)
    with pytest.raises(LeaseLost):
        transitions.renew(held)
    with pytest.raises(LeaseLost):
        done(held)
    assert transitions.begin_verify_again(scan.pk, "late") is None
    assert not UrlScan.objects.exclude(lease_holder="").exists()
