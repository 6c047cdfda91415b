"""The figures of the whole installation, asked from the database when Prometheus asks.

A few queries that all read small parts of an index, so they take no longer with a million analyses. Every web process
gives the same figures: take their maximum, not their sum.
"""

from collections import Counter
from collections.abc import Iterator

from django.db import DatabaseError, connection
from django.db.models import Count, Max, Q
from django.utils import timezone
from django_tasks_db.models import DBTaskResult
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from dashboard.log_counts import LogCounts
from scans import room
from scans.models import FullDisk, ScanSettings, StatusCount, SystemPart, UrlScan
from scans.models.system_part import ALIVE_FOR
from scans.statuses import AnalysisStatus, UrlScanStatus
from scans.targets.zones import DEFAULT_ZONE, shown_zone
from scans.transitions import turns


class SystemCollector:
    """A collector, as `prometheus_client` asks it at each scrape."""

    def __init__(self):
        self._log = LogCounts()

    def collect(self) -> Iterator[Metric]:
        """Yield all metrics; only `scans_database_up 0` if the database does not answer."""
        try:
            found = [*_capacity(), *_queues(), _full_disks(), *_parts(), *_analyses(), *self._transitions()]
        except DatabaseError:
            connection.close()
            found = []
        yield _room()
        yield GaugeMetricFamily("scans_database_up", "Whether the database answers", bool(found))
        yield from found

    def _transitions(self) -> Iterator[Metric]:
        self._log.read_on()
        moves = CounterMetricFamily(
            "scans_transitions", "Changes to this status since this process started", labels=["of", "status"]
        )
        for of, statuses in (("url_scan", UrlScanStatus), ("analysis", AnalysisStatus)):
            for status in statuses.values:
                moves.add_metric([of, status], self._log.moves[of, status])
        yield moves
        yield CounterMetricFamily(
            "scans_leases_lost", "Leases that ran out since this process started", self._log.leases_lost
        )


def _capacity() -> Iterator[Metric]:
    held = UrlScan.objects.holding_slot().order_by()
    idle = Q(status__in=[UrlScanStatus.QUEUED, UrlScanStatus.RESUMING])
    slots = list(held.values_list("zone").annotate(used=Count("pk"), running=Count("pk", filter=~idle)))
    waiting = UrlScan.objects.waiting_for_capacity().count()
    yield GaugeMetricFamily(
        "scans_capacity", "How many URL scans may hold a slot at a time", ScanSettings.current().capacity
    )
    yield GaugeMetricFamily("scans_slots_used", "URL scans that hold a slot", sum(used for _, used, _ in slots))
    running = Counter({shown_zone(DEFAULT_ZONE): 0})
    for zone, _, count in slots:
        running[shown_zone(zone or DEFAULT_ZONE)] += count
    family = GaugeMetricFamily("scans_running", "URL scans whose engine runs or is being stopped", labels=["zone"])
    for zone, count in running.items():
        family.add_metric([zone], count)
    yield family
    yield GaugeMetricFamily("scans_waiting_for_capacity", "URL scans that wait for a capacity slot", waiting)


def _queues() -> Iterator[Metric]:
    """Each owner has queues of their own; the labels name only their kind and zone."""
    waiting = DBTaskResult.objects.ready().order_by().values_list("queue_name").annotate(Count("pk"))
    lengths = Counter({(kind, shown_zone(DEFAULT_ZONE)): 0 for kind in turns.QUEUES})
    for name, count in waiting:
        lengths[turns.kind_of(name), shown_zone(turns.zone_of(name))] += count
    # These have no task, but need a worker too: by this figure a cluster starts the first one of a zone
    without_task = UrlScan.objects.waiting_for_their_zone().filter(slot_since=None).order_by()
    for zone, count in without_task.values_list("zone").annotate(Count("pk")):
        lengths[turns.SCANS, shown_zone(zone)] += count
    family = GaugeMetricFamily("scans_queue_length", "What waits for a worker", labels=["kind", "zone"])
    for labels, count in lengths.items():
        family.add_metric(labels, count)
    yield family


def _parts() -> Iterator[Metric]:
    now = timezone.now()
    alive = Count("pk", filter=Q(seen_at__gt=now - ALIVE_FOR))
    rows = list(SystemPart.objects.order_by().values_list("kind", "zones").annotate(alive=alive, last=Max("seen_at")))
    counts = Counter({(kind, shown_zone(DEFAULT_ZONE)): 0 for kind in SystemPart.Kind.values})
    for kind, zones, count, _ in rows:
        for zone in zones.split(","):
            counts[kind, zone.strip()] += count
    family = GaugeMetricFamily("scans_processes", "Processes that reported lately", labels=["kind", "zone"])
    for labels, count in counts.items():
        family.add_metric(labels, count)
    yield family
    if ticked := [last for kind, *_, last in rows if kind == SystemPart.Kind.SCHEDULER]:
        lag = max(0.0, (now - max(ticked)).total_seconds())
        yield GaugeMetricFamily("scans_scheduler_lag_seconds", "Time since a scheduler last ticked", lag)


def _full_disks() -> Metric:
    hosts = FullDisk.current().count()
    return GaugeMetricFamily("scans_full_disks", "Hosts on which no scan starts, because a disk is full", hosts)


def _room() -> Metric:
    """Of this process' host, and so there while the database is away."""
    family = GaugeMetricFamily("scans_free_bytes", "Free room on the disks of this host", labels=["of"])
    for name, free in room.free_bytes().items():
        family.add_metric([name], free)
    return family


def _analyses() -> Iterator[Metric]:
    family, totals = GaugeMetricFamily("scans_analyses", "Analyses by status", labels=["status"]), StatusCount.totals()
    for status in AnalysisStatus.values:
        family.add_metric([status], totals.get(status, 0))
    yield family
