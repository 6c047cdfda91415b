"""The ids that each line of the log carries while a task is carried out."""

import inspect

from django.core.exceptions import SuspiciousOperation
from django.db import DatabaseError
from django_tasks_db.models import DBTaskResult

from scans.models import UrlScan


def ids_of_task(result: DBTaskResult) -> dict[str, str | int | None]:
    """The task's id, and the analysis and URL scan that its arguments name. One small query at most.

    A task that cannot be read, or a database that does not answer, leaves the id of the task alone: the log is no
    reason for a task to fail.
    """
    ids = {"task": str(result.id)}
    try:
        names = (name for name in inspect.signature(result.task.func).parameters if name != "context")
        given = dict(zip(names, result.args_kwargs["args"], strict=False))
        url_scan, analysis = given.get("url_scan_id"), given.get("analysis_id")
        if url_scan is not None:
            analysis = UrlScan.objects.filter(pk=url_scan).values_list("analysis_id", flat=True).first()
    except (DatabaseError, ImportError, SuspiciousOperation):
        return ids
    return ids | {"analysis": analysis, "url_scan": url_scan}
