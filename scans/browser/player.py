"""The browser's child process: reads a job from stdin, does it in Chromium, writes what happened to stdout.

Run as a program, with nothing of Django: it knows no settings, no database and no secret but its job's.
"""

import base64
import faulthandler
import json
import re
import sys
import time
from contextlib import closing, suppress
from pathlib import Path
from urllib.parse import urljoin, urlsplit

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).parent)

from commands import COMMANDS
from form_filling import asks_for_login, fill
from gate import Gate
from keeping import give_to_windows, keep, kept_by
from listening import Listener, shown
from locators import reason, without
from playwright.sync_api import Error, sync_playwright
from script import Halt, Script
from shown_page import ShownPage
from wall import Wall, place

WINDOW = {"width": 1280, "height": 900}
LONGEST_TEXT, LONGEST_PAGE = 100_000, 500_000
COOKIE = ("name", "value", "domain", "path", "secure", "httpOnly")  # what engines.base.Cookie has
SECONDS_TO_SETTLE = 3
SECONDS_OF_SILENCE = 0.5
SECONDS_FOR_A_PAGE = 20
SECONDS_BETWEEN_LOOKS = 0.1
SECONDS_LATER = 2  # than session.py would end it
FLAGS = [
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",  # as older releases call it
    "--webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",  # the proxy resolves; the browser never does
]


def main() -> None:
    job = json.loads(sys.stdin.buffer.read())
    # The parent process ends it in time. If that was killed, it ends itself, even if a page keeps it in a loop.
    faulthandler.dump_traceback_later(job["seconds_to_end"] + SECONDS_LATER, exit=True)
    wall = Wall(job["task"]["sites"], job["task"]["rules"]["left_out"])
    with sync_playwright() as playwright:
        browser = launched(playwright, job, wall.url)
        sys.stdout.buffer.write(as_line(played(browser, job, wall)))
        sys.stdout.flush()
        browser.close()


def launched(playwright, job: dict, proxy: str):
    """Start the browser of a job; it reaches nothing but this proxy."""
    return playwright.chromium.launch(
        executable_path=job["chromium"],
        proxy={"server": proxy, "bypass": "<-loopback>"},
        chromium_sandbox=job["sandbox"],
        args=[*FLAGS, f"--crash-dumps-dir={job['home']}"],
    )


def played(browser, job: dict, wall: Wall) -> dict:
    """Do the task of a job in a context of its own, and return the result as base.Played has it."""
    gate = Gate(browser, job["task"], wall)
    context = browser.new_context(
        proxy={"server": wall.url, "bypass": "<-loopback>"},
        viewport=WINDOW,
        accept_downloads=False,
        service_workers="block",
        ignore_https_errors=not job["verify"],
        user_agent=gate.user_agent or job["task"]["session"]["user_agent"] or None,
        storage_state={"cookies": [], "origins": kept_by(job["task"]["session"])["origins"]},
    )
    gate.watch(context)
    with closing(context):
        return Player(job, wall, gate, context).run()


def as_line(told: dict) -> bytes:
    """Return a result as one line of JSON. A page may say half a character, which no database takes."""
    return json.dumps(told, ensure_ascii=False).encode("utf-8", "replace") + b"\n"


