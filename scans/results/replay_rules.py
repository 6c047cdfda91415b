"""Which sign shows each finding's weakness: by the engine's sentence, the category, or the module.

Every module that can be run has its rule here, or a reason why its findings cannot be verified. A page that merely
looks like the one in the evidence confirms nothing.
"""

import re
from collections.abc import Callable, Iterable
from time import sleep

from scans.engines.base import Cookie
from scans.models import Finding
from scans.results import injection_rules as injections
from scans.results import page_rules as pages
from scans.results.look import Ask, Look
from scans.results.verdicts import NotReplayable, Verdict, not_replayable
from scans.targets.refusal import Seen

Rule = Callable[[Look], Verdict]

_BY_INFO: list[tuple[re.Pattern, Rule]] = [
    (pages.MISSING_HEADER, pages.missing_header),
    (pages.INVALID_HEADER, pages.missing_header),
    (pages.MISSING_FLAG, pages.cookie_flag),
    (pages.SERVER_ERROR, pages.server_error),
    (pages.WEAK_POLICY, pages.policy),
]
_BY_CATEGORY: dict[str, Rule] = {
    "Internal Server Error": pages.server_error,
    "Resource consumption": injections.silence,
}
# A text stands where no single request shows the weakness: the code of the reason.
_BY_MODULE: dict[str, Rule | str] = {
    **dict.fromkeys(["ssrf", "log4shell"], "out_of_band"),
    **dict.fromkeys(["ssl", "takeover", "https_redirect"], "not_by_request"),
    "backup": pages.left_file,
    "brute_login_form": "guessed_password",
    "buster": pages.left_file,
    "crlf": injections.header,
    "csrf": pages.form_token,
    "exec": injections.command,
    "file": injections.file_content,
    "htaccess": pages.unknown_method,
    "ldap": injections.ldap,
    "methods": pages.methods,
    "permanentxss": injections.stored_script,
    "redirect": injections.redirect,
    "shellshock": injections.shell_variable,
    "spring4shell": injections.class_loader,
    "sql": injections.sql,
    "timesql": injections.delay,
    "upload": "files_kept_in_parts",
    "xss": injections.script,
    "xxe": injections.xml,
}

# Confirmed by a difference between pages alone. A site that refuses some requests by another page makes one too, so the
# difference must show twice.
_BY_COMPARISON = {"condition_decides", "file_there", "method_bypasses"}
_SECONDS_BETWEEN_LOOKS = 3.0


def judge(
    finding: Finding,
    ask: Ask,
    *,
    usual: Seen | None = None,
    rest: Callable[[float], object] = sleep,
    login_cookies: Iterable[Cookie] = (),
) -> Verdict:
    """Look for the sign of the finding's weakness, sending what that takes with `ask`, and return the verdict.

    `usual` is what the finding's address answers to everybody, if that is known; `rest` waits; `login_cookies` are
    those of the scan's login, made for the looks. Raises NotReplayable, Refused when the site turns us away, and
    httpx.HTTPError or OSError without an answer.
    """
    rule = rule_of(finding)
    if rule is None:
        raise NotReplayable("no_sign_known", module=finding.module)
    if isinstance(rule, str):
        raise NotReplayable(rule)
    cookies = tuple(login_cookies)
    verdict = rule(Look(finding, ask, usual=usual, rest=rest, login_cookies=cookies))
    if verdict.reason.code not in _BY_COMPARISON:
        return verdict
    rest(_SECONDS_BETWEEN_LOOKS)
    again = rule(Look(finding, ask, usual=usual, rest=rest, login_cookies=cookies))
    return again if again.reason.code == verdict.reason.code else not_replayable("page_changes_by_itself")


def rule_of(finding: Finding) -> Rule | str | None:
    """Return the rule for this finding, or the code of the reason why there is none; None for an unknown module."""
    for pattern, rule in _BY_INFO:
        if pattern.match(finding.info.strip()):
            return rule
    return _BY_CATEGORY.get(finding.category) or _BY_MODULE.get(finding.module)
