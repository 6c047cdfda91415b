"""One of many schedulers leads; what it writes, it writes as the leader, and for a bounded time."""

import logging
import threading
from functools import partial

import pytest
from django.db import OperationalError, connection
from django.db.models import F

from scans.models import Analysis, ScanSettings, SchedulerLead, SystemPart
from scans.models.scheduler_lead import LEAD_FOR
from scans.statuses import AnalysisStatus as A
from scans.workers import leading, scheduler
from tests import factories as make
from tests.eventually import eventually, meanwhile

WRITES = ("INSERT", "UPDATE", "DELETE")


@pytest.fixture
def working(monkeypatch, django_db_serialized_rollback, transactional_db):
    """A function that runs a scheduler of this name in a thread; all end with the test."""
    monkeypatch.setattr(leading, "SECONDS_BETWEEN_RENEWALS", 0.05)
    running = []

    def start(name):
        over = threading.Event()
        thread = meanwhile(lambda: True, lambda: leading.Scheduler(name).run(over))
        running.append((over, thread))
        return over, thread

    yield start
    for over, thread in running:
        over.set()
        thread.join()


@pytest.mark.django_db(transaction=True)
def test_another_scheduler_takes_over_at_once_when_the_leader_ends(working):
    over, thread = working("first")
    eventually(lambda: SchedulerLead.leader() == "first")
    working("second")
    eventually(lambda: SystemPart.objects.count() == 2)
    assert SchedulerLead.leader() == "first"
    over.set()
    thread.join()
    eventually(lambda: SchedulerLead.leader() == "second")
    assert [part.name for part in SystemPart.objects.all()] == ["second"]
    analysis = make.scheduled()
    eventually(lambda: make.fresh(analysis).status == A.QUEUED)
    assert analysis.activity.filter(action="analysis.started").count() == 1


@pytest.mark.django_db(transaction=True)
def test_another_scheduler_takes_over_when_the_lead_has_run_out(working):
    SchedulerLead.take("killed")
    working("second")
    eventually(lambda: SystemPart.objects.filter(name="second").exists())
    assert SchedulerLead.leader() == "killed"
    SchedulerLead.objects.update(until=F("until") - LEAD_FOR)
    eventually(lambda: SchedulerLead.leader() == "second")


@pytest.mark.django_db(transaction=True)
def test_a_leader_that_was_replaced_stands_by(working, caplog):
    caplog.set_level(logging.INFO, "scans.workers.leading")
    working("frozen")
    eventually(lambda: SchedulerLead.leader() == "frozen")
    SchedulerLead.objects.update(holder="second")
    eventually(lambda: "frozen does not lead any more. It stands by." in caplog.text)
    SchedulerLead.give_back("second")
    eventually(lambda: SchedulerLead.leader() == "frozen")


@pytest.mark.django_db
def test_a_former_leader_writes_nothing(monkeypatch):
    """The lead is lost between finding what is due and writing it."""
    analysis, former = make.scheduled(), leading.Scheduler("former")

    def freeze():
        found = list(scheduler.start_due())
        SchedulerLead.objects.update(holder="another")
        return found

    monkeypatch.setattr(leading, "jobs", lambda: {freeze: 0})
    SchedulerLead.take("former")
    with pytest.raises(leading.LeadLost):
        former.tick()
    assert make.fresh(analysis).status == A.SCHEDULED


@pytest.mark.django_db(transaction=True)
def test_every_write_of_a_tick_follows_the_look_at_the_lead_in_its_transaction():
    ScanSettings.objects.update(capacity=1, keep_runs_days=1)
    make.started("http://127.0.0.1:9/a", "http://127.0.0.1:9/b")
    make.scheduled()
    ScanSettings.objects.update(capacity=2)
    outside, led, wrote = [], [], []

    def watch(execute, sql, params, many, context):
        if not connection.in_atomic_block:
            led.clear()
        if sql.startswith("BEGIN") or SchedulerLead._meta.db_table in sql:
            led[:] = [True] if SchedulerLead._meta.db_table in sql else []
        elif sql.startswith(WRITES) and SystemPart._meta.db_table not in sql:
            (wrote if led and connection.in_atomic_block else outside).append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(watch):
        assert leading.tick("leader")
    assert wrote and not outside


@pytest.mark.django_db
def test_only_the_leader_does_what_is_due():
    analysis = make.scheduled()
    SchedulerLead.take("another")
    assert not leading.tick("late") and make.fresh(analysis).status == A.SCHEDULED
    SchedulerLead.give_back("another")
    assert leading.tick("late") and make.fresh(analysis).status == A.QUEUED and SchedulerLead.leader() == ""


