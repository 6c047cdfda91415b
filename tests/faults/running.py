"""One run: the product on a database of its own, people who use it, faults, and the account."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random

from tests.faults import postgres
from tests.faults.parts import ROOT, Host, Part, Parts
from tests.sites.serving import free_port

MEGABYTES_OF_DISK = 300
SECONDS_TO_BECOME_QUIET = 900


@dataclass(frozen=True)
class Plan:
    """How long and how hard."""

    database: str  # "SQLite" or "PostgreSQL"
    faults: int = 300
    seed: int = 1
    every: float = 2.5  # seconds between two faults
    lease: int = 10
    scans: int = 4  # workers
    checks: int = 2
    without: tuple[str, ...] = ()  # kinds of faults that are left out

    @property
    def parts(self) -> list[tuple[str, str]]:
        """Kind and name of each process."""
        counted = {"web": 1, "scheduler": 2, "scans": self.scans, "checks": self.checks}
        return [(kind, f"{kind}-{number}") for kind, count in counted.items() for number in range(count)]


class Skipped(Exception):
    """This cannot run here; str() says why."""


@contextmanager
def small_disk(folder: Path, skipped: list[str]) -> Iterator[bool]:
    """Make the folder a disk of its own, which can be filled; False with a note where that is not allowed."""
    options = ["-t", "tmpfs", "-o", f"size={MEGABYTES_OF_DISK}m", "faults", str(folder)]
    mounted = os.geteuid() == 0 and subprocess.run(["mount", *options], capture_output=True).returncode == 0
    if not mounted:
        skipped.append("disk full: this user may not mount a small disk")
    try:
        yield mounted
    finally:
        if mounted:
            subprocess.run(["umount", "--lazy", str(folder)], check=False)


@contextmanager
def database(
    plan: Plan, folder: Path, files: Path, address: str, trusted: str
) -> Iterator[tuple[str, postgres.Server | None]]:
    """A database of its own: its address, and its server if there is one."""
    if plan.database == "SQLite":
        yield f"sqlite:///{files / 'dashboard.sqlite3'}", None
        return
    if postgres.binaries() is None:
        raise Skipped("no PostgreSQL server is installed here (initdb was not found)")
    with postgres.Server(folder / "postgres", address, trusted).running() as server:
        yield server.url, server


def environment(plan: Plan, folder: Path, files: Path, url: str) -> dict[str, str]:
    """What each process needs."""
    locks = folder / "locks"
    locks.mkdir(exist_ok=True)
    port = str(free_port())
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith(("COV_", "PGOPTIONS"))},
        "DJANGO_SETTINGS_MODULE": "tests.faults.settings",
        "PYTHONPATH": str(ROOT),
        "DATABASE_URL": url,
        "SCANS_VAR_DIR": str(files),
        "SCANS_ALLOWED_TARGETS": "127.0.0.0/8, 10.0.0.0/8",
        "SCANS_BIND": "127.0.0.1",
        "SCANS_LEASE_SECONDS": str(plan.lease),
        "SCANS_LOG_LEVEL": "WARNING",
        "SCANS_CHROMIUM": "/no/chromium",
        "SCANS_REPLAYS_PER_SECOND": "0",
        "FAULTS_LOCKS": str(locks),
        "PORT": port,
        "DASHBOARD_PORT": port,
    }


@contextmanager
def site(address: str = "127.0.0.1", prefix: Sequence[str] = ()) -> Iterator[str]:
    """The site that is scanned, as a process of its own."""
    port = free_port()
    command = [*prefix, sys.executable, str(ROOT / "tests/faults/site.py"), address, str(port)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE)
    try:
        yield f"http://{address}:{port}"
    finally:
        process.stdin.close()
        process.wait(20)


@contextmanager
def stage(plan: Plan, address: str = "127.0.0.1", trusted: str = "127.0.0.0/8") -> Iterator[dict]:
    """A database with all migrations, a disk and a site at this address; sets Django up for this process.

    The database trusts these addresses.
    """
    skipped: list[str] = []
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended by a signal"))  # so that everything is put away
    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="faults-"))
        folder.chmod(0o755)
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        stack.callback(keep_logs, folder)
        files = folder / "var"
        files.mkdir()
        small = stack.enter_context(small_disk(files, skipped))
        url, server = stack.enter_context(database(plan, folder, files, address, trusted))
        variables = environment(plan, folder, files, url)
        os.environ.update(variables)
        _set_up()
        at = stack.enter_context(site(address))
        sqlite = files / "dashboard.sqlite3" if server is None else None
        yield {
            "folder": folder,
            "files": files,
            "variables": variables,
            "site": at,
            "server": server,
            "sqlite": sqlite,
            "small_disk": small,
            "skipped": skipped,
        }


def _set_up() -> None:
    """Migrate the database and make its people, in this process."""
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0, interactive=False)
    call_command("collectstatic", verbosity=0, interactive=False)
    from scans.models import ScanSettings
    from tests import factories

    for number in range(3):
        factories.user("Submitter", f"submitter-{number}")
    ScanSettings.objects.update(open_analyses=100_000, open_url_scans=1_000_000)


def run(plan: Plan, tell=print):
    """Run it and return its Outcome. Raises Skipped."""
    began = time.monotonic()
    with stage(plan) as made:
        from scans.models import ScanSettings
        from tests.faults.kinds import World
        from tests.faults.load import People
        from tests.faults.outcome import Outcome, account
        from tests.faults.watching import Watcher

        ScanSettings.objects.update(capacity=plan.scans)
        host = Host(made["variables"], made["folder"])
        parts = Parts([Part(kind, name, host) for kind, name in plan.parts])
        people, watcher = People(made["site"], plan.seed), Watcher()
        places = [made[name] for name in ("files", "server", "sqlite", "small_disk")]
        world = World(parts, watcher, people, plan.lease, plan.seed, *places)
        with parts.running():
            people.begin()
            watcher.begin()
            inject(plan, world, tell)
            people.end()
            become_quiet(people, tell)
            watcher.end()
            watcher.look()
        host.end()
        told = account(people.accepted, watcher, made["folder"] / "locks")
        told["violations"] += people.errors
        return Outcome(
            plan.database,
            plan.seed,
            round(time.monotonic() - began),
            dict(sorted(world.injected.items())),
            restarts=parts.starts,
            skipped=made["skipped"] + world.not_injected,
            **told,
        )


def keep_logs(folder: Path) -> None:
    """Copy the logs of the processes to where FAULTS_LOGS says, if it says so."""
    if kept := os.environ.get("FAULTS_LOGS"):
        Path(kept).mkdir(parents=True, exist_ok=True)
        for log in folder.glob("*.log"):
            shutil.copy(log, kept)


def chosen(plan: Plan) -> list:
    """Return the kinds of all faults of this plan, in their order: each kind once, then by their shares."""
    from tests.faults.kinds import KINDS

    kinds = [kind for kind in KINDS if kind.name not in plan.without]
    random = Random(plan.seed)
    order = [*kinds, *random.choices(kinds, [kind.share for kind in kinds], k=max(0, plan.faults - len(kinds)))]
    order = order[: plan.faults]
    random.shuffle(order)
    return order


def inject(plan: Plan, world, tell) -> None:
    """Inject all faults, several at a time; those that strike everything happen alone."""
    waiting, running, tries = chosen(plan), [], 0
    most = plan.faults * 8
    while waiting and tries < most:
        kind = waiting.pop(0)
        tries += 1
        time.sleep(plan.every)
        running = [thread for thread in running if thread.is_alive()]
        if kind.alone:
            for thread in running:
                thread.join()
        thread = threading.Thread(target=_inject, args=[kind, world, waiting], daemon=True)
        thread.start()
        running.append(thread)
        if kind.alone:
            thread.join()
        if tries % 25 == 0:
            wrong = len(world.watcher.violations)
            tell(f"{world.injected.total()} faults, {world.watcher.samples} samples, {wrong} violations")
    for thread in running:
        thread.join()


def _inject(kind, world, waiting: list) -> None:
    """Let one fault happen, and later again if it could not happen now. A person takes a turn if it never can."""
    from django.db import Error, connection

    try:
        if kind.inject(world):
            world.injected[kind.name] += 1
        elif _can_happen(kind, world):
            waiting.append(kind)
    except Error:
        waiting.append(kind)  # the database was away, by another fault
    except Exception as error:
        world.not_injected.append(f"{kind.name} ({type(error).__name__})")
    finally:
        connection.close()


def _can_happen(kind, world) -> bool:
    """Whether this kind can happen here at all."""
    if "database killed" in kind.name or "connections" in kind.name:
        return world.server is not None
    return world.small_disk or kind.name != "disk full"


def become_quiet(people, tell) -> None:
    """Wait until all work has come to its end, resuming what is paused."""
    from scans.models import Analysis
    from tests.faults.load import patiently

    deadline, last = time.monotonic() + SECONDS_TO_BECOME_QUIET, None
    while time.monotonic() < deadline:
        people.resume_all()
        left = patiently(lambda: Analysis.objects.present().filter(ended_at=None).count())
        left += patiently(_tasks_left)
        if not left:
            return
        if left != last:
            tell(f"Waiting for {left} analyses and tasks")
        last = left
        time.sleep(1)


def _tasks_left() -> int:
    from django_tasks_db.models import DBTaskResult

    return DBTaskResult.objects.filter(status__in=["READY", "RUNNING"]).count()
