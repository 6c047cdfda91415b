# SPDX-License-Identifier: GPL-2.0-or-later
# The file LICENSE beside it has the terms.
"""The course of one scan: its progress, the commands it obeys, and its end. Independent of Wapiti's internals."""

import asyncio
import resource
import time
import traceback
from pathlib import Path

from coverage import Coverage
from failures import Failures
from login import Login
from rules import LEFT_OUT, NO_ADDRESS
from sights import Sights
from traffic import Traffic

MEMORY_USABLE = 0.9  # of the limit; above it the scan ends in an orderly way, before allocations fail
# Wapiti may parse one page for long without running its event loop; longer than this counts as a hang.
SECONDS_LOOP_MAY_BLOCK = 60.0
# Every request has a time limit, so no request for this long means that Wapiti hangs.
SECONDS_WITHOUT_WORK = 300.0

TO_GO_ON = ("checkpointed", "orphaned", "expired")  # endings that leave a session to continue, and no report
OUT_OF_MEMORY = "out of memory"
ENDINGS = {
    "stop": ("stopped",),
    "expire": ("expired",),
    "checkpoint": ("checkpointed",),
    "orphaned": ("orphaned", "engine_ended_orphaned"),
    OUT_OF_MEMORY: ("technical", "memory_used_up"),
}


def memory():
    """Return the bytes of address space (which the limit counts) and of memory used; zeros without /proc."""
    try:
        pages = Path("/proc/self/statm").read_text().split()
    except OSError:
        return 0, 0
    return int(pages[0]) * resource.getpagesize(), int(pages[1]) * resource.getpagesize()


def in_order(modules, names):
    """Return Wapiti's modules by priority, and within it in the order of `names`, the option's.

    Release 3.3 runs them in the order in which the disk lists their files, so that a scan found other things on another
    machine: a page that keeps the last 300 entries has lost what xss wrote when permanentxss reads it.
    """
    return sorted(modules, key=lambda module: (module.PRIORITY, names.index(module.name)))


