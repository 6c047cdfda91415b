"""What the system wrote down in English, said in the language of whoever reads.

Reasons and details are facts: workers store them as English text. This is the list of those texts, each with its
facts in braces; the sources that write them need not know it. What is not in here is shown as it was stored.
"""

import re
from functools import cache

from django.conf import settings
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_noop as _

from scans.login.outcome import REASONS

STORED = [
    # Why a status was reached, and why a schedule was switched off
    _("Nothing was heard from its worker."),
    _("A blackout window lasts until {until} UTC."),
    _("A user switched it off."),
    _("Retention policy: runs are kept for {days} days."),
    _("Retention policy: evidence is kept for {days} days."),
    _("Retention policy: screenshots are kept for {days} days."),
    _("Retention policy: logs are kept for {days} days."),
    _("The last run of its series was deleted."),
    _("As many URL scans are running as capacity allows."),
    _("The analysis' duration ended."),
    _("{count} runs in a row failed."),
    _("It was paused for longer than {limit}."),
    _("Its worker was lost {count} times."),
    _("{count} logins in a row failed. The last: {failure}"),
    _("it did not hold"),
    _("The engine ended without a single usable answer from the site."),
    _("The engine finished, but the site does not answer any more."),
    _("The engine ended: {outcome}."),
    _("The engine did not start: {reason}"),
    _("The engine's report cannot be used: {error}"),
    _("The site stopped answering, to the engine and to us."),
    _("The site's name does not resolve any more."),
    _("The disk is full: there is no room left for what it finds."),
    _("It could not go on, since the {step} check failed: {error}"),
    _("Nothing was heard from the engine for too long."),
    # Why a user was refused something
    _("{by} may not do this: it takes the role {role}. An administrator gives roles, in the admin under Users."),
    _("This takes the role Submitter. {reason}"),
    _("“{action}” is not possible: {thing} is “{status}”."),
    _("“{analysis}” is “{status}” and cannot be edited any more."),
    _("{url} is “{before}”; from there it cannot become “{after}”."),
    _("{url} changed in the same moment. Look at it again, then repeat."),
    _("{scan} is “{status}”; it has no results under verification."),
    _("{analysis} has ended as “{status}”; that never changes."),
    _("{analysis} has ended: run it again instead."),
    _("{analysis} was deleted already."),
    _("{analysis} was not submitted yet: submit it with all its URLs."),
    _("{analysis} was to start on {start:%d %B %Y %H:%M %Z}, which is past: edit it and choose another start."),
    _("It would end on {ends_on}, before its first start."),
    _("A blackout window keeps {analysis} from scanning until {until:%d %B %Y %H:%M} UTC."),
    _("{duration} is not possible: more than {before}, and at most 25 days."),
    _("{analysis} has no URL scan that could be submitted again."),
    _("{analysis} has no URL that waits for its checks."),
    _("{analysis} has no URL scan that waits for its start."),
    _("{analysis} has no URL scan that could be paused now."),
    _("{analysis} has no URL scan whose duration ended: run it again instead."),
    _("The saved sessions of {analysis} were removed by the retention policy: run it again instead."),
    _("{analysis} has no recurring schedule that is switched on."),
    _("{analysis} has no recurring schedule that is switched off."),
    _("{analysis} cannot be deleted yet: run {run} goes on from its saved sessions."),
    _("{analysis} cannot be published yet: findings are still being replayed."),
    # Why an address was not asked for
    _("This address would end the login."),
    _("This address is left out of the scan."),
    _("It is outside of the scope of this scan."),
    # What replaying a finding showed
    _("The site does not answer any more."),
    _("Its time, {count} seconds, was over before this finding's turn."),
    _("Verification broke: {error}"),
    _("The login is lost: {error}"),
    _("The site could not be asked again: {error}"),
    _("The site gave no answer: {error}."),
    _("The site gave the same answer again."),
    _("The engine kept no answer that this one could be compared with."),
    _("The engine kept no policy that this one could be compared with."),
    _("The answer does not contain the attack's text this time."),
    _("The answer's headers do not contain the attack's text this time."),
    _("The site gave no answer in {count} seconds."),
    _("The answer still lacks the header {name}."),
    _("The cookie {name} is still set without the flag {flag}."),
    _("The site answered {status} this time."),
    _("The policy's {name} is still missing."),
    _("The policy's {name} is still the same."),
    _("The answer contains the attack's text unchanged again."),
    _("The answer's headers contain the attack's text again."),
    _("The site answered within {count} seconds this time."),
    _("The site answered {seen}; with the finding it was {then}."),
    _("The site again gave no answer in {count} seconds."),
    _("The answer has the header {name} now."),
    _("The answer sets no cookie {name} that could be looked at."),
    _("The cookie {name} is set with the flag {flag} now."),
    _("The site answered {status} again."),
    _("The policy's {name} is another one now."),
    _("The answer lacks “{text}”, which the evidence has."),
    # The checks: their steps, and what was seen
    *(_("target policy"), _("name resolution"), _("connection"), _("page"), _("login"), _("logout"), _("crawl script")),
    *(_("allowed"), _("not used")),
    _("{address} port {port} accepts"),
    _("{url} answers {status}"),
    _("{url} answers {status} to who is not logged in"),
    _("{url} redirects more than {count} times."),
    _("{url} answers {status} each of {count} times."),
    _("The site's certificate is not trusted: {error}."),
    _("{url} answers 401: it wants a login."),
    _("{url} answers {status}: there is no page to start from."),
    _("{url} answers {status} with an empty page."),
    _("The name {host} does not resolve: {error}."),
    _("{address} port {port} does not answer."),
    _("{address} refuses connections to port {port}."),
    _("No connection to {address} port {port}: {error}."),
    _("No TLS connection can be made: {error}."),
    _("{url} redirects to {address}, which is no address."),
    _("{url} redirects to {address}, which is not below it. Submit that address if it is meant."),
    _("{url} gives no answer: {error}."),
    _("{addresses} addresses and {forms} forms for the crawl to begin with"),
    _("logged out, and in again"),
    # Logins
    _("The site keeps “{names}” in the browser's storage, which its scripts alone can read."),
    _("The cookies are not “name=value; name2=value2”."),
    _("{url} asks for {asked}, not for {method}."),
    _("Line {number} of the headers is not “Name: value”."),
    _("Line {number} of the headers gives {name}, which belongs to the connection and cannot be given."),
    _("{url} is left out of the scan."),
    _("{url} redirects to {address}, which is left out of the scan."),
    _("{url} still knows who is asking."),
    _("{url} accepts this user and refuses one that does not exist"),
    _("The login form at {url} is sent to {address}, which is not on the target."),
    _("The pattern of logged-out pages is found on {url}, which is logged in."),
    _("The login page's address {url} does not lead to any host."),
    _("The login form at {url} has a captcha."),
    _("The pattern of logged-out pages is no regular expression: {error}."),
    _("The login form at {url} has no field {name}. Its fields: {names}."),
    _("{url} asked for a login before, and does so no more"),
    _("“{text}” was not found after the login, at {url}."),
    _("{url} looks alike with and without the login."),
    _("{error}, but nothing that can be asked for again would show that the login is over."),
    _("{url} speaks of a lock or of too many tries."),
    _("{url} asks for a one-time code."),
    _("{url} asks for a captcha."),
    _("{url} answers {status} instead of 401 now, so that nothing can be seen."),
    _("{url} answers {status} after the login."),
    _("{url} asks for the login again."),
    _("{url} answers {status} to the login."),
    _("{url} offers to log out"),
    _("“{text}” stands on {url}"),
    _("{url} leads to {address}, which is not on the target's host and port."),
    _("{url} still redirects after {count} times."),
    _("Command {line}, {command}: {error}"),
    _("The browser failed: {error}"),
    _("No Chromium is installed on the machine that runs the scans."),
    _("The browser was not done after {count} seconds."),
    _("The browser ended unexpectedly: {error}"),
    _("The script cannot be read: {error}."),
]
# Facts that may be texts of ours
_TEXTS_THEMSELVES = {"error", "failure", "reason", "step", "action", "status", "before", "after"}
_FACT = re.compile(r"{(\w+)(?::[^}]*)?}")  # how a moment is written, each language says: stored, it is a text


