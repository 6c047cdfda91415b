"""From accepted to scheduled: what set-up makes of an analysis, whatever the engine and the sites do."""

from concurrent.futures import Future
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from scans import transitions
from scans.engines.base import Preflight
from scans.login.base import Login, Method
from scans.models import Actor, AllowedTarget, Analysis, StopMode, TargetCheck, TargetLogin, UrlScan
from scans.prescan import checks, connection
from scans.reasons import Reason
from scans.statuses import AnalysisStatus as A
from scans.statuses import UrlScanStatus as U
from scans.transitions import Access, turns
from scans.workers import setup
from scans.workers.setup import set_up
from tests import factories as make
from tests.sites.controllable import ControllableSite

pytestmark = pytest.mark.django_db
GONE = "http://127.0.0.1:9/"


class StubEngine:
    """Only the engine is made up: it runs here, or does not."""

    name = "Owl"

    def __init__(self, *answers):
        self.answers = list(answers)
        self.asked = 0

    def preflight(self):
        self.asked += 1
        answer = self.answers.pop(0) if self.answers else Preflight(version="1")
        if isinstance(answer, Exception):
            raise answer
        return answer


MISSING = Preflight(problem="engine_not_installed", facts={"path": "owl"})


@pytest.fixture(autouse=True)
def _fresh(monkeypatch, settings):
    monkeypatch.setattr(setup, "_seen_to_start", [])
    monkeypatch.setattr(connection, "_SECONDS_BETWEEN_TRIES", 0.01)
    settings.SCANS_CONNECT_TIMEOUT_SECONDS = 10


@pytest.fixture
def site():
    with ControllableSite() as site:
        yield site


def statuses(analysis):
    return list(analysis.url_scans.order_by("position").values_list("status", flat=True))


def actions(analysis):
    return list(analysis.activity.order_by("pk").values_list("action", flat=True))


# --- The engine ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("prescan", [True, False])
def test_without_an_engine_nothing_is_submitted_and_the_reason_says_what_to_do(site, prescan):
    analysis = make.submitted(site.url, GONE, prescan=prescan)
    set_up(analysis, StubEngine(MISSING))
    assert statuses(analysis) == [U.SUBMIT_FAILED] * 2 and make.fresh(analysis).status == A.NOT_SUBMITTED
    for scan in analysis.url_scans.all():
        assert scan.reason == Reason("engine_not_installed", engine="Owl", path="owl")
    assert not site.requests and actions(analysis).count("url_scan.submit_failed") == 2


def test_submitted_again_with_an_engine_it_goes_on(site):
    analysis = make.submitted(site.url)
    engine = StubEngine(MISSING)
    set_up(analysis, engine)
    transitions.submit_again(analysis, by=Actor.COMMAND)
    assert statuses(analysis) == [U.SUBMITTED] and make.fresh(analysis).status == A.SUBMITTED
    set_up(analysis, engine)
    assert statuses(analysis) == [U.QUEUED] and make.fresh(analysis).status == A.QUEUED
    assert not analysis.url_scans.get().reason


def test_an_engine_that_started_once_is_not_asked_again():
    engine = StubEngine()
    for _ in range(2):
        set_up(make.submitted(prescan=False), engine)
    assert engine.asked == 1


# --- The prescan --------------------------------------------------------------------------------------


def test_those_that_pass_are_queued_and_those_that_fail_end_with_step_and_reason(site):
    with ControllableSite(status=401) as login, ControllableSite(status=404) as empty:
        analysis = make.submitted(site.url, GONE, login.url, empty.url)
        set_up(analysis, StubEngine())
    assert statuses(analysis) == [U.QUEUED, U.CONNECTION_ERROR, U.AUTHENTICATION_ERROR, U.VERIFICATION_FAILED]
    assert make.fresh(analysis).status == A.QUEUED
    refused = analysis.url_scans.get(url=GONE)
    assert "refuses connections to port 9" in str(refused.reason) and refused.ended_at
    assert list(refused.checks.values_list("step", "passed", "reason", "occasion")) == [
        ("target policy", True, "", "prescan"),
        ("name resolution", True, "", "prescan"),
        ("connection", False, "connection_refused", "prescan"),
    ]
    ended = analysis.activity.get(action="analysis.prescan_ended")
    assert (ended.data["checked"], ended.data["passed"]) == (4, 1)


def test_a_started_scan_beside_a_failed_check_carries_the_warning(site):
    analysis = make.submitted(site.url, GONE)
    set_up(analysis, StubEngine())
    make.begin(analysis.url_scans.get(url=site.url))
    assert make.fresh(analysis).status == A.IN_PROGRESS_WITH_WARNING