class Scan:
    """One run of Wapiti: its hooks, its progress so far, and its ending."""

    def __init__(self, channel, job):
        self.channel = channel
        self.job = job
        self.report = Path(job["directory"]) / "report.json"
        self.login = Login(job, channel)
        self.coverage = Coverage(channel)
        self.failures = Failures(channel)
        self.sights = Sights(job["url"])
        self.traffic = Traffic(job, self.end, self.login, self.passed)
        self.wish = None  # (outcome, reason, facts), when the scan must end early
        self.phase = "crawl"
        self.resumed = False
        self.started = False
        self.module, self.modules_done, self.modules_total = "", 0, 0
        self.modules_broken = 0  # as a whole
        self.modules_missing = set()
        self.urls_crawled = 0
        self.unfinished = []  # pages whose request was cut off; a resumed crawl requests them again
        self.stop_crawl = lambda: None
        self.stop_attack = lambda: None
        self.looped_at = time.monotonic()

    async def run(self, engine):
        """Run the engine's coroutine function to its end, however it ends, and report the ending."""
        self.report.unlink(missing_ok=True)
        self.traffic.install()
        self.channel.beat(self.progress)
        attending = asyncio.create_task(self.attend())
        try:
            await engine()
        except (Exception, SystemExit, asyncio.CancelledError) as error:
            traceback.print_exc()
            self.wish = self.wish or ("technical", f"{type(error).__name__}: {error}", {})
        outcome, reason, facts = self.wish or await self.verdict()
        attending.cancel()
        if outcome in TO_GO_ON:
            self.report.unlink(missing_ok=True)
        self.channel.send("progress", **self.totals())
        self.channel.end(outcome, reason, **facts)

    async def verdict(self):
        """Return the ending of a scan that nobody ended. Wapiti returns normally even if nothing was scanned."""
        silence = self.traffic.silence
        site_failed_last = silence.in_a_row or not self.traffic.responses
        if self.traffic.requests and site_failed_last and not await silence.site_answers():
            return "unreachable", *silence.why_gone("site_network_errors", count=silence.errors)
        if not self.urls_crawled and not self.resumed:
            return "unreachable", "no_page_read", {}
        if self.modules_missing:
            return "technical", "modules_missing", {"names": ", ".join(sorted(self.modules_missing))}
        if self.modules_done < self.modules_total:
            return "technical", "modules_unfinished", {"done": self.modules_done, "total": self.modules_total}
        if 0 < self.modules_total == self.modules_broken:
            return "technical", "modules_unfinished", {"done": 0, "total": self.modules_total}
        if not self.report.exists():
            return "technical", "no_report_written", {}
        return "completed", "", {}

    def passed(self, method, url, refused=""):
        """Note that a request to the target was sent, or refused for this reason."""
        self.failures.refused.set(refused)
        if refused in (LEFT_OUT, NO_ADDRESS):
            if self.phase == "crawl":  # an attack's addresses are made up
                with_query = not self.traffic.rules.leave_out(url.partition("?")[0])
                self.coverage.note("skipped", method, url, reason=refused, with_query=with_query)
        elif refused:
            self.coverage.note("skipped", method, url, reason=refused)
        elif self.phase == "attack":
            self.coverage.note("attacked", method, url)

    def end(self, outcome, reason="", **facts):
        """End early. The first reason counts: see Channel.end. A report keeps the results, except at a checkpoint."""
        if self.wish or self.phase == "report":
            return
        self.wish = outcome, reason, facts
        self.traffic.stop()
        self.stop_crawl()
        self.stop_attack()

    async def attend(self):
        """Obey commands ten times a second. This also proves that the event loop runs."""
        while True:
            self.looped_at = time.monotonic()
            while not self.channel.commands.empty():
                self.obey(self.channel.commands.get())
            await asyncio.sleep(0.1)

    def obey(self, command):
        """Obey a command of the product: a word, or a new login."""
        if isinstance(command, dict):
            try:
                self.login.take(command)
            except ValueError as error:
                self.end("technical", str(error))
        elif command == "pause":
            self.traffic.pause()
        elif command == "resume":
            self.traffic.resume()
        elif command == "refused":
            self.refused = asyncio.ensure_future(self.traffic.alike.refused_so_far())
        elif command in ENDINGS:
            self.end(*ENDINGS[command])
        else:
            self.channel.log("warning", f"unknown command: {command}")

    def progress(self):
        """Return the heartbeat's values, or None when the scan hangs, so that the product notices the silence.

        Called in a separate thread: it continues while the event loop is busy, but not for ever.
        """
        now = time.monotonic()
        waits = self.traffic.paused or self.login.waiting or self.traffic.alike.waiting
        idle = now - self.traffic.worked_at > SECONDS_WITHOUT_WORK and not waits
        if not self.started or now - self.looped_at > SECONDS_LOOP_MAY_BLOCK or idle:
            return None
        if memory()[0] > self.job["memory_limit_bytes"] * MEMORY_USABLE:
            self.channel.commands.put(OUT_OF_MEMORY)
        return self.totals()

    def totals(self):
        """Return the values of a progress event."""
        slowed_down = self.traffic.refusals.pace.limit is not None
        return {
            "phase": self.phase,
            "module": self.module,
            "modules_done": self.modules_done,
            "modules_total": self.modules_total,
            "urls_crawled": self.urls_crawled,
            "requests": self.traffic.requests,
            "responses": dict(self.traffic.responses),
            "network_errors": self.traffic.silence.errors,
            "refused": self.traffic.refusals.count + self.traffic.alike.refused,
            "requests_per_minute": round(60 * self.traffic.refusals.pace.rate) if slowed_down else 0,
            "seconds_to_wait": self.traffic.refusals.seconds_to_wait,
            "delaying": self.traffic.silence.delaying,
            "memory_bytes": memory()[1],
            "paused": self.traffic.paused and not self.traffic.under_way,
            "waiting_for_login": self.login.waiting,
        }