class Player:
    """One task in one browser context."""

    def __init__(self, job: dict, wall: Wall, gate: Gate, context):
        self.task, self.wall, self.gate, self.context = job["task"], wall, gate, context
        self.until = time.monotonic() + job["seconds"]
        self.listener = Listener(context, self.task["url"], wall.places)
        self.secrets = self.listener.secrets
        self.asks_again = self.let_in = False
        self._give(self.task["session"])
        self.page = context.new_page()
        self.shown = ShownPage(self)
        self.user_agent = gate.own_user_agent or self.page.evaluate("navigator.userAgent")

    def _give(self, session: dict) -> None:
        pairs = [pair.strip().partition("=") for pair in self.gate.cookies.split(";") if pair.strip()]
        given = [{"name": name, "value": value, "url": urljoin(self.gate.target, "/")} for name, _, value in pairs]
        self.given = {(cookie["name"], cookie["value"]) for cookie in given}  # by a user, not by the site
        for cookie in (*given, *map(as_browser_has_it, session["cookies"])):
            with suppress(Error):  # one that this browser takes from no site
                self.context.add_cookies([cookie])
        give_to_windows(self.context, session, self.task["url"])

    def run(self) -> dict:
        """Play the task and return its result, as base.Played has it."""
        try:
            self._do()
            self._settle()
            self._stay_inside()
            return self._told()
        except Halt as halt:
            return self._told(reason=halt.reason, detail=halt.detail, line=halt.line, command=halt.command)
        except Error as error:
            return self._told(reason="browser_failed", detail=reason("browser_failed", error=first_line(error)))

    def _do(self) -> None:
        if recording := self.task["recording"]:
            Script(self, recording["url"], COMMANDS).play(recording["steps"])
        elif form := self.task["form"]:
            self.go(form["url"])
            fill(self, form)
        else:
            if answer := self.task["answer"]:
                once = {"body": answer, "content_type": "text/html; charset=utf-8"}
                self.page.route(lambda _: True, lambda route: route.fulfill(**once), times=1)  # the page itself
            self.go(self.task["url"])

    def left(self, most: float) -> float:
        """Milliseconds that something may take: at most `most` seconds, and not beyond the whole task's."""
        left = self.until - time.monotonic()
        if left <= 0:
            raise Halt("timed_out", reason("browser_time_over"))
        return min(most, left) * 1000

    def wait(self, look, seconds: float):
        """Call `look()` until its result is true or the time is over, and return the last result."""
        until = time.monotonic() + self.left(seconds) / 1000
        while True:
            try:
                if result := look():
                    return result
            except Error:
                result = None
            if time.monotonic() > until:
                return result
            self.page.wait_for_timeout(SECONDS_BETWEEN_LOOKS * 1000)

    def go(self, url: str) -> None:
        """Navigate; raises Halt where that is not allowed or the page does not come."""
        if urlsplit(url).scheme not in ("http", "https") or place(url) not in self.wall.places:
            raise Halt("address_not_allowed", reason("site_not_to_be_visited", url=shown(url)))
        self._refuse_left_out([url])
        refused = len(self.gate.refused)
        try:
            self.page.goto(url, timeout=self.left(SECONDS_FOR_A_PAGE), wait_until="domcontentloaded")
        except Error as error:
            self._stay_inside()
            self._refuse_left_out(self.gate.refused[refused:])
            detail = reason("page_does_not_load", url=shown(url), error=first_line(error))
            raise Halt("page_unreachable", detail) from error

    def _refuse_left_out(self, urls: list[str]) -> None:
        """Raise Halt for the first of these addresses that is left out of the scan."""
        for url in urls:
            if pattern := self.wall.pattern_of(url):
                raise Halt("address_not_allowed", reason("page_left_out_by", url=shown(url), pattern=pattern))

    def _settle(self) -> None:
        """Wait until no answer is missing for a moment: a login may be asked for by a page that was loaded long ago."""
        began = silent_since = time.monotonic()
        seconds = self.left(SECONDS_TO_SETTLE) / 1000
        try:
            while time.monotonic() - silent_since < SECONDS_OF_SILENCE and time.monotonic() - began < seconds:
                self.page.wait_for_timeout(50)
                if self.listener.pending:  # some pages never fall silent
                    silent_since = time.monotonic()
        except Error:
            pass  # its window is gone

    def _stay_inside(self) -> None:
        """Raise Halt where the page that is shown, or was asked for last, is none that may be visited."""
        for url in (self.page.url, self._asked_last()):
            parts = urlsplit(url)
            if parts.scheme in ("http", "https") and place(url) not in self.wall.places:
                raise Halt("address_not_allowed", reason("page_leads_outside", url=shown(url)))
            if parts.scheme not in ("http", "https", "about", "chrome-error", "blob", "data", ""):
                raise Halt("address_not_allowed", reason("page_leads_outside", url=shown(url)))

    def _asked_last(self) -> str:
        """Return the address that the page which is shown asked for last; its frames and other windows do not count."""
        for request in reversed(self.listener.navigations):
            with suppress(Error):  # the request of a window that was closed before it had a page
                if request.frame == self.page.main_frame:
                    return request.url
        return ""

    def _told(self, **values) -> dict:
        told = {
            **self.listener.told(),
            **self.listener.answered(),
            "user_agent": self.user_agent,
            "asks_again": self.asks_again,
        }
        told |= {"cookies": [], "storage": [], "url": self.page.url, "html": ""}
        told |= {"state": "", "screenshot": "", "text": "", "detail": reason(""), **values}
        told |= self._shown()
        looks = {"cookies": self._cookies, "storage": self._storage, "state": self._state, "screenshot": self._picture}
        for name, look in {**looks, "asks_again": self._asks_again}.items():
            with suppress(Error):
                told[name] = look()
        told["detail"] = without(told["detail"], {"\0": " "})  # a page's own words may be in it
        with suppress(Error):
            told["text"] = self.page.inner_text("body", timeout=2000)[:LONGEST_TEXT]
        if self.task["form"]:
            with suppress(Error):
                told["html"] = self.page.content()[:LONGEST_PAGE]
        return told

    def _shown(self) -> dict[str, str]:
        return self.shown.told() if self.task["recording"] or self.task["form"] else {}

    def _cookies(self) -> list[dict]:
        return [as_told(cookie, is_given=self._is_given(cookie)) for cookie in self.context.cookies()]

    def _is_given(self, cookie: dict) -> bool:
        """Return whether a user gave this cookie, and the site has not set it since."""
        return (cookie["name"], cookie["value"]) in self.given

    def _storage(self) -> list[str]:
        names = "[...Object.keys(localStorage), ...Object.keys(sessionStorage)]"
        return self.page.evaluate(f"{names}.slice(0, 100).map(name => name.slice(0, 100).replaceAll('\\0', ' '))")

    def _state(self) -> str:
        return keep(self.page, self.task["url"]) if self.task["recording"] or self.task["form"] else ""

    def _asks_again(self) -> bool:
        return self.asks_again or (not self.let_in and asks_for_login(self))

    def _picture(self) -> str:
        return base64.b64encode(self.page.screenshot(timeout=5000)).decode()


def as_browser_has_it(cookie: dict) -> dict:
    """Return a cookie of a session as Playwright takes it."""
    values = {**cookie, "httpOnly": bool(cookie["http_only"])}
    return {name: values[name] for name in COOKIE}


def as_told(cookie: dict, *, is_given: bool) -> dict:
    """Return a cookie of the browser as engines.base.Cookie has it."""
    told = {name: cookie[name] for name in COOKIE}
    http_only = told.pop("httpOnly")
    return {**told, "http_only": None if is_given else http_only}


def first_line(error: Exception) -> str:
    """Return the first line of a browser's error, without call log and without the secret parts of addresses."""
    line = str(error).split("\n")[0].split("Call log")[0]
    return re.sub(r"[a-z]+://\S+", lambda match: shown(match[0]), line)[:300]


if __name__ == "__main__":
    main()
