"""The outcome of a login: LoggedIn with session and proof, or LoginFailed with a reason and what to do about it."""

from dataclasses import dataclass, field

from scans.engines.base import Session
from scans.login.page import Page
from scans.reasons import SENTENCES, Reason, Reasoned

# The fixed list of codes: for each, `to_do_…` in the registry of reasons says what to do next.
REASONS = frozenset(code.removeprefix("to_do_") for code in SENTENCES if code.startswith("to_do_"))


class LoginFailed(Reasoned):
    """A login, or logout, failed for one of REASONS; `why` says what was seen, never a secret.

    `step` names what was being done; `line` is the number of the script's command, `screenshot` a
    PNG, where there are such. `answer` is the page that shows the failure, where no browser saw it.
    """

    def __init__(self, reason: str, detail: Reason, step: str, *, screenshot: bytes = b"", line: int = 0):
        super().__init__(detail)
        self.reason, self.step = reason, step
        self.screenshot, self.line = screenshot, line
        self.answer: Page | None = None

    @property
    def next_step(self) -> Reason:
        """The advice: what the person who submitted the scan can do next."""
        return Reason(f"to_do_{self.reason}")


@dataclass(frozen=True, kw_only=True)
class LoggedIn:
    """A successful login: its session, and the signs that show whether it still holds.

    `detail` says what proved the login. `page_url` is a page to request again; `pattern` is a regular expression that
    it matches only while logged in, or empty. `login_url` is the address of the login page, or empty; `login_pattern`
    matches its form. `logout_urls` are the addresses that would end the login, each shortened to the part that does it.
    If a browser logged in, `screenshot` is a PNG, and `asked_for` the addresses that the page's scripts then requested.
    """

    session: Session
    detail: Reason
    page_url: str
    pattern: str = ""
    html: str = field(default="", repr=False)
    login_url: str = ""
    login_pattern: str = ""
    logout_urls: tuple[str, ...] = ()
    screenshot: bytes = field(default=b"", repr=False)
    asked_for: tuple[str, ...] = ()