def test_all_checks_failed_ends_the_analysis():
    analysis = make.submitted(GONE, "http://crows.example/", "http://127.0.0.1:9/other")
    set_up(analysis, StubEngine())
    assert statuses(analysis) == [U.CONNECTION_ERROR, U.VERIFICATION_FAILED, U.CONNECTION_ERROR]
    analysis = make.fresh(analysis)
    assert analysis.status == A.ALL_VERIFICATIONS_FAILED and analysis.ended_at and analysis.prescan_ended_at


def test_while_it_checks_the_analysis_is_prescanning(site, monkeypatch):
    seen = []

    def look(url, policy, **options):
        seen.append(actions(analysis)[-1])
        return connection.check_connection(url, policy, **options)

    analysis = make.submitted(site.url)
    monkeypatch.setattr(setup, "ThreadPoolExecutor", InThisThread)
    monkeypatch.setattr(checks, "check_connection", look)
    set_up(analysis, StubEngine())
    moves = [(entry.from_status, entry.to_status) for entry in analysis.activity.order_by("pk") if entry.to_status]
    assert ("submitted", "prescanning") in moves and seen == ["analysis.prescan_started"]


def test_without_a_prescan_nothing_is_sent(site):
    analysis = make.submitted(site.url, GONE, prescan=False)
    set_up(analysis, StubEngine())
    assert statuses(analysis) == [U.QUEUED] * 2 and not site.requests
    assert "analysis.prescan_started" not in actions(analysis) and not analysis.url_scans.first().checks.exists()


@pytest.mark.parametrize("prescan", [True, False])
def test_what_starts_later_waits_for_its_time(site, prescan):
    start_at = timezone.now() + timedelta(hours=1)
    analysis = make.submitted(site.url, prescan=prescan, start_at=start_at)
    set_up(analysis, StubEngine())
    assert statuses(analysis) == [U.SCHEDULED] and make.fresh(analysis).status == A.SCHEDULED


def test_beyond_capacity_it_is_queued_with_a_warning(site):
    analysis = make.submitted(*[f"{site.url}?{number}" for number in range(3)])
    set_up(analysis, StubEngine())
    assert statuses(analysis) == [U.QUEUED, U.QUEUED, U.QUEUED_WITH_WARNING]


# --- Turns and time ---------------------------------------------------------------------------------------


@pytest.fixture
def slow(monkeypatch):
    """A list of the checked URLs. Each check seems to take 58 seconds."""
    monkeypatch.setattr(setup, "ThreadPoolExecutor", OneByOne)
    now, checked = [0.0], []
    monkeypatch.setattr(turns, "monotonic", lambda: now[0])

    def check(target, *arguments, **values):
        checked.append(target.url)
        now[0] += 58
        return really(target, *arguments, **values)

    really = setup.check
    monkeypatch.setattr(setup, "check", check)
    return checked


class OneByOne:
    """A pool that does its work as it is waited for, one after the other."""

    def __init__(self, _):
        pass

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        pass

    class submit(Future):  # noqa: N801 - called as a pool's method is
        def __init__(self, work, *arguments):
            super().__init__()
            self.work = lambda: work(*arguments)


@pytest.fixture
def _waits_one_by_one(monkeypatch):
    def wait(futures, timeout):
        for future in futures:
            future.set_result(future.work())
        return SimpleNamespace(done=futures)

    monkeypatch.setattr(setup, "wait", wait)


def passing():
    """The report of checks that pass."""
    steps = [connection.Step("connect", "", Reason("port_accepts", address="127.0.0.1", port=80), 1)]
    return checks.CheckReport(connection.ConnectionReport("", steps, ("127.0.0.1",)), steps)


def urls(site, count):
    return [f"{site.url}?{number}" for number in range(count)]


@pytest.mark.usefixtures("_waits_one_by_one")
def test_two_owners_prescans_take_turns_and_each_url_is_checked_once(site, slow):
    """Neither holds the worker while the other waits, and both end as they would have alone."""
    first, second = make.submitted(*urls(site, 3), by=make.user()), make.submitted(*urls(site, 2), by=make.user())
    rotation, turn_of = turns.Rotation("checks"), []
    while queues := rotation.next():
        task = DBTaskResult.objects.ready().filter(queue_name__in=queues).first()
        task.claim("a worker")
        rotation.note(task.queue_name)
        pk, *spent = task.args_kwargs["args"]
        before = len(slow)
        set_up(Analysis.objects.get(pk=pk), StubEngine(), *spent)
        turn_of += [pk] * (len(slow) - before)
        task.set_successful(None)
    assert turn_of == [first.pk, second.pk, first.pk, second.pk, first.pk]
    for analysis, count in ((first, 3), (second, 2)):
        ended = analysis.activity.get(action="analysis.prescan_ended")
        assert (ended.data["checked"], ended.data["passed"], bool(ended.reason)) == (count, count, False)
        assert actions(analysis).count("analysis.prescan_started") == 1 and U.SUBMITTED not in statuses(analysis)


