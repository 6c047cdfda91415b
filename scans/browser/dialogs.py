"""Dialogs of the pages, and the answers that a recording has for them. Runs in the child process, without Django."""

from contextlib import suppress
from dataclasses import dataclass

from locators import Failed, matches
from playwright.sync_api import Error

SECONDS_FOR_A_DIALOG = 5
SECONDS_FOR_A_DIALOG_OF_OLD = 2  # version 3 let such a command pass even if there was none
MOST_TEXTS = 10  # only the last: a page may open thousands
# Commands that note, after the step that opens a dialog, how it was answered: its kind, and whether it was accepted.
ANSWERS = {
    "acceptAlert": ("alert", True),
    "acceptConfirmation": ("confirm", True),
    "dismissConfirmation": ("confirm", False),
    "answerPrompt": ("prompt", True),
    "dismissPrompt": ("prompt", False),
}
ANSWERS_OF_OLD = {
    "webdriverChooseOkOnVisibleConfirmation": ("confirm", True),
    "webdriverChooseCancelOnVisibleConfirmation": ("confirm", False),
    "webdriverAnswerOnVisiblePrompt": ("prompt", True),
    "webdriverChooseCancelOnVisiblePrompt": ("prompt", False),
}
# … and those that note it before that step.
ANSWERS_BEFORE = {
    "chooseOkOnNextConfirmation": ("confirm", True),
    "chooseCancelOnNextConfirmation": ("confirm", False),
    "answerOnNextPrompt": ("prompt", True),
    "chooseCancelOnNextPrompt": ("prompt", False),
}
TEXTS = frozenset(f"{verb}{kind}" for verb in ("assert", "verify") for kind in ("Alert", "Confirmation", "Prompt"))
_ALL_AFTERWARDS = {**ANSWERS, **ANSWERS_OF_OLD}
_MAY_STAND_BETWEEN = TEXTS | {"pause", "echo", "setSpeed", "debugger"}


@dataclass
class _Answer:
    kind: str
    accepts: bool
    text: str | None  # for a prompt; None leaves what it suggests


class Dialogs:
    """The answers that are known so far, and the texts of the dialogs that were shown."""

    def __init__(self, script):
        self.script = script
        self.texts: list[str] = []
        self.next: dict[str, _Answer] = {}  # noted before the dialog, by its kind
        self.foreseen: dict[int, _Answer] = {}  # noted after it, by the index of that step
        self.noted: set[int] = set()  # steps whose answer was foreseen already, until they are played

    def watch(self, page) -> None:
        """Answer the dialogs of this page."""
        page.on("dialog", self._shown)

    def _shown(self, dialog) -> None:
        self.texts = [*self.texts[1 - MOST_TEXTS :], dialog.message]
        answer = self._take(dialog.type)
        with suppress(Error):  # its window is gone
            if answer and not answer.accepts:
                dialog.dismiss()
            elif dialog.type == "prompt":
                dialog.accept(dialog.default_value if answer is None or answer.text is None else answer.text)
            else:
                dialog.accept()

    def _take(self, kind: str) -> _Answer | None:
        """The answer to a dialog of this kind, which is used up with it."""
        before = self.next.pop(kind, None)
        for wanted in (kind, "alert"):  # “accept alert” accepts whatever is shown
            for index, answer in self.foreseen.items():
                if answer.kind == wanted:
                    return self.foreseen.pop(index)
        return before

    def note(self, step: dict, target: str) -> None:
        """Note the answer to the next dialog of its kind: a command that stands before the step that opens it."""
        kind, accepts = ANSWERS_BEFORE[step["command"]]
        self.next[kind] = _Answer(kind, accepts, target)

    def foresee(self, steps: list[dict], index: int) -> None:
        """Read the answers to the dialogs that the step of this index opens: they stand after it."""
        for following in range(index + 1, len(steps)):
            command = steps[following]["command"]
            if command in _ALL_AFTERWARDS:
                self._foresee(following, steps[following])
            elif command not in _MAY_STAND_BETWEEN:
                return

    def _foresee(self, index: int, step: dict) -> None:
        if index not in self.noted:
            self.noted.add(index)
            target = self.script.filled_in(step["target"])
            of_old = step["command"] in ANSWERS_OF_OLD
            self.foreseen[index] = _Answer(*_ALL_AFTERWARDS[step["command"]], target if target or of_old else None)

    def answered(self, index: int, command: str) -> None:
        """Play a command that says how a dialog was answered: wait until it was. Raises Failed."""
        self.noted.discard(index)
        seconds = SECONDS_FOR_A_DIALOG if command in ANSWERS else SECONDS_FOR_A_DIALOG_OF_OLD
        if not self.script.wait(lambda: index not in self.foreseen, seconds) and command in ANSWERS:
            self.foreseen.pop(index, None)
            raise Failed("no_dialog_shown")

    def has_text(self, text: str) -> None:
        """Wait for a dialog with this text. Raises Failed."""
        if not self.script.wait(lambda: any(matches(shown, text) for shown in self.texts)):
            raise Failed("no_dialog", text=text[:100])
