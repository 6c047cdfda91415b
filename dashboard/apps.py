"""The commands of this folder, and names of libraries in the admin, so that they are translated as all others are."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop, pgettext_lazy
from django_tasks_db.apps import TasksAppConfig


class DashboardConfig(AppConfig):
    """The commands in dashboard/management, which come before Django's own of the same name."""

    name = "dashboard"
    default = True


class BackgroundTasksConfig(TasksAppConfig):
    """The queue of background tasks, with a name that people know."""

    verbose_name = _("Background tasks")


# django_tasks_db and django.tasks mark these texts for translation, but have no German.
LACKING_GERMAN = (
    gettext_noop("Task Result"),
    gettext_noop("Task Results"),
    gettext_noop("enqueued at"),
    gettext_noop("finished at"),
    gettext_noop("args kwargs"),
    gettext_noop("priority"),
    gettext_noop("task path"),
    gettext_noop("worker id"),
    gettext_noop("queue name"),
    gettext_noop("backend name"),
    gettext_noop("run after"),
    gettext_noop("return value"),
    gettext_noop("exception class path"),
    gettext_noop("traceback"),
    pgettext_lazy("Task", "Ready"),
    pgettext_lazy("Task", "Running"),
    pgettext_lazy("Task", "Failed"),
    pgettext_lazy("Task", "Successful"),
)