@pytest.mark.django_db
def test_a_tick_does_a_part_of_each_job_and_the_next_one_continues():
    ScanSettings.objects.update(capacity=10)
    for _ in range(4):
        make.scheduled()
    running = make.running()
    make.lose(running.url_scans.get())
    SchedulerLead.take("busy")
    busy = leading.Scheduler("busy", seconds_of_a_job=0)
    waiting = Analysis.objects.filter(status=A.SCHEDULED)
    left = []
    for _ in range(5):
        left.append((busy.tick(), waiting.count()))
        assert running.url_scans.get().attempts == 1  # recovered in the first tick, however much there is to start
    assert left[0] == (True, 2) and left[-1] == (False, 0)  # one by start_due, one by start_late


@pytest.mark.django_db
def test_a_scheduler_reports_between_two_pieces_of_a_long_tick(monkeypatch):
    monkeypatch.setattr(leading, "SECONDS_BETWEEN_REPORTS", -1)
    seen = []

    def look():
        seen.append(SystemPart.objects.get(name="busy").seen_at)

    monkeypatch.setattr(leading, "jobs", lambda: {lambda: [look, look, look]: 0})
    assert leading.tick("busy") and len(set(seen)) == 3


@pytest.mark.django_db
def test_an_idle_tick_writes_only_that_it_leads_and_looks_after_what_there_is(django_assert_max_num_queries):
    make.running()
    SchedulerLead.take("idle")
    idle = leading.Scheduler("idle")
    idle.tick()
    written = []

    def watch(execute, sql, params, many, context):
        written.extend([sql] if sql.startswith(WRITES) else [])
        return execute(sql, params, many, context)

    with connection.execute_wrapper(watch), django_assert_max_num_queries(3):
        assert not idle.tick()
    assert not written  # the lead is renewed once a second, and was just now


@pytest.mark.django_db
def test_a_look_that_fails_keeps_no_job_from_running(monkeypatch, caplog):
    def fail(asked):
        raise RuntimeError("broken")

    analysis = make.scheduled()
    monkeypatch.setattr(leading, "look", fail)
    assert leading.tick("seeing") and make.fresh(analysis).status == A.QUEUED
    assert "broken" in caplog.text


@pytest.mark.django_db
def test_an_idle_tick_asks_as_much_with_many_that_wait():
    def queries():
        SchedulerLead.take("idle")
        idle, ran = leading.Scheduler("idle"), []
        idle.tick()
        with connection.execute_wrapper(lambda execute, *rest: ran.append(rest[0]) or execute(*rest)):
            idle.tick()
        return len(ran)

    ScanSettings.objects.update(capacity=1)
    make.started()
    before = queries()
    for _ in range(5):
        make.started("http://127.0.0.1:9/a", "http://127.0.0.1:9/b")
    assert queries() <= before + 3  # who waits, how many slots there are, and how many are taken


class Away:
    """A database that does not answer for a while; what runs meanwhile fails as with a cut connection."""

    def __init__(self, monkeypatch):
        self._patch, self.asked = monkeypatch, 0

    def __enter__(self):
        def fail(*args, **values):
            self.asked += 1
            raise OperationalError("connection refused\n\tIs the server running?")

        self._context = self._patch.context()
        patch = self._context.__enter__()
        for name in ("take", "hold", "leader"):
            patch.setattr(SchedulerLead, name, fail)
        patch.setattr(SystemPart, "report", fail)
        patch.setattr(leading, "jobs", lambda: {fail: 0})
        return self

    def __exit__(self, *error):
        self._context.__exit__(*error)


@pytest.mark.django_db(transaction=True)
def test_a_database_that_is_away_is_one_line_and_one_more_when_it_is_back(working, monkeypatch, caplog):
    caplog.set_level(logging.INFO, "scans.workers.leading")
    monkeypatch.setattr(leading, "LONGEST_PAUSE", 0.1)
    working("patient")
    eventually(lambda: SchedulerLead.leader() == "patient")
    caplog.clear()
    with Away(monkeypatch) as away:
        eventually(lambda: away.asked > 5)
    eventually(lambda: "answers again" in caplog.text)
    lines = [record.getMessage() for record in caplog.records]
    assert len([line for line in lines if "does not answer" in line]) == 1 and "Traceback" not in caplog.text
    assert "(connection refused Is the server running?)" in caplog.text and "DATABASE_URL" in caplog.text
    analysis = make.scheduled()
    eventually(lambda: make.fresh(analysis).status == A.QUEUED)


def test_pauses_grow_while_the_database_is_away(monkeypatch):
    waits = leading.Scheduler("patient")._wait_for_database
    monkeypatch.setattr(leading.connection, "close", lambda: None)
    assert [waits(OperationalError()) for _ in range(6)] == [1, 2, 4, 8, 8, 8]


@pytest.mark.django_db
def test_a_piece_that_fails_again_and_again_ends_its_job_and_no_other(monkeypatch, caplog):
    def fail():
        raise RuntimeError("broken")

    analysis = make.scheduled()
    broken = partial(scheduler._repeated, fail)
    monkeypatch.setattr(leading, "jobs", lambda: {broken: 0, scheduler.start_due: 0})
    assert leading.tick("leader") and make.fresh(analysis).status == A.QUEUED
    assert caplog.text.count("runs again at its next turn") == 1
