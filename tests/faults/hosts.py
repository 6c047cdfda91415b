"""Two hosts whose link to the database is cut for shorter and for longer than the lease: python -m tests.faults.hosts.

Each host has a scheduler and a worker. What a host that was cut off tried is read from its own logs once the link is
back; what came of it, from the rows. Exit code 1 where something is wrong, 0 with a reason where namespaces are not
allowed.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path

from tests.faults import figures
from tests.faults.namespaces import ADDRESS, Link, NotAllowed, links
from tests.faults.parts import Host, Part, Parts
from tests.faults.running import Plan, Skipped, stage

LEASE = 8
SECONDS = 120  # until something has happened that happens at once on an idle machine
SCAN_SECONDS = 40


class Trial:
    """Two hosts and what is seen of them."""

    def __init__(self, here: list[Link], parts: Parts, folder: Path):
        self.links, self.parts, self.folder = here, parts, folder
        self.seen: dict[str, object] = {}
        self.wrong: list[str] = []

    def expect(self, what: str, condition: Callable[[], object], seconds: float = SECONDS):
        """Wait until this is so; note it as wrong if it never is. Returns what the condition gives."""
        deadline = time.monotonic() + seconds
        while not (given := _asked(condition)):
            if time.monotonic() > deadline:
                self.wrong.append(f"not seen within {seconds:g} s: {what}")
                print("WRONG", what, flush=True)
                return None
            time.sleep(0.2)
        print("seen:", what, flush=True)
        return given

    def of(self, kind: str, host: int) -> Part:
        """The process of this kind on this host."""
        return next(part for part in self.parts.all if part.name == f"{kind}-{host}")

    def log(self, kind: str, host: int) -> str:
        """What this process wrote."""
        path = self.folder / f"{kind}-{host}.log"
        return path.read_text() if path.exists() else ""


def _asked(condition: Callable[[], object]):
    from django.db import Error, connection

    try:
        return condition()
    except Error:
        connection.close()
        return None


def _holder(trial: Trial, scan: int) -> int | None:
    """The host whose worker holds this URL scan."""
    from tests.faults.watching import held_by

    for host in range(len(trial.links)):
        held = held_by(trial.of("scans", host).pid)
        if held and held[0] == scan:
            return host
    return None


def _leader(trial: Trial) -> int | None:
    """The host whose scheduler leads."""
    from scans.models import SchedulerLead

    leader = SchedulerLead.leader()
    for host in range(len(trial.links)):
        if f"-{trial.of('scheduler', host).pid}-" in leader:
            return host
    return None


def _begin_scan(trial: Trial, site: str, name: str) -> int:
    """Submit one URL and return its scan, once an engine runs."""
    from datetime import timedelta

    from scans import transitions
    from scans.models import Actor, UrlScan

    submission = transitions.Submission(urls=(f"{site}/{name}",), name=name, duration=timedelta(hours=1), prescan=False)
    analysis = transitions.submit(submission, by=Actor.COMMAND)
    scan = UrlScan.objects.get(analysis=analysis).pk
    trial.expect(f"{name} runs", lambda: UrlScan.objects.get(pk=scan).status == "in_progress")
    return scan


def short_cut(trial: Trial, site: str) -> None:
    """A link that is back before the lease runs out costs nothing."""
    from scans.models import UrlScan

    scan = _begin_scan(trial, site, "short-cut")
    host = _holder(trial, scan)
    before = UrlScan.objects.get(pk=scan)
    trial.links[host].cut()
    time.sleep(LEASE / 2)
    trial.links[host].mend()
    trial.expect(
        "the worker renews again after a short cut",
        lambda: UrlScan.objects.get(pk=scan).lease_until > before.lease_until,
    )
    trial.expect("the scan ends", lambda: UrlScan.objects.get(pk=scan).ended_at)
    after = UrlScan.objects.get(pk=scan)
    if after.attempts or not after.status.startswith("completed"):
        trial.wrong.append(f"a short cut cost something: {after.status}, {after.attempts} attempts, {after.reason}")


def long_cut(trial: Trial, site: str) -> None:
    """A host that is cut off for longer than the lease loses what it holds, and writes nothing when it is back."""
    from scans.models import ActivityLogEntry, UrlScan

    scan = _begin_scan(trial, site, "long-cut")
    host = _holder(trial, scan)
    leads = _leader(trial)
    held = UrlScan.objects.get(pk=scan).lease_holder
    began = time.monotonic()
    trial.links[host].cut()
    if leads == host:
        trial.expect("the other scheduler leads", lambda: _leader(trial) not in (None, host))
        trial.seen["seconds until another scheduler led"] = round(time.monotonic() - began, 1)
    trial.expect("another worker has the scan", lambda: UrlScan.objects.get(pk=scan).lease_holder not in ("", held))
    trial.seen["seconds until another worker had the scan"] = round(time.monotonic() - began, 1)
    marker = ActivityLogEntry.objects.order_by("-pk").first().pk
    trial.links[host].mend()
    trial.expect(
        "the worker that was cut off says that it lost the scan",
        lambda: "no longer held" in trial.log("scans", host),
    )
    trial.expect("the scan ends", lambda: UrlScan.objects.get(pk=scan).ended_at)
    after = UrlScan.objects.get(pk=scan)
    if not after.status.startswith("completed") or after.attempts != 1:
        trial.wrong.append(f"after a long cut: {after.status}, {after.attempts} attempts, {after.reason}")
    actions = ActivityLogEntry.objects.filter(url_scan=scan, pk__gt=marker).values_list("action", flat=True)
    trial.seen["entries after the link was back"] = list(actions)


def long_cut_of_leader(trial: Trial, site: str) -> None:
    """A leading scheduler that is cut off writes nothing when it is back: another leads by then."""
    from scans.models import SchedulerLead

    leads = trial.expect("a scheduler leads", lambda: (_leader(trial) or 0) + 1 if SchedulerLead.leader() else None)
    if leads is None:
        return
    host, began = leads - 1, time.monotonic()
    trial.links[host].cut()
    trial.expect("the other scheduler leads", lambda: _leader(trial) not in (None, host))
    trial.seen["seconds until another scheduler led"] = round(time.monotonic() - began, 1)
    trial.links[host].mend()
    trial.expect(
        "the scheduler that was cut off says so",
        lambda: any(told in trial.log("scheduler", host) for told in ("does not lead any more", "does not answer")),
    )
    other = _leader(trial)
    time.sleep(LEASE)
    if _leader(trial) != other:
        trial.wrong.append("the lead changed again once the link was back")


def main() -> None:
    """Run all trials; print what was seen as JSON."""
    plan = Plan("PostgreSQL", lease=LEASE, scans=2)
    os.environ["FAULTS_SCAN_SECONDS"] = str(SCAN_SECONDS)
    try:
        with ExitStack() as stack:
            here = stack.enter_context(links("faults-a", "faults-b"))
            made = stack.enter_context(stage(plan, address=ADDRESS, trusted="10.77.0.0/24"))
            trial = _trial(stack, here, made)
            for act in (short_cut, long_cut, long_cut_of_leader):
                act(trial, made["site"])
            _verify(trial, made["folder"])
    except (NotAllowed, Skipped) as reason:
        print(f"Skipped: {reason}")
        return
    print(json.dumps({"seen": trial.seen, "wrong": trial.wrong}, indent=2))
    if "--write" in sys.argv:
        figures.put("hosts", _written(trial))
    sys.exit(bool(trial.wrong))


def _written(trial: Trial) -> list[str]:
    """What was seen, as lines of docs/reliability.md."""
    told = [f"- {what}: {seen if isinstance(seen, float) else ', '.join(seen)}" for what, seen in trial.seen.items()]
    wrong = "; ".join(trial.wrong) or "nothing"
    return [f"With a lease of {LEASE} seconds, {datetime.now():%Y-%m-%d}. Wrong: {wrong}.", "", *told]


def _trial(stack: ExitStack, here: list[Link], made: dict) -> Trial:
    """Start the processes of both hosts, and one worker for checks here."""
    from scans.models import ScanSettings

    ScanSettings.objects.update(capacity=2)
    parts = []
    for number, link in enumerate(here):
        host = Host(made["variables"], made["folder"], link.prefix)
        stack.callback(host.end)
        parts += [Part(kind, f"{kind}-{number}", host) for kind in ("scheduler", "scans")]
    near = Host(made["variables"], made["folder"])
    stack.callback(near.end)
    parts.append(Part("checks", "checks-near", near))
    running = stack.enter_context(Parts(parts).running())
    return Trial(here, running, made["folder"])


def _verify(trial: Trial, folder: Path) -> None:
    """Ask all invariants in the end."""
    from scans.maintenance.invariants import checking
    from tests.faults.running import keep_logs

    trial.expect("no violation in the end", lambda: not checking.check().violations)
    trial.wrong += [str(one) for one in checking.check().violations]
    trial.wrong += [f"{path.stem} ran twice" for path in (folder / "locks").glob("*.twice")]
    keep_logs(folder)


if __name__ == "__main__":
    main()