@pytest.fixture
def zoned():
    """An analysis whose first and third URL are of the default zone, the second and fourth of another one."""
    with ControllableSite() as here, ControllableSite() as there:
        there_url = there.url.replace("127.0.0.1", "127.0.0.2")
        AllowedTarget.objects.create(pattern="127.0.0.0/8")
        AllowedTarget.objects.create(pattern="127.0.0.2", zone="office")
        yield make.submitted(f"{here.url}?1", f"{there_url}?2", f"{here.url}?3", f"{there_url}?4")


def carry_out(analysis, engines=None):
    """Run the set-up tasks as workers of each zone do; returns the zone of each."""
    zones = []
    while task := turns.waiting("checks", ["", "office"]).first():
        task.claim("a worker")
        zone = turns.zone_of(task.queue_name)
        zones.append(zone)
        set_up(analysis, (engines or {}).get(zone) or StubEngine(), *task.args_kwargs["args"][1:], zone=zone)
        analysis.refresh_from_db()
        task.set_successful(None)
    return zones


def test_the_urls_of_each_zone_are_checked_in_it(zoned, monkeypatch):
    checked = []
    monkeypatch.setattr(setup, "check", lambda target, *_, **__: checked.append(target.url) or passing())
    assert carry_out(zoned) == ["", "office"]
    assert [url[-1] for url in checked] == ["1", "3", "2", "4"]
    ended = zoned.activity.get(action="analysis.prescan_ended")
    assert (ended.data["checked"], ended.data["passed"]) == (4, 4)
    assert actions(zoned).count("analysis.prescan_started") == 1 and U.SUBMITTED not in statuses(zoned)


def test_without_an_engine_in_one_zone_the_urls_of_other_zones_are_set_up(zoned, monkeypatch):
    monkeypatch.setattr(setup, "check", lambda *_, **__: passing())
    assert carry_out(zoned, {"office": StubEngine(MISSING)}) == ["", "office"]
    assert statuses(zoned)[1] == statuses(zoned)[3] == U.SUBMIT_FAILED
    assert U.SUBMITTED not in statuses(zoned) and statuses(zoned)[0] == U.QUEUED


def test_a_set_up_whose_first_zone_has_no_engine_goes_on_in_the_next(zoned, monkeypatch):
    monkeypatch.setattr(setup, "check", lambda *_, **__: passing())
    assert carry_out(zoned, {"": StubEngine(MISSING)}) == ["", "office"]
    assert statuses(zoned)[0] == statuses(zoned)[2] == U.SUBMIT_FAILED and statuses(zoned)[1] == U.QUEUED


def test_a_set_up_in_a_zone_that_its_urls_have_left_goes_to_theirs(zoned, monkeypatch):
    monkeypatch.setattr(setup, "check", lambda *_, **__: passing())
    zoned.url_scans.update(zone="office")
    assert carry_out(zoned) == ["", "office"] and U.SUBMITTED not in statuses(zoned)


@pytest.mark.usefixtures("_waits_one_by_one")
@pytest.mark.parametrize("turns_before", [0, 1])
def test_a_prescan_as_a_whole_is_bounded_and_says_so(site, slow, settings, turns_before):
    settings.SCANS_PRESCAN_SECONDS = 100
    analysis = make.submitted(*urls(site, 4))
    set_up(analysis, StubEngine(), 58.0 * turns_before)
    assert len(slow) == 2 - turns_before
    ended = analysis.activity.get(action="analysis.prescan_ended")
    assert str(ended.reason) == (
        f"The prescan worked for 100 seconds, which is the limit. URLs that were not checked: {2 + turns_before}. Each "
        "is checked when its scan starts."
    )
    assert U.SUBMITTED not in statuses(analysis) and make.fresh(analysis).status == A.QUEUED


