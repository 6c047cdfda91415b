"""The rows of a product at rest: what all its processes use while nobody asks and nothing is due."""

from __future__ import annotations

import os
import time
from pathlib import Path

from tests.benchmarks.rows import Row, Table
from tests.end_to_end.product import Product

SECONDS_TO_SETTLE, SECONDS = 20, 60
TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")
PARTS = ("run_web", "run_scheduler", "run_worker", "demo_site", "honcho", "keep_running.sh")


def measure(table: Table, product: Product) -> None:
    """Add every row of this family. Nothing may have been asked of the product for a while."""
    time.sleep(SECONDS_TO_SETTLE)
    before, began = used(product), time.monotonic()
    time.sleep(SECONDS)
    seconds = time.monotonic() - began
    after = used(product)
    share = {part: 100 * (after[part] - before[part]) / seconds for part in after}
    shown = ", ".join(f"{part} {percent:.2f}" for part, percent in share.items())
    table.add(Row("the product at rest: processor", "one core", sum(share.values()), 1, shown, "%"))
    megabytes = sum(map(_proportional, product.processes())) / 1024
    shown = f"{len(product.processes())} processes"
    table.add(Row("the product at rest: memory", "–", megabytes, 330, shown, "MB"))


def used(product: Product) -> dict[str, float]:
    """The seconds of processor time that each part of the product has used, with its children that have ended."""
    seconds = dict.fromkeys(PARTS, 0.0)
    for pid in product.processes():
        command = (Path(f"/proc/{pid}") / "cmdline").read_bytes().decode()
        part = next((part for part in PARTS if part in command), None)
        if part:  # and no `sleep` of a loop: it counts as a child once it has ended
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            seconds[part] += sum(map(int, fields[11:15])) / TICKS_A_SECOND
    return seconds


def _proportional(pid: int) -> int:
    """The kB of a process, memory that it shares with others divided among them; 0 of one that has ended."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return int(next(line.split()[1] for line in lines if line.startswith("Pss:")))
