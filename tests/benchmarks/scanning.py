"""The rows of the whole product at work: a scan beside the engine alone, its worker's memory, what a browser sees.

These do not depend on how many analyses there are.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboard.settings")

import django  # noqa: E402 - the settings have to be named first

django.setup()

from django.conf import settings  # noqa: E402

from scans.engines.base import Job  # noqa: E402
from scans.engines.process import environment  # noqa: E402
from scans.engines.wapiti.adapter import WapitiEngine, command_line  # noqa: E402
from tests.benchmarks import browser, rest  # noqa: E402
from tests.benchmarks.databases import ROOT, SERVER, Database  # noqa: E402
from tests.benchmarks.rows import Row, Table  # noqa: E402
from tests.benchmarks.sides import opened  # noqa: E402
from tests.end_to_end.product import Product, running_product  # noqa: E402

MORE_SECONDS = 2
BARE = """
import django; django.setup()
from scans.models import Analysis; Analysis.objects.count()
print(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmRSS")))
"""


def measure(table: Table, kind: str) -> None:
    """Add every row of this family, with a product of its own on this kind of database."""
    with _product_on(kind) as product, opened(_database(kind, product)) as (side,):
        rest.measure(table, product)
        _one_scan(table, product)
        browser.measure(table, product, workers(product), side)


@contextmanager
def _product_on(kind: str) -> Iterator[Product]:
    before = os.environ.pop("DATABASE_URL", None)
    if kind == "PostgreSQL":
        os.environ["DATABASE_URL"] = SERVER
    try:
        with running_product() as product:
            yield product
    finally:
        os.environ.pop("DATABASE_URL", None)
        if before is not None:
            os.environ["DATABASE_URL"] = before


def _database(kind: str, product: Product) -> Database:
    return Database(kind, 0, product.environment["DATABASE_URL"])


# --- One scan


def _one_scan(table: Table, product: Product) -> None:
    alone, found_alone = _engine_alone(product.demo_url)
    watch = MemoryWatch(product)
    answer = product.manage("submit", "--name", "Measured", product.demo_url, "--wait", "--json", timeout=900)
    memory = watch.end()
    analysis = json.loads(answer.stdout)
    seconds = _moment(analysis["url_scans"][0]["ended_at"]) - _moment(analysis["submitted_at"])
    shown = f"{seconds:.1f} s from Submit to its end : {alone:.1f} s"
    bound = 1.05 + MORE_SECONDS / alone
    table.add(
        Row("one scan of the demo site", "the engine alone, same options", seconds / alone, round(bound, 2), shown)
    )
    found = {_weakness(finding) for finding in analysis["findings"]}
    shown = f"{len(found)} : {len(found_alone)} findings"
    table.add(Row("the same: findings that differ", "the engine alone", len(found ^ found_alone), 0, shown, "findings"))
    bare = _bare_process(product)
    shown = f"{memory / 1024:.0f} : {bare / 1024:.0f} MB"
    table.add(Row("memory of a worker supervising a scan", "a bare Django process", memory / bare, 1.3, shown))


def _engine_alone(url: str) -> tuple[float, set[tuple]]:
    """Seconds that Wapiti takes by itself, and what it finds."""
    with tempfile.TemporaryDirectory() as folder:
        job = Job(url=url, directory=Path(folder), resolve={})
        (job.directory / "session").mkdir()
        (job.directory / "tmp").mkdir()
        began = time.monotonic()
        subprocess.run(
            command_line(job, settings.SCANS_ENGINE_PYTHON),
            env=environment(job.directory),
            cwd=folder,
            check=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        seconds = time.monotonic() - began
        report = WapitiEngine(settings.SCANS_ENGINE_PYTHON).read_report(job.directory)
    return seconds, {_weakness(vars(finding)) for finding in report.findings}


def _weakness(finding: dict) -> tuple:
    return tuple(finding[name] for name in ("category", "method", "url", "parameter"))


def _moment(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


# --- Memory


class MemoryWatch:
    """Looks every now and then how much memory the worker holds that has an engine for a child; in kB."""

    def __init__(self, product: Product):
        self._most, self._over = 0, threading.Event()
        self._workers = workers(product)
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def end(self) -> int:
        """The most that was seen."""
        self._over.set()
        self._thread.join()
        return self._most

    def _look(self) -> None:
        while not self._over.wait(0.5):
            for pid in self._workers:
                if browser.engines_of(pid):
                    self._most = max(self._most, _resident(pid))


def workers(product: Product) -> list[int]:
    """The processes that scan."""
    command = b"run_worker\0--queue\0scans"
    return [pid for pid in product.processes() if command in Path(f"/proc/{pid}/cmdline").read_bytes()]


def _resident(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return int(next(line.split()[1] for line in lines if line.startswith("VmRSS")))


def _bare_process(product: Product) -> int:
    """What a process takes that has set Django up and asked one question; in kB."""
    variables = {**product.environment, "DJANGO_SETTINGS_MODULE": "dashboard.settings"}
    answer = subprocess.run([sys.executable, "-c", BARE], cwd=ROOT, env=variables, capture_output=True, check=True)
    return int(answer.stdout)
