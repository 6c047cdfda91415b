"""Rows that nobody needs any more, such as those of processes that died: the scheduler removes them."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial

from django.contrib.sessions.models import Session
from django.db.models import Model, QuerySet
from django_tasks_db.models import DBTaskResult

from scans.accounts import guessing
from scans.database import clock
from scans.models import FailedLogins, SystemPart, WebhookDelivery
from scans.models.webhook import DELIVERIES_KEPT

AT_A_TIME = 500  # rows
KEPT_AFTER_LAST_REPORT = timedelta(days=1)
TASKS_KEPT = timedelta(days=7)  # after their end: the activity log records what happened


def old_rows() -> list[QuerySet[Model]]:
    """Return what is to be removed: each time all rows of one kind."""
    now = clock.now()
    return [
        SystemPart.objects.filter(seen_at__lt=now - KEPT_AFTER_LAST_REPORT),
        DBTaskResult.objects.successful().filter(finished_at__lt=now - TASKS_KEPT),
        DBTaskResult.objects.failed().filter(finished_at__lt=now - TASKS_KEPT),
        Session.objects.filter(expire_date__lt=now),
        FailedLogins.objects.filter(last_at__lt=now - guessing.KEPT_FOR),
        WebhookDelivery.objects.filter(made_at__lt=now - DELIVERIES_KEPT),
    ]


def pieces() -> Iterator[Callable[[], object]]:
    """Yield the calls that remove these rows, a few at a time, until there are none."""
    for rows in old_rows():
        some = rows.order_by().values_list("pk", flat=True)[:AT_A_TIME]
        removed = None
        while (pks := list(some.all())) and pks != removed:  # the same again: they could not be removed
            removed = pks
            yield partial(rows.model.objects.filter(pk__in=pks).delete)
