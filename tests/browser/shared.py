"""One Chromium for many tasks, each in a context of its own. A program: a line with a job in, a line with a result out.

It spares tests the second of processor time that each start of a browser takes. The browser of the product plays one
task and ends; test_session.py tests that.
"""

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "scans" / "browser"))

from player import as_line, launched, played
from playwright.sync_api import sync_playwright
from wall import Wall

NOWHERE = "http://127.0.0.1:9"  # the proxy of the browser itself: each context has its own


def passes_a_gate(task: dict) -> bool:
    """Whether requests of a task are changed or stopped. A gate stands before a whole browser."""
    return bool(task["rules"]["headers"] or task["rules"]["left_out"] or task["session"]["headers"])


def main() -> None:
    with sync_playwright() as playwright:
        shared = None
        for line in sys.stdin:
            job = json.loads(line)
            gated = passes_a_gate(job["task"])
            browser = launched(playwright, job, NOWHERE) if gated or not shared else shared
            with Wall(job["task"]["sites"], job["task"]["rules"]["left_out"]) as wall:
                sys.stdout.buffer.write(as_line(played(browser, job, wall)))
                sys.stdout.flush()
                wall.shutdown()
            if gated:
                browser.close()
            else:
                shared = browser


if __name__ == "__main__":
    main()
