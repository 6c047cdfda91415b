"""Playing a recording: its frame, variables, windows and dialogs. Runs in the child process, without Django."""

import json
import re
import time
from collections.abc import Callable, Mapping

from locators import Failed, is_locator, reason, selector, without
from playwright.sync_api import Error

SECONDS_FOR_AN_ELEMENT = 10
SECONDS_FOR_THE_FIRST_LOCATOR = 2  # before its alternatives are tried, because the page may still be loading
SECONDS_FOR_A_WINDOW = 5
SECONDS_BETWEEN_LOOKS = 0.1
# Commands that note how a dialog was answered: the kind of dialog, and whether it was accepted.
ANSWERS_AFTERWARDS = {
    "webdriverChooseOkOnVisibleConfirmation": ("confirm", True),
    "webdriverChooseCancelOnVisibleConfirmation": ("confirm", False),
    "webdriverAnswerOnVisiblePrompt": ("prompt", True),
    "webdriverChooseCancelOnVisiblePrompt": ("prompt", False),
}
ABOUT_A_DIALOG_BEFORE = {*ANSWERS_AFTERWARDS, "assertAlert", "assertConfirmation", "assertPrompt"}


class Halt(Exception):
    """The task cannot continue; `line` and `command` say where in a recording."""

    def __init__(self, reason: str, detail: dict, line: int = 0, command: str = ""):
        super().__init__(detail)
        self.reason, self.detail, self.line, self.command = reason, detail, line, command


class Script:
    """A recording that is being played: current frame, stored variables, open windows, and answers to dialogs."""

    def __init__(self, player, base: str, commands: Mapping[str, Callable]):
        self.player, self.base, self._commands = player, base, commands
        self.frame = player.page.main_frame
        self.variables: dict[str, str] = {}
        self.windows: dict[str, object] = {}  # name → page
        self.accepts: dict[str, bool] = {}  # kind of dialog → whether the next one is accepted
        self.answer: str | None = None
        self.dialog_texts: list[str] = []
        player.context.on("page", self._watch)
        self._watch(player.page)

    def _watch(self, page) -> None:
        page.on("dialog", self._dialog)

    def _dialog(self, dialog) -> None:
        self.dialog_texts = [*self.dialog_texts[-9:], dialog.message]  # only the last: a page may open thousands
        try:
            if not self.accepts.pop(dialog.type, True):
                dialog.dismiss()
            elif dialog.type == "prompt":
                answer, self.answer = self.answer, None
                dialog.accept(dialog.default_value if answer is None else answer)
            else:
                dialog.accept()
        except Error:
            pass  # its window is gone

    def play(self, steps: list[dict]) -> None:
        """Run the steps in order. Raises Halt at the first that fails."""
        for number, step in enumerate(steps):
            # If the parent process has to kill this one, it reports the last step.
            print(json.dumps({"line": step["line"], "command": step["command"]}), flush=True)
            if step["command"] not in ABOUT_A_DIALOG_BEFORE:
                self._foresee(steps[number + 1 :])
            try:
                self._do(step)
            except Halt as halt:
                raise Halt(halt.reason, self._at_command(step, halt.detail), step["line"], step["command"]) from None
            except (Failed, Error, ValueError, re.error) as failure:
                first_line = str(failure).split("\n")[0][:300]
                detail = failure.detail if isinstance(failure, Failed) else reason("text", text=first_line)
                detail = self._at_command(step, self._without_secrets(step, detail))
                raise Halt("step_failed", detail, step["line"], step["command"]) from None

    def _do(self, step: dict) -> None:
        self.player.left(1)
        before = len(self.player.context.pages)
        self._commands[step["command"]](self, step, self.filled_in(step["target"]), self.filled_in(step["value"]))
        if step["opens"]:
            if not self.wait(lambda: len(self.player.context.pages) > before, SECONDS_FOR_A_WINDOW):
                raise Failed("no_window_opened")
            self.remember(step["opens"], self.player.context.pages[-1])

    def _foresee(self, following: list[dict]) -> None:
        """Read the answers to the dialogs that the next step opens: newer recorders note them after that step."""
        for step in following:
            if step["command"] in ANSWERS_AFTERWARDS:
                kind, accepts = ANSWERS_AFTERWARDS[step["command"]]
                self.accepts[kind] = accepts
                self.answer = self.filled_in(step["target"]) if kind == "prompt" and accepts else self.answer
            elif step["command"] not in ABOUT_A_DIALOG_BEFORE:
                return

    def remember(self, name: str, page) -> None:
        """Store a window under a name, also as a variable, by which recordings refer to it."""
        self.variables[name], self.windows[name] = name, page

    def show(self, page) -> None:
        """Continue in this window."""
        self.player.page, self.frame = page, page.main_frame

    @staticmethod
    def _at_command(step: dict, detail: dict) -> dict:
        return reason("at_command", line=step["line"], command=step["command"], error=detail)

    def _without_secrets(self, step: dict, detail: dict) -> dict:
        """Return the detail without the typed text and known secrets: the text may be a password."""
        typed = {self.filled_in(step["value"])} if step["command"] in ("type", "sendKeys", "editContent") else set()
        secrets = sorted(filter(None, typed | self.player.secrets), key=len, reverse=True)
        return without(detail, dict.fromkeys(secrets, "***"))

    def filled_in(self, text: str) -> str:
        """Return the text with the values of stored variables."""
        return re.sub(r"\$\{(\w+)\}", lambda match: self.variables.get(match[1], match[0]), text)

    # --- Finding elements

    def candidates(self, step: dict, target: str) -> list:
        """Return the locators of a step: the target, and those of its alternatives that are of a known kind."""
        alternatives = [one for one in dict.fromkeys(step["alternatives"]) if one != target and is_locator(one)]
        return [self.frame.locator(selector(one)) for one in (target, *alternatives)]

    def element(self, step: dict, target: str, state: str = "visible"):
        """Wait for the step's element and return it. Raises Failed if it does not appear."""
        alone = {**step, "alternatives": []}
        found = self.wait(lambda: self.first(alone, target, state), SECONDS_FOR_THE_FIRST_LOCATOR)
        found = found or self.wait(lambda: self.first(step, target, state))
        if not found:
            raise Failed("no_element", target=target[:200])
        return found

    def first(self, step: dict, target: str, state: str):
        """Return the first element that one of the candidates finds; None if there is none yet."""
        for locator in self.candidates(step, target):
            if locator.count() and (state == "attached" or locator.first.is_visible()):
                return locator.first
        return None

    def wait(self, look, seconds: float = SECONDS_FOR_AN_ELEMENT):
        """Call `look()` until its result is true or the time is over, and return the last result."""
        until = time.monotonic() + self.player.left(seconds) / 1000
        while True:
            try:
                if result := look():
                    return result
            except Error:
                result = None
            if time.monotonic() > until:
                return result
            self.player.page.wait_for_timeout(SECONDS_BETWEEN_LOOKS * 1000)

    def milliseconds(self) -> float:
        """Return how long one action may take."""
        return self.player.left(SECONDS_FOR_AN_ELEMENT)
