"""The entries of the activity log, with those merged that tell the same change of one moment."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from scans.models import ActivityLogEntry

ONE_MOMENT = timedelta(seconds=1)


@dataclass(frozen=True)
class LogMoment:
    """Entries in the order of the log: one, or several that tell the same change of status by the same actor."""

    entries: list[ActivityLogEntry]

    @property
    def is_merged(self) -> bool:
        """Whether there are several entries."""
        return len(self.entries) > 1

    @property
    def newest(self) -> ActivityLogEntry:
        """The entry that stands for all: they differ in their URL scan only."""
        return self.entries[0]

    @property
    def oldest(self) -> ActivityLogEntry:
        """The entry that began it."""
        return self.entries[-1]

    @property
    def has_analysis(self) -> bool:
        """Whether one of them is about the analysis itself."""
        return any(entry.url_scan_id is None for entry in self.entries)

    @property
    def urls(self) -> list[str]:
        """The URLs that changed, each once."""
        return list(dict.fromkeys(entry.url_scan.url for entry in self.entries if entry.url_scan_id))


def log_moments(entries: Iterable[ActivityLogEntry]) -> list[LogMoment]:
    """Merge neighbours that tell the same change of one moment. Each entry is in one moment, and the order stays."""
    found: list[LogMoment] = []
    for entry in entries:
        if found and _belongs(entry, found[-1].newest):
            found[-1].entries.append(entry)
        else:
            found.append(LogMoment([entry]))
    return found


def _belongs(entry: ActivityLogEntry, other: ActivityLogEntry) -> bool:
    is_same = entry.to_status and _said(entry) == _said(other)
    return bool(is_same) and abs(other.at - entry.at) <= ONE_MOMENT


def _said(entry: ActivityLogEntry) -> tuple:
    return entry.from_status, entry.to_status, entry.actor, entry.user_id, entry.reason
