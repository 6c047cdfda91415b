"""Making another analysis from one: run again, some URLs again, changed, as a copy, continued."""

from dataclasses import replace
from uuid import uuid4

import pytest

from scans import transitions
from scans.configuration.submission import Access, once_more
from scans.login.base import Login, Method
from scans.models import Actor, Analysis, Series, StopMode, TargetLogin
from scans.statuses import AnalysisStatus as A
from scans.statuses import EndedBy
from scans.statuses import UrlScanStatus as U
from tests import factories as make
from tests.rows import actions, tasks

pytestmark = pytest.mark.django_db
GOOD, BAD = "http://127.0.0.1:9/good", "http://127.0.0.1:9/bad"


def login(username="ada") -> TargetLogin:
    return TargetLogin.of(Login(method=Method.FORM, username=username, password="s3cr3t-word"))


def half_failed(**fields) -> Analysis:
    """An ended analysis of two URLs, one of which failed its checks."""
    analysis = make.submitted(GOOD, BAD, **fields)
    bad = analysis.url_scans.get(url=BAD)
    transitions.fail_checks(bad, U.AUTHENTICATION_ERROR, step="login", reason="wrong password")
    transitions.schedule(analysis)
    transitions.start(analysis)
    good = make.begin(analysis.url_scans.get(url=GOOD))
    transitions.end(good, EndedBy.ITSELF)
    make.verify(make.fresh(good))
    return make.fresh(analysis)


def urls(analysis: Analysis) -> list[str]:
    return list(analysis.url_scans.order_by("position").values_list("url", flat=True))


def test_run_again_repeats_the_configuration_as_the_next_run():
    analysis = make.published("http://127.0.0.1:9/a", "http://127.0.0.1:9/b", depth=3, publication="automatic")
    again = transitions.run_again(analysis, by=make.user())
    assert (again.run, again.depth, again.duration) == (2, 3, analysis.duration)
    assert [scan.url for scan in again.url_scans.all()] == [scan.url for scan in analysis.url_scans.all()]


def test_a_time_expired_analysis_is_continued_as_the_next_run_by_those_urls_alone():
    analysis = make.running("http://127.0.0.1:9/a", "http://127.0.0.1:9/b")
    first, second = analysis.url_scans.order_by("position")
    transitions.end(first, EndedBy.ITSELF)
    make.find(second)
    transitions.end(second, EndedBy.DURATION)
    again = transitions.continue_expired(analysis, by=Actor.COMMAND)
    scan = again.url_scans.get()
    assert (scan.url, scan.continues, again.run) == (second.url, second, 2)
    assert make.fresh(again).continues == analysis


def test_what_has_no_expired_url_cannot_be_continued():
    analysis = make.published(ended_by=EndedBy.ENGINE)
    with pytest.raises(transitions.TransitionRefused, match="no URL scan whose duration ended"):
        transitions.continue_expired(analysis, by=Actor.COMMAND)


def test_only_the_failed_urls_run_again_with_what_holds_for_them():
    access = {url: Access(login=login(url[-1])) for url in (GOOD, BAD)}
    before = half_failed(access=access, left_out=f"/logout\n{GOOD} /empty\n{BAD} /drop")
    again = transitions.run_failed_again(before, by=make.user())
    assert urls(again) == [BAD] and again.run == 2 and again.series == before.series
    assert again.url_scans.get().login == before.url_scans.get(url=BAD).login
    assert again.left_out == ["/logout", f"{BAD} /drop"]
    entry = before.activity.newest_first().first()
    assert (entry.action, entry.data) == ("analysis.run_again_some", {"run": 2, "count": 1})


def test_nothing_runs_again_where_nothing_failed():
    with pytest.raises(transitions.TransitionRefused, match="failed"):
        transitions.run_failed_again(make.published(), by=make.user())
    assert Analysis.objects.count() == 1


def test_one_url_runs_again_alone_once_the_analysis_has_ended():
    before = half_failed()
    again = transitions.run_scan_again(before.url_scans.get(url=GOOD), by=make.user())
    assert urls(again) == [GOOD] and again.run == 2
    running = make.running()
    with pytest.raises(transitions.TransitionRefused, match="is not possible"):
        transitions.run_scan_again(running.url_scans.get(), by=make.user())


def test_a_changed_configuration_is_the_next_run_and_the_log_says_what_changed():
    before = half_failed(depth=5, access={BAD: Access(login=login())})
    changed = replace(once_more(before), name="Another name", depth=7, access={}, key=uuid4())
    again = transitions.run_changed(before, changed, by=make.user())
    assert (again.series, again.run, again.depth, again.status) == (before.series, 2, 7, A.SUBMITTED)
    assert again.url_scans.get(url=BAD).login == before.url_scans.get(url=BAD).login
    entry = before.activity.newest_first().first()
    assert entry.action == "analysis.run_again_changed"
    assert (entry.data["changed"], entry.data["values"]) == ("depth", {"depth": ["5", "7"]})
    assert transitions.run_changed(before, changed, by=make.user()) == again  # the form was sent twice
    assert actions(before).count("analysis.run_again_changed") == 1


