"""Playing a recording: its blocks, frame, variables and windows. Runs in the child process, without Django."""

import json
import math
import re
from collections import Counter
from collections.abc import Callable, Mapping
from urllib.parse import urljoin, urlsplit

from dialogs import Dialogs
from flow import COMMANDS as FLOW
from flow import LOOPS
from locators import Failed, is_locator, link_pattern, number, reason, selector, without
from playwright.sync_api import Error
from variables import Variables, plain_name
from wall import place

SECONDS_FOR_AN_ELEMENT = 10
SECONDS_FOR_THE_FIRST_LOCATOR = 2  # before its alternatives are tried, because the page may still be loading
SECONDS_FOR_A_WINDOW = 5
MOST_ROUNDS = 1000  # of one loop, as in Selenium IDE


class Halt(Exception):
    """The task cannot continue; `line` and `command` say where in a recording."""

    def __init__(self, reason: str, detail: dict, line: int = 0, command: str = ""):
        super().__init__(detail)
        self.reason, self.detail, self.line, self.command = reason, detail, line, command


class Script:
    """A recording that is being played: current frame, stored variables, open windows, and answers to dialogs.

    `base` is the address that the recording is relative to. Where that is on a site that may not be visited, such as
    a developer's machine, the recording plays on the target instead.
    """

    def __init__(self, player, base: str, commands: Mapping[str, Callable]):
        self.player, self._commands = player, commands
        self.base = base if is_address(base) else player.task["url"]
        self._frame = player.page.main_frame
        self.variables = Variables()
        self.filled_in = self.variables.filled_in
        self.windows: dict[str, object] = {}  # name → page
        self.dialogs = Dialogs(self)
        self.steps: list[dict] = []
        self.position = 0
        self.rounds: Counter[int] = Counter()  # of the loops that run, by the index of their first step
        player.context.on("page", self.dialogs.watch)
        self.dialogs.watch(player.page)

    def play(self, steps: list[dict]) -> None:
        """Run the steps. Raises Halt at the first that fails."""
        self.steps, self.position = steps, 0
        while self.position < len(steps):
            step = steps[self.position]
            # If the parent process has to kill this one, it reports the last step.
            print(json.dumps({name: step[name] for name in ("line", "command", "test")}), flush=True)
            try:
                self.player.left(1)
                self.position = self._flow(step) if step["command"] in FLOW else self._do(step)
            except Halt as halt:
                raise Halt(halt.reason, self._at_command(step, halt.detail), step["line"], step["command"]) from None
            except (Failed, Error, ValueError, OverflowError, RecursionError, re.error) as failure:
                first_line = str(failure).split("\n")[0][:300]
                detail = failure.detail if isinstance(failure, Failed) else reason("text", text=first_line)
                detail = self._at_command(step, self._without_secrets(step, detail))
                raise Halt("step_failed", detail, step["line"], step["command"]) from None

    def _do(self, step: dict) -> int:
        """Run one step and return the index of the next."""
        self.dialogs.foresee(self.steps, self.position)
        before = len(self.player.context.pages)
        self._commands[step["command"]](self, step, self.filled_in(step["target"]), self.filled_in(step["value"]))
        if step["opens"]:
            if not self.wait(lambda: len(self.player.context.pages) > before, SECONDS_FOR_A_WINDOW):
                raise Failed("no_window_opened")
            self.remember(step["opens"], self.player.context.pages[-1])
        return self.position + 1

    def _flow(self, step: dict) -> int:
        """Play one command of a block and return the index of the next."""
        command, here = step["command"], self.position
        if command in ("elseIf", "else"):  # the end of a branch that was played
            while self.steps[here]["command"] != "end":
                here = self.steps[here]["jump"]
        elif command == "if":
            while self.steps[here]["command"] in ("if", "elseIf") and not self._is_true(self.steps[here]["target"]):
                here = self.steps[here]["jump"]
        elif command in LOOPS and not self._goes_round(step):
            here = step["jump"]
        elif command == "end" and self.steps[step["jump"]]["command"] in LOOPS:
            return step["jump"]
        elif command == "repeatIf":
            goes_round = self._is_true(step["target"])
            self._count(step["jump"], step["value"], goes_round)
            return step["jump"] if goes_round else here + 1
        return here + 1

    def _goes_round(self, step: dict) -> bool:
        """Return whether a loop has another round, and begin it."""
        done = self.rounds[self.position]
        if step["command"] == "while":
            more = self._is_true(step["target"])
        elif step["command"] == "times":
            more = done < math.floor(number(self.filled_in(step["target"])))
        else:
            items = self.variables.look_up(plain_name(step["target"]))
            if not isinstance(items, list):
                raise Failed("not_a_list", target=step["target"][:100])
            more = done < len(items)
            if more:
                self.variables[plain_name(step["value"])] = items[done]
        self._count(self.position, "" if step["command"] == "forEach" else step["value"], more)
        return more

    def _count(self, loop: int, limit: str, goes_round: bool) -> None:
        """Count the rounds of a loop until it ends. Raises Failed where it does not."""
        self.rounds[loop] = self.rounds[loop] + 1 if goes_round else 0
        most = int(limit) if limit.strip().isdecimal() else MOST_ROUNDS
        if self.rounds[loop] > most:
            raise Failed("loop_too_long", count=most)

    def _is_true(self, condition: str) -> bool:
        code, arguments = self.variables.in_script(condition)
        return self.frame.evaluate(f"arguments => Boolean({code})", arguments)

    def remember(self, name: str, page) -> None:
        """Store a window under a name, also as a variable, by which recordings refer to it."""
        self.variables[name], self.windows[name] = name, page

    @property
    def frame(self):
        """The frame that the commands are for; the whole page where that frame is gone."""
        if self._frame.is_detached():
            self._frame = self.player.page.main_frame
        return self._frame

    @frame.setter
    def frame(self, frame) -> None:
        self._frame = frame

    def show(self, page) -> None:
        """Continue in this window."""
        self.player.page, self.frame = page, page.main_frame

    def address(self, target: str) -> str:
        """Return the address that an `open` means."""
        url = urljoin(self.base, target)
        if place(self.base) not in self.player.wall.places and place(url) == place(self.base):
            scheme, netloc, *_ = urlsplit(self.player.task["url"])
            url = urlsplit(url)._replace(scheme=scheme, netloc=netloc).geturl()
        return url

    @staticmethod
    def _at_command(step: dict, detail: dict) -> dict:
        at_command = reason("at_command", line=step["line"], command=step["command"], error=detail)
        return reason("in_test", test=step["test"][:60], error=at_command)

    def _without_secrets(self, step: dict, detail: dict) -> dict:
        """Return the detail without the typed text and known secrets: the text may be a password."""
        typed = {self.filled_in(step["value"])} if step["command"] in ("type", "sendKeys", "editContent") else set()
        secrets = sorted(filter(None, typed | self.player.secrets), key=len, reverse=True)
        return without(detail, dict.fromkeys(secrets, "***"))

    # --- Finding elements

    def candidates(self, step: dict, target: str) -> list:
        """Return the locators of a step: the target, and those of its alternatives that are of a known kind."""
        alternatives = [one for one in map(self.filled_in, step["alternatives"]) if one != target and is_locator(one)]
        if not is_locator(target) and not alternatives:
            selector(target)  # says what is wrong with it
        known = [one for one in dict.fromkeys((target, *alternatives)) if is_locator(one)]
        return [found for one in known for found in self.located(one)]

    def located(self, target: str) -> list:
        """Return what a locator finds; a link also without regard to case, as style sheets change that of its text."""
        found = self.frame.locator(selector(target))
        pattern = link_pattern(target)
        if not pattern:
            return [found]
        return [found.filter(has_text=text) for text in (pattern, re.compile(pattern.pattern, re.IGNORECASE))]

    def element(self, step: dict, target: str, state: str = "visible"):
        """Wait for the step's element and return it. Raises Failed if it does not appear."""
        alone = {**step, "alternatives": []} if is_locator(target) else step
        found = self.wait(lambda: self.first(alone, target, state), SECONDS_FOR_THE_FIRST_LOCATOR)
        found = found or self.wait(lambda: self.first(step, target, state))
        if not found:
            raise Failed("no_element", target=target[:200])
        return found

    def first(self, step: dict, target: str, state: str):
        """Return the first element that one of the candidates finds; None if there is none yet."""
        for locator in self.candidates(step, target):
            locator = locator.filter(visible=True) if state == "visible" else locator
            if locator.count():
                return locator.first
        return None

    def wait(self, look, seconds: float = SECONDS_FOR_AN_ELEMENT):
        """Wait as the player does, by default as long as for an element."""
        return self.player.wait(look, seconds)

    def milliseconds(self) -> float:
        """Return how long one action may take."""
        return self.player.left(SECONDS_FOR_AN_ELEMENT)


def is_address(url: str) -> bool:
    """Return whether this is the whole address of a site."""
    try:
        return url.startswith(("http://", "https://")) and bool(place(url)[0])
    except ValueError:
        return False