@pytest.mark.usefixtures("_waits_one_by_one")
def test_an_account_that_refused_the_login_is_not_tried_again_in_the_next_turn(site, slow, monkeypatch):
    login = TargetLogin.of(Login(method=Method.FORM, username="ada", password="not hers"))
    targets = urls(site, 6)
    analysis = make.submitted(*targets, access=dict.fromkeys(targets, Access(login=login)), by=make.user())
    transitions.begin_prescan(analysis)
    for scan in analysis.url_scans.all()[:3]:
        values = {"occasion": "prescan", "step": "login", "passed": False, "reason": "wrong_credentials"}
        TargetCheck.objects.create(url_scan=scan, at=timezone.now(), **values)
        transitions.fail_checks(scan, U.AUTHENTICATION_ERROR, step="login", reason="seen in an earlier turn")
    tried = []
    monkeypatch.setattr(checks, "log_in", lambda *arguments: tried.append(arguments))
    monkeypatch.setattr(checks._LoginAndScripts, "_picture", lambda *arguments: None)
    set_up(make.fresh(analysis), StubEngine())
    assert tried == [] and statuses(analysis) == [U.AUTHENTICATION_ERROR] * 6


def test_a_prescan_ends_soon_after_its_analysis_was_stopped(site, monkeypatch):
    monkeypatch.setattr(setup, "ThreadPoolExecutor", OneByOne)
    checked = []

    def wait(futures, timeout):
        if not checked:  # the first check takes longer than a look
            transitions.stop_analysis(analysis, StopMode.SAVE, by=Actor.COMMAND)
        late = [future for future in futures if checked]
        for future in late:
            future.set_result(future.work())
        checked.append(len(late))
        return SimpleNamespace(done=late)

    monkeypatch.setattr(setup, "wait", wait)
    monkeypatch.setattr(setup, "check", lambda *arguments, **values: pytest.fail("a stopped URL was checked"))
    analysis = make.submitted(*urls(site, 5))
    set_up(analysis, StubEngine())
    assert statuses(analysis) == [U.STOPPED] * 5


# --- Twice, stopped, broken -----------------------------------------------------------------------------


class InThisThread:
    """A pool of one, so that what a test does in the middle of the checks sees the same database."""

    def __init__(self, _):
        pass

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        pass

    def submit(self, work, *arguments):
        """What was done, and how it ended."""
        done = Future()
        done.set_result(work(*arguments))
        return done


@pytest.mark.parametrize("values", [{}, {"prescan": False}, {"start_at": timezone.now() + timedelta(hours=1)}])
def test_run_twice_does_no_harm(site, values):
    analysis = make.submitted(site.url, GONE, **values)
    set_up(analysis, StubEngine())
    before = statuses(analysis), make.fresh(analysis).status, actions(analysis), len(site.requests)
    set_up(analysis, StubEngine())
    assert before == (statuses(analysis), make.fresh(analysis).status, actions(analysis), len(site.requests))


@pytest.mark.parametrize("state", [make.submitted, make.running, make.ended, make.published])
def test_run_late_it_changes_nothing_that_went_on_without_it(state):
    analysis = state()
    if state is make.submitted:
        transitions.stop_analysis(analysis, StopMode.SAVE, by=Actor.COMMAND)
    before = statuses(analysis), make.fresh(analysis).status, actions(analysis)
    for engine in (StubEngine(), StubEngine(MISSING)):
        set_up(analysis, engine)
    assert before == (statuses(analysis), make.fresh(analysis).status, actions(analysis))


def test_after_a_crash_in_the_middle_it_goes_on_where_it_was(site):
    analysis = make.submitted(site.url, GONE)
    transitions.begin_prescan(analysis)
    failed = analysis.url_scans.get(url=GONE)
    transitions.fail_checks(failed, U.CONNECTION_ERROR, step="connection", reason="seen before the crash")
    set_up(analysis, StubEngine())
    assert statuses(analysis) == [U.QUEUED, U.CONNECTION_ERROR] and make.fresh(analysis).prescan_ended_at
    assert str(make.fresh(failed).reason) == "seen before the crash"


@pytest.mark.parametrize("mode", StopMode)
def test_a_stop_in_the_middle_of_the_prescan_wins(site, monkeypatch, mode):
    monkeypatch.setattr(setup, "ThreadPoolExecutor", InThisThread)

    def look(url, policy, **options):
        if url == GONE:
            transitions.stop_analysis(analysis, mode, by=Actor.COMMAND, reason="the wrong site")
        return connection.check_connection(url, policy, **options)

    monkeypatch.setattr(checks, "check_connection", look)
    analysis = make.submitted(site.url, GONE)
    set_up(analysis, StubEngine())
    assert statuses(analysis) == [U.STOPPED] * 2 and make.fresh(analysis).status == A.STOPPED
    assert {str(scan.reason) for scan in analysis.url_scans.all()} == {"the wrong site"}


