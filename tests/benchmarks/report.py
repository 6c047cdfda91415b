"""Writing docs/performance.md: the tables, and the machine that they were measured on."""

from __future__ import annotations

import os
import platform
import sqlite3
from datetime import UTC, datetime

import django
import psycopg

from tests.benchmarks.databases import ROOT, SERVER
from tests.benchmarks.rows import Table

FILE = ROOT / "docs" / "performance.md"
INTRODUCTION = """# Performance

What the product costs, measured by `make bench`, which also wrote this page. Machines are shared and noisy, so each
figure is a **ratio of two things that were measured in turns in one run**: medians of 30 requests after a warm-up (a
side that takes seconds is asked less often, and the row says so). Requests go through the real middleware, compressed
as for a browser, by a member of Administrator. "The admin's changelist" is Django's own with `search_fields` on name
and target URL and `list_filter` on status, asked the same question. Each bound is what we promise ourselves; no row is
met by leaving something out of a page. [scaling.md](scaling.md) says where each cost grows.

**The list was told at its best.** Until 30 November 2026 these tables asked for a list again while all of its rows were
kept, which nobody does who comes back: rows then knew the clock, and ten seconds later 31 of 50 were rendered anew, so
that a page took about 42 ms of processor time where 9 to 15 were told. Rows no longer know the clock. The rows
"list: …" below still tell the warm page, and were measured before that change.

**At rest**, all processes of `make run` used 8.8 % of one core on either database. They use 0.97 % on SQLite and 0.83 %
on PostgreSQL (60 seconds each, on a busy machine; PostgreSQL's own processes are not counted): scheduler 0.4, three
workers 0.3, honcho 0.2, the loops that restart them 0.1. Their memory, 405 to 433 MB, is above the bound of 330 MB.
"""


def write(tables: list[Table], analyses: int) -> None:
    """Write the page anew."""
    sections = [INTRODUCTION, f"## The machine\n\n{_machine()}\n", *(table.in_markdown() for table in tables)]
    FILE.write_text("\n".join(sections))
    print(f"Written to {FILE.relative_to(ROOT)}.")


def _machine() -> str:
    """What somebody else needs to know to compare; no names, no places."""
    return (
        f"{datetime.now(UTC):%d %B %Y}. {os.cpu_count()} cores ({platform.machine()}), {_memory_gb()} GB of memory, "
        f"{platform.system()}. Python {platform.python_version()}, Django {django.get_version()}, "
        f"SQLite {sqlite3.sqlite_version}{_postgresql()}. Load average at the end: {os.getloadavg()[0]:.1f}."
    )


def _memory_gb() -> int:
    return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30)


def _postgresql() -> str:
    if not SERVER.startswith("postgres"):
        return ""
    with psycopg.connect(SERVER) as connection:
        version = connection.info.server_version
        (buffers,) = connection.execute("SHOW shared_buffers").fetchone()
    return f", PostgreSQL {version // 10000}.{version % 10000} on the same machine (shared_buffers {buffers})"
