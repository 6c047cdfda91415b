"""Counting what the activity log gains, without reading it from its start."""

from collections import Counter, deque
from threading import Lock
from time import monotonic

from django.db.models import Count, Max, Q, TextField
from django.db.models.functions import Cast

from scans.models import ActivityLogEntry

# A transaction that wrote an entry may still be open when a later entry is there already. So an entry counts once a
# later one has been there for longer than transactions take.
SECONDS_TO_SETTLE = 10.0
MOST_AT_A_TIME = 50_000  # entries; the rest follows at the next reading
# The worker was lost: another one takes over, or the scan ends with that reason.
LOST = Q(action="url_scan.worker_lost") | Q(action="url_scan.ended", why__startswith='{"code": "worker_lost"')


class LogCounts:
    """Changes to each status, and leases lost, since the first reading in this process."""

    def __init__(self):
        self.moves: Counter[tuple[str, str]] = Counter()  # by "url_scan" or "analysis", and status
        self.leases_lost = 0
        self._read_to: int | None = None
        self._newest: deque[tuple[float, int]] = deque()  # when which entry was the newest
        self._lock = Lock()

    def read_on(self) -> None:
        """Count the entries that have settled since the last call: one query, and one or two more if there are any."""
        with self._lock:
            newest, now = ActivityLogEntry.objects.aggregate(newest=Max("pk"))["newest"] or 0, monotonic()
            if self._read_to is None or newest < self._read_to:  # the first time, or another database
                self._read_to, self._newest = newest, deque()
            if not self._newest or now - self._newest[-1][0] >= 1:
                self._newest.append((now, newest))
            if (end := self._settled(now)) > self._read_to:
                self._count(end)

    def _settled(self, now: float) -> int:
        """The last entry before which no other can appear any more."""
        while len(self._newest) > 1 and now - self._newest[1][0] >= SECONDS_TO_SETTLE:
            self._newest.popleft()
        seen_at, entry = self._newest[0]
        return entry if now - seen_at >= SECONDS_TO_SETTLE else self._read_to

    def _count(self, end: int) -> None:
        entries = ActivityLogEntry.objects.filter(pk__gt=self._read_to, pk__lte=end).order_by()
        if end - self._read_to > MOST_AT_A_TIME:
            ids = entries.order_by("pk").values_list("pk", flat=True)
            end = ids[MOST_AT_A_TIME - 1 :].first() or end  # there may be gaps
            entries = entries.filter(pk__lte=end)
        gained = {"all": Count("pk"), "lost": Count("pk", filter=LOST)}
        grouped = entries.annotate(why=Cast("reason", TextField())).values("to_status", "action")
        for row in grouped.annotate(**gained):
            if row["to_status"]:
                self.moves[row["action"].partition(".")[0], row["to_status"]] += row["all"]
            self.leases_lost += row["lost"]
        self._read_to = end
