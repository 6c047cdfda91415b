"""The parts of a status (phase, results, ending, actions) and the form of an entry in the catalogue."""

from dataclasses import dataclass

from django.db.models import TextChoices
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from scans.reasons import labelled


class Phase(TextChoices):
    """The stage of its life that an analysis or URL scan with this status is in."""

    WAITING = "waiting", _("Waiting")
    ACTIVE = "active", _("Active")
    REVIEW = "review", _("Under verification")
    FINAL = "final", _("Ended")


class Results(TextChoices):
    """The results that exist in this status."""

    NONE = "none", _("No results")
    VERIFYING = "under_verification", _("Results under verification")
    AVAILABLE = "available", _("Results available")


class EndedBy(TextChoices):
    """The cause of the end."""

    NOTHING = "", _("Not ended")
    ITSELF = "itself", _("Finished by itself")
    USER = "user", _("Stopped by a user")
    DURATION = "duration", _("Duration ended")
    SITE = "site", _("The site stopped answering, or refuses us")
    CHECKS = "checks", _("Checks before the scan failed")
    LOGINS = "logins", _("Too many failed logins")
    ENGINE = "engine", _("The engine stopped unexpectedly, or a check prevented it from continuing")
    TECHNICAL = "technical", _("Technical issue")


@labelled
class Action(TextChoices):
    """An action that a user may request; its label is the text of the button."""

    EDIT = "edit", _("Edit")
    PRESCAN = "prescan", _("Prescan only")
    SUBMIT = "submit", _("Submit")
    STOP_SAVE = "stop_save", _("Stop and save results")
    STOP_DELETE = "stop_delete", _("Stop and delete results")
    PAUSE = "pause", _("Pause")
    RESUME = "resume", _("Resume")
    EXTEND = "extend", _("Extend the duration")
    CONTINUE = "continue", _("Continue from the saved session")
    VERIFY = "verify", _("Verify again")
    PUBLISH = "publish", _("Publish results")
    RUN_AGAIN = "run_again", _("Run again")
    DELETE = "delete", _("Delete")


@dataclass(frozen=True)
class Status:
    """One entry of the catalogue. `actions` are those that the status allows; roles limit them further.

    Texts are in the language that is active when they are read.
    """

    choice: TextChoices
    phase: Phase
    tone: str  # neutral, info, progress, success, warning, danger
    icon: str  # a symbol of static/icons.svg
    meaning: Promise
    advice: Promise
    results: Results = Results.NONE
    ended_by: EndedBy = EndedBy.NOTHING
    actions: frozenset[Action] = frozenset()
    warning: bool = False

    @property
    def code(self) -> str:
        """The label in lower-case words. The database, the filter and links use it."""
        return self.choice.value

    @property
    def label(self) -> str:
        """The name that people see."""
        return str(self.choice.label)

    @property
    def description(self) -> str:
        """The meaning of the status, in one or two sentences."""
        return str(self.meaning)

    @property
    def next_step(self) -> str:
        """The next step for the user."""
        return str(self.advice)

    @property
    def final(self) -> bool:
        """Whether the status can no longer change."""
        return self.phase == Phase.FINAL

    def allows(self, action: Action) -> bool:
        """Whether the status allows this action; roles are not considered."""
        return action in self.actions


class Actions:
    """The sets of actions that several statuses allow."""

    STOP = frozenset({Action.STOP_SAVE, Action.STOP_DELETE})
    WAITING = STOP | {Action.PAUSE}
    RUNNING = WAITING | {Action.EXTEND}
    PAUSED = STOP | {Action.RESUME}
    ENDED = frozenset({Action.RUN_AGAIN, Action.DELETE})
    REVIEW = frozenset({Action.PUBLISH})
    RESULTS = frozenset({Action.VERIFY})


_WAIT = _("Wait a few minutes: each finding's request is replayed against the site. Reviewers can see the results now.")


def verifying(status, ended_by: EndedBy, meaning: Promise, *, actions=Actions.REVIEW) -> Status:
    """Return the entry of a status whose results are being verified. All of these share one next step."""
    return Status(status, Phase.REVIEW, "info", "shield", meaning, _WAIT, Results.VERIFYING, ended_by, actions)


def available(status, ended_by, meaning, advice, *, tone="warning", icon="check-partial", actions=frozenset()):
    """Return the entry of a status whose results are published."""
    return Status(status, Phase.FINAL, tone, icon, meaning, advice, Results.AVAILABLE, ended_by, actions)


def in_phase(catalogue: dict[str, Status], *phases: Phase) -> list[str]:
    """Return the codes in `catalogue` whose status is in one of these phases, in the catalogue's order."""
    return [code for code, status in catalogue.items() if status.phase in phases]