def test_a_changed_configuration_can_be_saved_for_later():
    before = half_failed()
    later = transitions.run_changed(before, once_more(before), by=make.user(), later=True)
    assert (later.status, later.run) == (A.SAVED_FOR_LATER, 2) and later.pk not in tasks("set_up")


@pytest.mark.parametrize(
    "verb",
    [
        lambda analysis, by: transitions.run_failed_again(analysis, by=by),
        lambda analysis, by: transitions.run_scan_again(analysis.url_scans.first(), by=by),
        lambda analysis, by: transitions.run_changed(analysis, once_more(analysis), by=by),
        lambda analysis, by: transitions.duplicate(analysis, make.submission(), by=by),
    ],
)
def test_a_viewer_makes_no_further_run(verb):
    before = half_failed()
    with pytest.raises(transitions.NotPermitted):
        verb(before, make.user("Viewer"))
    assert Analysis.objects.count() == 1 and "analysis.refused" in actions(before)[-1].replace("url_scan", "analysis")


def test_what_has_not_ended_gets_no_changed_run():
    running = make.running()
    with pytest.raises(transitions.TransitionRefused, match="is not possible"):
        transitions.run_changed(running, once_more(running), by=make.user())


def test_a_copy_is_a_series_of_its_own_with_the_same_logins():
    before = half_failed(name="Shop", access={BAD: Access(login=login())})
    submission = replace(once_more(before), name=Series.free_name("Shop"), access={})
    copy = transitions.duplicate(before, submission, by=make.user())
    assert (copy.name, copy.run) == ("Shop (2)", 1)
    assert copy.url_scans.get(url=BAD).login == before.url_scans.get(url=BAD).login
    assert "analysis.duplicated" in actions(copy)


def test_a_copy_of_what_was_deleted_is_refused():
    before = half_failed()
    transitions.delete(before, by=Actor.COMMAND)
    with pytest.raises(transitions.TransitionRefused, match="already deleted"):
        transitions.duplicate(before, make.submission(), by=make.user())


# --- A prescan of a draft


def checked_draft(*failing: str) -> Analysis:
    """A draft whose prescan failed for these URLs."""
    draft = transitions.save(make.submission(GOOD, BAD), by=Actor.COMMAND)
    transitions.prescan_only(draft, by=Actor.COMMAND)
    transitions.begin_prescan(draft)
    for url in failing:
        scan = draft.url_scans.get(url=url)
        transitions.fail_checks(scan, U.AUTHENTICATION_ERROR, step="login", reason="wrong password")
    transitions.end_prescan(draft, checked=2, passed=2 - len(failing))
    return make.fresh(draft)


def test_a_draft_whose_checks_all_failed_can_be_edited_checked_again_and_submitted():
    draft = checked_draft(GOOD, BAD)
    assert draft.status == A.SAVED_FOR_LATER and not draft.ended_at
    assert {str(scan.reason) for scan in draft.url_scans.all()} == {"wrong password"}
    assert "analysis.check_failed" in actions(draft)
    transitions.change(draft, make.submission(GOOD), by=Actor.COMMAND)
    assert urls(draft) == [GOOD]
    transitions.prescan_only(make.fresh(draft), by=Actor.COMMAND)
    assert not draft.url_scans.get().reason
    transitions.submit_again(make.fresh(draft), by=Actor.COMMAND)
    assert make.fresh(draft).status == A.SUBMITTED


def test_a_url_of_a_draft_says_that_it_is_saved_and_cannot_be_stopped():
    draft = checked_draft(BAD)
    for scan in draft.url_scans.all():
        assert (scan.info.code, scan.info.actions) == ("saved_for_later", frozenset())
        with pytest.raises(transitions.TransitionRefused):
            transitions.stop(scan, StopMode.SAVE, by=make.user())


def test_stopping_the_prescan_of_a_draft_leaves_the_draft():
    draft = transitions.save(make.submission(), by=Actor.COMMAND)
    transitions.prescan_only(draft, by=Actor.COMMAND)
    transitions.begin_prescan(draft)
    transitions.stop_analysis(make.fresh(draft), StopMode.SAVE, by=make.user())
    draft = make.fresh(draft)
    assert draft.status == A.SAVED_FOR_LATER and draft.prescan_ended_at and not draft.stop_mode
