"""The tasks for a browser, and their results."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from scans.browser.side import Recording
from scans.engines.base import Seed, Session
from scans.reasons import NO_REASON, Reason
from scans.targets.request_rules import NO_RULES, RequestRules


@dataclass(frozen=True, kw_only=True)
class LoginForm:
    """A login form that only a browser can find; empty names mean that the fields are to be found."""

    url: str
    username: str
    password: str = field(repr=False)
    username_field: str = ""
    password_field: str = ""


@dataclass(frozen=True, kw_only=True)
class Task:
    """One thing to do in a browser of its own: play a recording, or fill in a form, or just look at `url`.

    `sites` are the only origins that can be reached: a URL of each, with the addresses it may be at; `rules` hold for
    every request there. `answer` is the
    HTML that the site gave at `url` before: it is looked at, and nothing asked for there again.
    """

    url: str
    sites: Mapping[str, tuple[str, ...]]
    rules: RequestRules = NO_RULES
    session: Session = Session()
    recording: Recording | None = None
    form: LoginForm | None = None
    answer: str = field(default="", repr=False)


@dataclass(frozen=True, kw_only=True)
class Played:
    """The result of a task. `reason` is empty if all went well, else a code; `detail` says what the browser saw.

    `line` is the number of the failing command in its test, as recorders count, and `command` its name.
    `visited` are the addresses that were navigated to, `forms` what was sent from there; `asked_for` what scripts of
    the pages got by GET, and `asked_as_member` those that they got only after a password was typed; `storage` names
    what the site keeps in the browser; `screenshot` is a PNG of the end, or of the failure; `text` and `html` are the
    page at the end, the latter only after a form. `shown` is the HTML of what a person saw in the page and its frames
    after the password was sent: each moment in turn, the newest first, and what dialogs said; after a recording, of
    the end. `shown_before` is the same of the page at `form_url`, just before the form was sent. `status` and
    `answered` are what the site answered to the last request that was sent, not asked for, after a password was
    typed. `asks_again`: at the end a login form is still shown.
    """

    reason: str = ""
    detail: Reason = NO_REASON
    line: int = 0
    command: str = ""
    session: Session = field(default=Session(), repr=False)
    visited: tuple[str, ...] = ()
    forms: tuple[Seed, ...] = ()
    asked_for: tuple[str, ...] = field(default=(), repr=False)
    asked_as_member: tuple[str, ...] = field(default=(), repr=False)
    storage: tuple[str, ...] = ()
    screenshot: bytes = field(default=b"", repr=False)
    url: str = ""
    text: str = field(default="", repr=False)
    html: str = field(default="", repr=False)
    shown: str = field(default="", repr=False)
    shown_before: str = field(default="", repr=False)
    form_url: str = ""
    answered: str = field(default="", repr=False)
    status: int = 0
    asks_again: bool = False

    @property
    def ok(self) -> bool:
        """True when everything was done."""
        return not self.reason
