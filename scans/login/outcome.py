"""How a login ended: what carries it and proves it, or one of a fixed list of reasons and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.utils.translation import gettext_noop as _

from scans.engines.base import Session
from scans.login.page import Page

# reason → what the person who submitted the scan can do next.
REASONS = {
    "login_page_unreachable": _("Open the login page in your own browser, correct its address, and try again."),
    "login_page_not_allowed": _("Ask an administrator to allow the login page's host as a target."),
    "left_out": _("Name another login page, or take away the pattern that leaves this one out."),
    "out_of_scope": _("Give the address that the site leads to as the login page, or as the target."),
    "too_many_redirects": _("Open the address in your own browser: the site sends visitors round in circles."),
    "no_login_form": _("Give the address of the page that holds the login form, or record a login script."),
    "field_missing": _("Correct the names of the fields, or leave them empty to have them found."),
    "wrong_credentials": _("Check user name and password by logging in yourself, then enter them again."),
    "captcha": _("Switch the captcha off for this account or for the scanner's address."),
    "second_factor": _("Use an account without a second factor."),
    "account_locked": _("Have the account unlocked before the next try; every further try may lock it for longer."),
    "verification_text_missing": _("Log in yourself and copy a text that only a logged-in page shows."),
    "cannot_tell": _("Give a text or an address that only somebody who is logged in can see."),
    "pattern_useless": _(
        "Correct the pattern of logged-out pages: a regular expression that no logged-in page matches."
    ),
    "method_not_offered": _("Choose the way of logging in that the site asks for."),
    "malformed_headers": _("Write one “Name: value” to a line, and cookies as “name=value; name2=value2”."),
    "token_in_browser": _("Choose “Cookies and headers” and give the header with the token, such as Authorization."),
    "script_malformed": _("Export the recording again as a .side file and upload that."),
    "unsupported_command": _("Record the login again without this command."),
    "step_failed": _("Play the recording in your own browser and mend the step that failed."),
    "address_not_allowed": _(
        "Take the step out of the recording that leaves the target and the login page's host, or give that other host "
        "as the login page."
    ),
    "page_unreachable": _("Open the page in your own browser; if it works there, try again."),
    "timed_out": _("Shorten the recording or the waits in it; if the site was slow, try again."),
    "browser_missing": _("Ask an administrator to install Chromium on the machine that runs the scans."),
    "browser_failed": _("Try again; if it happens again, ask an administrator to look at the worker's log."),
    "not_logged_out": _("Check the logout script by playing it in your own browser."),
}


class LoginFailed(Exception):
    """A login, or logout, failed for one of REASONS; str() says what was seen, never a secret.

    `step` names what was being done; `line` is the number of the script's command, `screenshot` a
    PNG, where there are such. `answer` is the page that shows the failure, where no browser saw it.
    """

    def __init__(self, reason: str, detail: str, step: str, *, screenshot: bytes = b"", line: int = 0):
        super().__init__(detail)
        self.reason, self.detail, self.step = reason, detail, step
        self.screenshot, self.line = screenshot, line
        self.answer: Page | None = None

    @property
    def next_step(self) -> str:
        """What to do about it."""
        return REASONS[self.reason]


@dataclass(frozen=True, kw_only=True)
class LoggedIn:
    """A login that worked: what carries it, and what was learned about telling that it still holds.

    `detail` says what proved it. `page_url` can be asked for again; where `pattern`, a regular
    expression, is not empty, the page there matches it only while logged in. `login_url` is the
    address of the login page, or empty, and `login_pattern` tells its form. `logout_urls` are addresses
    that would end the login, each cut down to what makes it do so. `screenshot` is a
    PNG where a browser logged in, and `asked_for` what scripts of the page then got by GET.
    """

    session: Session
    detail: str
    page_url: str
    pattern: str = ""
    html: str = field(default="", repr=False)
    login_url: str = ""
    login_pattern: str = ""
    logout_urls: tuple[str, ...] = ()
    screenshot: bytes = field(default=b"", repr=False)
    asked_for: tuple[str, ...] = ()
