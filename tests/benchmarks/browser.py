"""The rows that a real browser measures: from Submit to the engine, from a change to the open page, the first load."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from random import Random
from statistics import median

from playwright.sync_api import Page, sync_playwright

from tests.benchmarks.rows import Row, Table
from tests.benchmarks.sides import Side
from tests.conftest import CHROMIUM
from tests.end_to_end.conftest import FLAGS
from tests.end_to_end.product import PASSWORD, Product

TIMES = 15
SECONDS_TO_WAIT = 30


def measure(table: Table, product: Product, workers: list[int], side: Side) -> None:
    """Add every row of this family."""
    if not CHROMIUM.exists():
        table.note("NOT MEASURED: what a browser sees, since chromium is not installed.")
        return
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        page = browser.new_context(base_url=product.url).new_page()
        _log_in(page)
        _first_load(table, page)
        _from_submit_to_engine(table, page, product.demo_url, workers, side)
        _from_change_to_page(table, page, side)
        browser.close()


def _log_in(page: Page) -> None:
    page.goto("/accounts/login/")
    page.fill("input[name=username]", "admin")
    page.fill("input[name=password]", PASSWORD)
    page.click("main button[type=submit]")


def _first_load(table: Table, page: Page) -> None:
    """With an empty cache: everything that comes over the wire."""
    sizes = []
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    session.send("Network.clearBrowserCache")
    session.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    page.goto("/analyses/", wait_until="networkidle")
    kilobytes = sum(sizes) / 1000
    session.detach()
    shown = f"{len(sizes)} answers"
    table.add(Row("first load of the list, everything", "–", kilobytes, 100, shown, "kB"))


# --- From Submit to the engine


def engines_of(worker: int) -> list[int]:
    """The engine processes that this worker has started and not yet ended."""
    children = [pid for task in Path(f"/proc/{worker}/task").iterdir() for pid in _read(task / "children").split()]
    return [int(pid) for pid in children if b"driver.py" in _read(Path(f"/proc/{int(pid)}/cmdline"))]


def _read(path: Path) -> bytes:
    """What /proc says there; nothing of what is gone."""
    try:
        return path.read_bytes()
    except OSError:
        return b""


def _from_submit_to_engine(table: Table, page: Page, url: str, workers: list[int], side: Side) -> None:
    to_process, to_status = [], []
    for number in range(TIMES):
        _fill_in(page, f"From Submit {number}", url)
        began = time.time()
        page.locator("form:has([name=urls]) button[type=submit]").click(no_wait_after=True)
        _until(lambda: any(engines_of(pid) for pid in workers))
        to_process.append(time.time() - began)
        _until(lambda began=began: (side("make", what="last_started")["at"] or 0) > began)
        to_status.append(side("make", what="last_started")["at"] - began)
        side("make", what="stop_everything")
        _until(lambda: not side("make", what="under_way")["analyses"])
        _until(lambda: not any(engines_of(pid) for pid in workers))
    shown = (
        f"{TIMES} times, {min(to_process):.2f} to {max(to_process):.2f} s; In Progress after {median(to_status):.2f} s"
    )
    table.add(Row("from Submit to the engine's process", "–", median(to_process), 1.5, shown, "s"))


def _fill_in(page: Page, name: str, url: str) -> None:
    page.goto("/analyses/new/")
    page.fill("[name=name]", name)
    page.fill("[name=urls]", url)
    page.check("[name=authorised]")


def _until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SECONDS_TO_WAIT
    while not holds():
        if time.monotonic() > deadline:
            raise TimeoutError("What was waited for has not happened.")
        time.sleep(0.005)


# --- From a change to the page


def _from_change_to_page(table: Table, page: Page, side: Side) -> None:
    random = Random(1)
    page.goto("/analyses/")
    seconds = []
    for _ in range(TIMES):
        pk = side("make", what="scheduled_for_tomorrow")["id"]
        page.wait_for_selector(f"[data-analysis-id='{pk}'] [data-status=scheduled]")
        time.sleep(random.random() * 2)  # at any moment between two looks of the page
        began = time.time()
        side("make", what="stop", analysis_id=pk)
        page.wait_for_selector(f"[data-analysis-id='{pk}'] [data-status=stopped]")
        seconds.append(time.time() - began)
    shown = f"{TIMES} times, {min(seconds):.2f} to {max(seconds):.2f} s"
    table.add(Row("from a change in the database to the open page", "–", median(seconds), 2.5, shown, "s"))
