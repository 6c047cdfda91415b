"""What every status has: phase, results, ending and actions, and how an entry of the catalogue is written."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import TextChoices
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Phase(TextChoices):
    """Where in its life something with this status stands."""

    WAITING = "waiting", _("Waiting")
    ACTIVE = "active", _("Active")
    REVIEW = "review", _("Under verification")
    FINAL = "final", _("Ended")


class Results(TextChoices):
    """What results exist under this status."""

    NONE = "none", _("No results")
    VERIFYING = "under_verification", _("Results under verification")
    AVAILABLE = "available", _("Results available")


class EndedBy(TextChoices):
    """What ended it."""

    NOTHING = "", _("Not ended")
    ITSELF = "itself", _("It ran to its end")
    USER = "user", _("A user stopped it")
    DURATION = "duration", _("Its duration ended")
    SITE = "site", _("The site stopped answering")
    CHECKS = "checks", _("Checks before the scan failed")
    LOGINS = "logins", _("Too many failed logins")
    ENGINE = "engine", _("The engine stopped unexpectedly, or a check held it back")
    TECHNICAL = "technical", _("A technical issue on our side")


class Action(TextChoices):
    """What a user may ask for; the label is the button's."""

    EDIT = "edit", _("Edit")
    PRESCAN = "prescan", _("Prescan only")
    SUBMIT = "submit", _("Submit")
    STOP_SAVE = "stop_save", _("Stop and save results")
    STOP_DELETE = "stop_delete", _("Stop and delete results")
    PAUSE = "pause", _("Pause")
    RESUME = "resume", _("Resume")
    EXTEND = "extend", _("Extend the duration")
    CONTINUE = "continue", _("Continue from the saved session")
    PUBLISH = "publish", _("Publish results")
    RUN_AGAIN = "run_again", _("Run again")
    DELETE = "delete", _("Delete")


@dataclass(frozen=True)
class Status:
    """One entry of the catalogue. `actions` are those that the status allows; roles limit them further.

    Texts are English, or whatever language is in force when they are read.
    """

    choice: TextChoices
    meaning: Promise
    advice: Promise
    phase: Phase
    tone: str  # neutral, info, progress, success, warning, danger
    icon: str  # a symbol of static/icons.svg
    results: Results = Results.NONE
    ended_by: EndedBy = EndedBy.NOTHING
    actions: frozenset[Action] = frozenset()
    warning: bool = False

    @property
    def code(self) -> str:
        """The label in lower-case words: what is stored, filtered by and linked to."""
        return self.choice.value

    @property
    def label(self) -> str:
        """What people see."""
        return str(self.choice.label)

    @property
    def description(self) -> str:
        """What it means."""
        return str(self.meaning)

    @property
    def next_step(self) -> str:
        """What to do next."""
        return str(self.advice)

    @property
    def final(self) -> bool:
        """True when nothing can change this status any more."""
        return self.phase == Phase.FINAL

    def allows(self, action: Action) -> bool:
        """Whether the status allows this action, whoever asks."""
        return action in self.actions


STOP_ACTIONS = frozenset({Action.STOP_SAVE, Action.STOP_DELETE})


WAITING_ACTIONS = STOP_ACTIONS | {Action.PAUSE}


RUNNING_ACTIONS = STOP_ACTIONS | {Action.PAUSE, Action.EXTEND}


PAUSED_ACTIONS = STOP_ACTIONS | {Action.RESUME}


ENDED_ACTIONS = frozenset({Action.RUN_AGAIN, Action.DELETE})


REVIEW_ACTIONS = frozenset({Action.PUBLISH})


def verifying(status, meaning: Promise, ended_by: EndedBy, *, actions=frozenset()) -> Status:
    """The entry of a status whose results are being verified; all of these share their next step."""
    return Status(
        status,
        meaning,
        _(
            "Wait: each finding's request is replayed against the site, which takes minutes at most. "
            "Where a reviewer publishes, a reviewer can look at the results now."
        ),
        Phase.REVIEW,
        "info",
        "shield",
        Results.VERIFYING,
        ended_by,
        actions,
    )


def available(status, meaning, advice, ended_by, *, tone="warning", icon="check-partial", actions=frozenset()):
    """The entry of a status whose results are published."""
    return Status(
        status,
        meaning,
        advice,
        Phase.FINAL,
        tone,
        icon,
        Results.AVAILABLE,
        ended_by,
        actions,
    )


def in_phase(catalogue: dict[str, Status], *phases: Phase) -> list[str]:
    """The codes of `catalogue` in any of these phases, in the catalogue's order."""
    return [code for code, status in catalogue.items() if status.phase in phases]
