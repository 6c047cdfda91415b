"""Wapiti as the driver loads it, and its session, read by a module that is cancelled at any moment.

The session stays open to what is written next.
"""

from __future__ import annotations

import subprocess

import pytest

from tests.engines.wapiti.driver.test_network import DRIVER_FOLDER

pytestmark = pytest.mark.engine

# Walks over the pages, is cancelled after ever more rounds of the event loop, and then stores what was attacked.
CANCELLED = """
import asyncio, sys, time
sys.path.insert(0, {folder!r})
from session import finish_what_began
from wapitiCore.net.sql_persister import SqlPersister
from wapitiCore.net.web import Request

async def walk(persister):
    await persister.count_attacked("xss")
    async for page, _ in persister.get_links():
        await persister.count_paths()

async def main():
    persister = SqlPersister({file!r})
    await persister.create()
    await persister.save_requests([
        (Request(f"http://h/{{n}}", get_params=[[f"p{{k}}", "v"] for k in range(40)]), None) for n in range(3)
    ])
    async with persister._engine.begin() as connection:
        await connection.execute(persister.paths.update().values(headers={{}}))
    for rounds in range(0, 60, 2):
        walking = asyncio.create_task(walk(persister))
        for _ in range(rounds):
            await asyncio.sleep(0.0001)
        walking.cancel()
        await asyncio.wait([walking])
        began = time.monotonic()
        await persister.set_attacked([1], "xss")
        if time.monotonic() - began > 4:
            print("waited")
    print(await persister.count_attacked("xss"))

finish_what_began(SqlPersister)
asyncio.run(main())
"""


def test_a_module_that_is_cancelled_keeps_no_lock_on_the_session(wapiti, tmp_path):
    program = CANCELLED.format(folder=str(DRIVER_FOLDER), file=str(tmp_path / "session.db"))
    done = subprocess.run(
        [wapiti.python, "-B", "-c", program], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.stdout.split() == ["30"], done.stderr  # where SQLAlchemy tells of what the loop's end cut off


def test_wapiti_is_loaded_without_its_proxy_and_its_browser(wapiti):
    never = {"mitmproxy", "aiohttp"}
    program = f"import sys; sys.path.insert(0, {str(DRIVER_FOLDER)!r}); import hooks; print({never} & {{*sys.modules}})"
    done = subprocess.run([wapiti.python, "-B", "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "set()"
