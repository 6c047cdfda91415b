"""The schedulers and workers that reported, with what each is running: for the page, and for the command line."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from zlib import crc32

from django.utils.translation import gettext_lazy as _
from django_tasks_db.models import DBTaskResult

from scans.models import Analysis, AtWork, BulkAction, SystemPart, UrlScan
from scans.models.allowed_target import zones_in_use
from scans.models.lean import large
from scans.models.scheduler_lead import SchedulerLead
from scans.models.system_part import when_lacking
from scans.statuses import PUBLISHED_AS, WAITING_FOR_A_WORKER, UrlScanStatus
from scans.targets.zones import DEFAULT_ZONE, shown_zone

KEPT_IN_VIEW = timedelta(hours=1)  # one that ended without a word is shown for so long
TASKS = {
    "scan_url": (_("Scan"), UrlScan),
    "verify": (_("Verification"), UrlScan),
    "verify_again": (_("Verification, once more"), UrlScan),
    "delete_results": (_("Deletion of results"), UrlScan),
    "set_up": (_("Set-up"), Analysis),
    "remove_data": (_("Removal"), Analysis),
    "carry_out_bulk": (_("Bulk action"), BulkAction),
}


@dataclass(frozen=True)
class Running:
    """One task that runs: its label, the row that it is about, if that is still there, and since when."""

    task: str
    thing: UrlScan | Analysis | BulkAction | None
    since: datetime | None

    @property
    def label(self) -> str:
        """The task in words."""
        return str(TASKS[self.task][0]) if self.task in TASKS else self.task

    @property
    def address(self) -> str:
        """The page of the row; empty if it has none."""
        analysis = self.thing.analysis if isinstance(self.thing, UrlScan) else self.thing
        is_shown = isinstance(analysis, Analysis) and not analysis.deleted_at
        return self.thing.get_absolute_url() if is_shown else ""


@dataclass(frozen=True)
class Worker:
    """One process, as it last reported."""

    part: SystemPart
    running: tuple[Running, ...]
    leads: bool

    @property
    def is_worker(self) -> bool:
        """Whether it can be drained."""
        return self.part.kind != SystemPart.Kind.SCHEDULER

    @property
    def zones(self) -> list[str]:
        """The names of the zones that it serves; none for a scheduler."""
        return [shown_zone(zone) for zone in self.part.served] if self.is_worker else []

    def data(self) -> dict:
        """The same for programs."""
        part = self.part
        return {
            "name": part.name,
            "kind": part.kind,
            "host": part.host,
            "zones": self.zones,
            "version": part.version,
            "engine": part.engine,
            "clock_ahead_seconds": part.clock_ahead,
            "started_at": part.started_at and part.started_at.isoformat(),
            "last_seen": part.seen_at.isoformat(),
            "lost": part.is_lost,
            "leads": self.leads,
            "drained": part.drain,
            "running": [
                {
                    "task": one.task,
                    "id": one.thing and one.thing.pk,
                    "what": str(one.thing or ""),
                    "since": one.since and one.since.isoformat(),
                }
                for one in self.running
            ],
        }


def workers() -> list[Worker]:
    """All processes that reported within the last hour, by host."""
    parts = SystemPart.with_age().filter(silent_for__lt=KEPT_IN_VIEW).order_by("host", "kind", "name")
    leader, running = SchedulerLead.leader(), _running()
    return [Worker(part, tuple(running.get(part.name, ())), part.name == leader) for part in parts]


def _running() -> dict[str, list[Running]]:
    """Return the running tasks of each worker, by its name."""
    tasks = list(DBTaskResult.objects.running().only("task_path", "args_kwargs", "worker_ids", "started_at"))
    wanted = defaultdict(set)
    for task in tasks:
        _label, model = TASKS.get(_name(task), ("", None))
        wanted[model].add(task.args_kwargs["args"][0])
    things = {
        UrlScan: _by_id(UrlScan.objects.select_related("analysis").defer(*large(Analysis, "analysis")), wanted),
        Analysis: _by_id(Analysis.objects.all(), wanted),
        BulkAction: _by_id(BulkAction.objects.all(), wanted),
    }
    running = defaultdict(list)
    for task in tasks:
        _label, model = TASKS.get(_name(task), ("", None))
        thing = things.get(model, {}).get(task.args_kwargs["args"][0])
        running[task.worker_ids[-1]].append(Running(_name(task), thing, task.started_at))
    return running


def _name(task: DBTaskResult) -> str:
    return task.task_path.rpartition(".")[2]


def _by_id(rows, wanted: dict) -> dict:
    ids = wanted.get(rows.model)
    return rows.in_bulk(ids) if ids else {}


def version_of(found: Iterable[Worker]) -> str:
    """A number that differs when the page about these processes does."""
    shown = [(one.data(), one.part.silent_for.seconds // 5) for one in found]
    return str(crc32(repr(shown).encode()))


def notices(found: Iterable[Worker]) -> list[str]:
    """Return what an administrator should know of all together: versions that differ, zones without a worker."""
    alive = [one.part for one in found if not one.part.is_lost]
    said = []
    versions = sorted({part.version or "?" for part in alive})
    if len(versions) > 1:
        text = _("Several versions run side by side: {versions}. That is safe while one replaces the other.")
        said.append(str(text).format(versions=", ".join(versions)))
    return said + zones_without_worker(AtWork(part for part in alive if not part.drain))


_WAITS_FOR = {
    SystemPart.Kind.SCANS_WORKER: WAITING_FOR_A_WORKER,
    SystemPart.Kind.CHECKS_WORKER: frozenset({UrlScanStatus.SUBMITTED, *PUBLISHED_AS}),
}


def waits_for_zones(scans: Iterable[tuple[str, str | None]], at_work: AtWork) -> list[str]:
    """Return why URL scans wait, each given as status and zone: a sentence for each zone without a worker for them."""
    scans = [(status, zone or DEFAULT_ZONE) for status, zone in scans]
    lacking = at_work.lacking(zone for _status, zone in scans)
    return [
        when_lacking(zone, kind)
        for zone, kind in lacking
        if any(status in _WAITS_FOR[kind] and of == zone for status, of in scans)
    ]


def zones_without_worker(at_work: AtWork) -> list[str]:
    """Return a sentence for each zone of targets that no worker serves."""
    return [when_lacking(zone, kind) for zone, kind in at_work.lacking(zones_in_use())]