def test_one_url_stopped_in_the_middle_leaves_the_others_alone(site, monkeypatch):
    monkeypatch.setattr(setup, "ThreadPoolExecutor", InThisThread)

    def look(url, policy, **options):
        if url == GONE:
            transitions.stop(analysis.url_scans.get(url=GONE), StopMode.SAVE, by=Actor.COMMAND)
        return connection.check_connection(url, policy, **options)

    monkeypatch.setattr(checks, "check_connection", look)
    analysis = make.submitted(GONE, site.url)
    set_up(analysis, StubEngine())
    assert statuses(analysis) == [U.STOPPED, U.QUEUED]


def test_what_breaks_on_our_side_is_a_failed_submission_with_the_reason(site):
    analysis = make.submitted(site.url)
    set_up(analysis, StubEngine(OSError("no space left on device")))
    scan = analysis.url_scans.get()
    assert (
        scan.status == U.SUBMIT_FAILED and str(scan.reason) == "An error on our side: OSError: no space left on device"
    )
    assert make.fresh(analysis).status == A.NOT_SUBMITTED


def test_a_prescan_that_breaks_keeps_what_it_knew_and_can_be_submitted_again(site, monkeypatch):
    monkeypatch.setattr(setup, "ThreadPoolExecutor", InThisThread)

    def broken(url, policy, **options):
        if url == site.url:
            raise RuntimeError("broken")
        return connection.check_connection(url, policy, **options)

    analysis = make.submitted(GONE, site.url)
    with monkeypatch.context() as patch:
        patch.setattr(checks, "check_connection", broken)
        set_up(analysis, StubEngine())
    assert statuses(analysis) == [U.CONNECTION_ERROR, U.SUBMIT_FAILED] and make.fresh(analysis).prescan_ended_at
    assert str(analysis.url_scans.get(url=site.url).reason) == "An error on our side: RuntimeError: broken"


def test_nothing_a_site_sends_breaks_the_set_up_of_the_others(site):
    strange = [
        {"status": 302, "headers": {"Location": "javascript:alert(1)"}},
        {"status": 302, "headers": {"Location": "http://[::1"}},
        {"content_type": "text/html; charset=hex"},
        {"close": True},
    ]
    sites = [ControllableSite(**switches) for switches in strange]
    analysis = make.submitted(site.url, *[one.url for one in sites])
    set_up(analysis, StubEngine())
    for one in sites:
        one.stop()
    assert U.SUBMIT_FAILED not in statuses(analysis) and U.SUBMITTED not in statuses(analysis)


def test_a_check_that_breaks_on_our_side_fails_its_url_alone(site, monkeypatch):
    really = setup.check

    def check(target, *arguments, **values):
        if target.url == GONE:
            raise KeyError("a fault of ours")
        return really(target, *arguments, **values)

    monkeypatch.setattr(setup, "check", check)
    analysis = make.submitted(site.url, GONE)
    set_up(analysis, StubEngine())
    assert statuses(analysis) == [U.QUEUED, U.SUBMIT_FAILED]
    assert "a fault of ours" in str(analysis.url_scans.get(url=GONE).reason)


def test_a_set_up_that_wakes_up_late_changes_nothing_of_what_happened_meanwhile(site, monkeypatch):
    """Its worker slept during a check; another one set the analysis up, and its scan is queued now."""
    analysis = make.submitted(site.url)
    really_check, slept = setup.check, []

    def check(target, policy, **options):
        if not slept:
            slept.append(target)
            setup.set_up(make.fresh(analysis), StubEngine())
            raise RuntimeError("woken up")
        return really_check(target, policy, **options)

    monkeypatch.setattr(setup, "ThreadPoolExecutor", InThisThread)
    monkeypatch.setattr(setup, "check", check)
    setup.set_up(make.fresh(analysis), StubEngine())
    scan = analysis.url_scans.get()
    assert scan.status == U.QUEUED and not scan.reason
    steps = list(scan.checks.values_list("step", flat=True))
    assert len(steps) == len(set(steps))


@pytest.mark.parametrize("verb", ["fail_set_up", "fail_checks"])
def test_one_who_lost_the_scan_fails_no_check_of_it(verb):
    scan = make.started().url_scans.get()
    held = transitions.take(scan.pk, "me", among=[U.QUEUED])
    UrlScan.objects.update(lease_holder="another")
    arguments = {"fail_set_up": ([], {}), "fail_checks": ([U.CONNECTION_ERROR], {"step": "connect"})}
    positional, named = arguments[verb]
    with pytest.raises(transitions.LeaseLost):
        getattr(transitions, verb)(held, *positional, reason=Reason("worker_silent"), **named)
    assert make.fresh(scan).status == U.QUEUED