def said(text: str) -> str:
    """A stored text in the reader's language; as it is where it is none of ours."""
    if not text or get_language() == settings.LANGUAGE_CODE:
        return text
    if (translated := gettext(text)) != text:
        return translated
    for pattern, template in _patterns():
        if match := pattern.fullmatch(text):
            facts = match.groupdict()
            facts |= {name: said(facts[name]) for name in _TEXTS_THEMSELVES & facts.keys()}
            return _FACT.sub(r"{\1}", gettext(template)).format(**facts)
    return _with_next_step(text)


def _with_next_step(text: str) -> str:
    """The detail of a failed login ends with what to do about it."""
    for step in REASONS.values():
        if text.endswith(f" {step}"):
            return f"{said(text.removesuffix(f' {step}'))} {gettext(step)}"
    return text


@cache
def _patterns() -> list[tuple[re.Pattern, str]]:
    """Those of STORED that have facts, the most telling first, as what matches them."""
    templates = sorted((text for text in STORED if "{" in text), key=lambda text: -len(_FACT.sub("", text)))
    return [(_pattern(text), text) for text in templates]


def _pattern(template: str) -> re.Pattern:
    plain = re.escape(_FACT.sub(r"{\1}", template))
    return re.compile(re.sub(r"\\{(\w+)\\}", r"(?P<\1>.+)", plain), re.DOTALL)
