"""URL scans whose engine has stopped and left files, without an engine."""

from dataclasses import replace

from scans import artifacts, transitions
from scans.models import Actor, UrlScan
from scans.statuses import UrlScanStatus as U
from scans.timing import DEFAULT_TIMING
from tests import factories as make

AT_ONCE = replace(DEFAULT_TIMING, for_storage=0, between_renewals=0.01)


def running(text: str = "pages") -> UrlScan:
    """A URL scan that runs here, with a session, a log and a report in its folder."""
    scan = transitions.take(make.started().url_scans.get().pk, "first", among=[U.QUEUED])
    assert not artifacts.prepare(scan, timing=AT_ONCE)
    transitions.begin(scan, engine="Fake", version="1")
    scan.refresh_from_db(fields=["status", "started_at"])
    work(scan, text)
    return scan


def work(scan: UrlScan, text: str) -> None:
    """Write what an engine would."""
    (scan.directory / "session").mkdir(exist_ok=True)
    (scan.directory / "session" / "pages.db").write_text(text)
    (scan.directory / "report.json").write_text("{}")
    with (scan.directory / "engine.log").open("a") as log:
        log.write(f"found {text}\n")


def pause(scan: UrlScan):
    """Pause it as its worker does; returns what kept the files from the storage."""
    transitions.pause(make.fresh(scan), by=Actor.COMMAND)
    why = artifacts.save(scan, with_session=True, timing=AT_ONCE)
    transitions.confirm_pause(scan)
    return why


def resume(scan: UrlScan, holder: str = "next"):
    """Let a worker on this host take it; returns the scan, and why it begins again."""
    transitions.resume(make.fresh(scan), by=Actor.COMMAND)
    taken = transitions.take(scan.pk, holder, among=[U.RESUMING])
    return taken, artifacts.prepare(taken, timing=AT_ONCE)


def session(scan: UrlScan) -> str:
    """The session in the folder of this host; empty if there is none."""
    path = scan.directory / "session" / "pages.db"
    return path.read_text() if path.exists() else ""
