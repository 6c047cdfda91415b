"""Questions that tests ask of the database after a verb."""

from django_tasks_db.models import DBTaskResult

from scans.models import Analysis, UrlScan


def only_scan(analysis: Analysis) -> UrlScan:
    """The one URL scan of an analysis, as the database has it now."""
    return analysis.url_scans.get()


def statuses(analysis: Analysis) -> list[str]:
    """The statuses of its URL scans, in the order of the form."""
    return list(analysis.url_scans.order_by("position").values_list("status", flat=True))


def actions(analysis: Analysis) -> list[str]:
    """The actions that its log tells, oldest first."""
    return list(analysis.activity.order_by("pk").values_list("action", flat=True))


def tasks(name: str) -> list[int]:
    """For each waiting task of this name, its first argument, oldest first."""
    ready = DBTaskResult.objects.ready().filter(task_path=f"scans.tasks.{name}")
    return [result.args_kwargs["args"][0] for result in ready.order_by("enqueued_at")]
