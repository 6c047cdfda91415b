"""Tasks whose worker was lost and tasks that failed are queued again."""

from datetime import timedelta

import pytest
from django.db import OperationalError
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from scans.models import SystemPart
from scans.statuses import AnalysisStatus as A
from scans.workers import scheduler, task_watch
from tests import factories as make
from tests.eventually import at_once

pytestmark = pytest.mark.django_db
AN_HOUR = timedelta(hours=1)


def tick():
    scheduler.tick("a-scheduler")


def running_task(worker):
    """The oldest task as if this worker had claimed it an hour ago."""
    result = DBTaskResult.objects.ready().first()
    result.claim(worker)
    DBTaskResult.objects.filter(pk=result.pk).update(started_at=timezone.now() - AN_HOUR)
    return result


def test_the_task_of_a_dead_worker_is_queued_again_twice_and_then_the_set_up_has_failed():
    analysis = make.submitted()
    for _ in range(task_watch.MAX_TASK_LOSSES):
        running_task("dead")
        tick()
        assert DBTaskResult.objects.ready().count() == 1
    running_task("dead")
    tick()
    assert DBTaskResult.objects.ready().count() == 0
    assert DBTaskResult.objects.failed().count() == task_watch.MAX_TASK_LOSSES + 1
    assert make.fresh(analysis).status == A.NOT_SUBMITTED
    assert "lost 3 times" in str(analysis.url_scans.get().reason)


@pytest.mark.django_db(transaction=True)
def test_two_schedulers_queue_a_lost_task_again_once():
    make.submitted()
    running_task("dead")
    assert at_once(*[task_watch.requeue_lost_tasks] * 2) == [None, None]
    assert DBTaskResult.objects.ready().count() == 1 and DBTaskResult.objects.failed().count() == 1


def test_a_task_that_broke_is_queued_again_after_a_while_and_ever_later(clock):
    make.submitted()
    for times in (1, 2, 3):
        result = DBTaskResult.objects.ready().get()
        result.claim("a-worker")
        result.set_failed(OperationalError("database is locked"))
        for seconds, queued in [(10 * times - 2, 0), (4, 1), (1, 1)]:
            clock.shift(timedelta(seconds=seconds))
            tick()
            assert DBTaskResult.objects.ready().count() == queued


def test_tasks_that_broke_and_were_queued_again_cost_one_query_however_many(clock, django_assert_num_queries):
    for _ in range(3):
        make.submitted()
    for result in list(DBTaskResult.objects.all()):
        result.claim("a-worker")
        result.set_failed(OperationalError("database is locked"))
    clock.shift(timedelta(seconds=30))
    tick()
    assert DBTaskResult.objects.ready().count() == 3
    with django_assert_num_queries(1):
        task_watch.repeat_failed_tasks()
    assert DBTaskResult.objects.count() == 6


def test_the_task_of_a_live_worker_is_left_alone():
    make.submitted()
    SystemPart.report(SystemPart.Kind.CHECKS_WORKER, "alive")
    running_task("alive")
    tick()
    assert DBTaskResult.objects.running().count() == 1
