"""The command that ticks."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import OperationalError, connection
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from scans.models import (
    SystemPart,
)
from scans.statuses import AnalysisStatus as A
from tests import factories as make

pytestmark = pytest.mark.django_db


def test_the_command_ticks_once_and_prunes_what_finished_long_ago():
    make.submitted()
    old = DBTaskResult.objects.get()
    old.claim("worker")
    old.set_successful(None)
    DBTaskResult.objects.update(finished_at=timezone.now() - timedelta(days=8))
    analysis = make.scheduled()
    call_command("run_scheduler", "--once")
    assert make.fresh(analysis).status == A.QUEUED and not DBTaskResult.objects.filter(pk=old.pk).exists()


@pytest.mark.django_db(transaction=True)  # as the command works: what fails spoils no transaction round it
def test_a_database_that_fails_while_the_command_prunes_does_not_end_it(caplog):
    def fail_to_delete(execute, sql, params, many, context):
        if sql.startswith("DELETE") and DBTaskResult._meta.db_table in sql:
            raise OperationalError("the server closed the connection")
        return execute(sql, params, many, context)

    make.submitted()
    DBTaskResult.objects.get().claim("worker")
    DBTaskResult.objects.get().set_successful(None)
    DBTaskResult.objects.update(finished_at=timezone.now() - timedelta(days=8))
    with connection.execute_wrapper(fail_to_delete):
        call_command("run_scheduler", "--once")
    assert "the server closed the connection" in caplog.text and "runs again" in caplog.text
    assert not SystemPart.objects.exists()  # it ended in its own time


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL keeps its statistics by itself")
def test_the_command_has_sqlite_count_what_there_is():
    make.scheduled()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE scans_urlscan")
        cursor.execute("DELETE FROM sqlite_stat1")
        call_command("run_scheduler", "--once")
        cursor.execute("SELECT DISTINCT tbl FROM sqlite_stat1 WHERE tbl = 'scans_analysis'")
        assert cursor.fetchall() == [("scans_analysis",)]
