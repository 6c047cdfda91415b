"""How each kind of injection shows in an answer. Each rule makes its look and returns the verdict.

A text that the attack brought along shows nothing. What the site answers to a harmless value too is no sign either.
"""

import re
from collections.abc import Callable

import httpx

from scans.results.look import TIMEOUT_SECONDS, Look
from scans.results.markup import host_of, joined, leads_to, makes_element, runs
from scans.results.signs import (
    COMMAND_OUTPUT,
    DATABASE_ERRORS,
    FILE_CONTENT,
    LDAP_ERRORS,
    XML_CONTENT,
    Signs,
    without_echo,
    without_news,
)
from scans.results.stored_request import StoredRequest
from scans.results.verdicts import Verdict, confirmed, not_replayable, not_reproduced
from scans.targets.http_client import Answer

_DELAY = re.compile(r"(sleep\(|sleep |delay '0:0:|-n )(\d+)", re.IGNORECASE)
_COMPARISON = re.compile(r"\b(\d+)=(\d+)\b")
_INJECTED_HEADER = re.compile(r"[\r\n]+([A-Za-z-]+): *([^\r\n]+)")
_BASH_CODE = re.compile(r"((?:\\x[0-9a-f]{2}){4,})")
_CLASS_LOADER = "class.module.classLoader"
_STORED_AND_SHOWN = re.compile(r"^Stored .* vulnerability found in (https?://\S+) by injecting ")
_PAGES = ("", "text/html", "application/xhtml+xml")  # what a browser shows as a page
_WAITS = (1, 2, 4, 8, 15)  # seconds, for a site that still carries out a delay


def shows(signs: Signs, again: str, gone: str) -> Callable[[Look], Verdict]:
    """Return the rule for a weakness that shows by one of these texts; `again` and `gone` are the codes of reasons."""

    def rule(look: Look) -> Verdict:
        answer, payload = look.answer(), look.payload
        page = without_echo(answer.body, payload)
        sign = signs.only_in(page, "")
        if not sign:
            return look.absent(answer, gone)
        if control := look.control():
            sign = signs.only_in(page, without_echo(control.body, payload))
        return confirmed(again, text=sign) if sign else not_replayable("sign_for_everybody")

    return rule


database_error = shows(DATABASE_ERRORS, "database_error_again", "database_error_gone")
file_content = shows(FILE_CONTENT, "file_content_again", "file_content_gone")
xml_content = shows(XML_CONTENT, "file_content_again", "file_content_gone")
ldap_error = shows(LDAP_ERRORS, "ldap_error_again", "ldap_error_gone")
command_output = shows(COMMAND_OUTPUT, "command_output_again", "command_output_gone")


def sql(look: Look) -> Verdict:
    """An error of the database; without one in the report, an answer that depends on a comparison."""
    return condition(look) if _COMPARISON.search(look.payload) else database_error(look)


def condition(look: Look) -> Verdict:
    """The page is another one when the comparison inside the attack is false."""
    payload, parameter = look.payload, look.finding.parameter

    def shown(left: int, right: int) -> str:
        asked = _COMPARISON.sub(f"{left}={right}", payload, count=1)
        return _compared(look.answer(look.request.with_value(parameter, asked)), asked)

    true, again = shown(47, 47), shown(58, 58)
    false = [shown(47, 58), shown(36, 85)]
    if true != again:  # the page has news or tokens
        true, again, *false = map(without_news, (true, again, *false))
    if true != again:
        return not_replayable("page_changes_by_itself")
    return not_reproduced("condition_without_effect") if true in false else confirmed("condition_decides")


def _compared(answer: Answer, payload: str) -> str:
    """Return what two answers are compared by: all but the attack's own text."""
    return f"{answer.status} {answer.headers.get('location', '')} {without_echo(answer.body, payload)}"


def delay(look: Look) -> Verdict:
    """The answer takes as long as the attack says, and the same request without the delay does not."""
    payload, parameter = look.payload, look.finding.parameter
    at_once = look.request.with_value(parameter, _DELAY.sub(lambda found: f"{found[1]}0", payload))
    if at_once == look.request:
        at_once = look.harmless() or look.request.page(look.request.path)
    return _silence(look, at_once)


def silence(look: Look) -> Verdict:
    """No answer in time, while a harmless value is answered."""
    return _silence(look, look.harmless() or look.request.page(look.request.path))


def _silence(look: Look, harmless: StoredRequest) -> Verdict:
    try:
        usual = look.answer(harmless).seconds
    except httpx.TimeoutException:
        return not_replayable("slow_for_everybody", count=TIMEOUT_SECONDS)
    if usual > TIMEOUT_SECONDS / 2:
        return not_replayable("slow_for_everybody", count=round(usual, 1))
    try:
        answer = look.answer()
    except httpx.TimeoutException:
        if _answers_again(look, harmless):
            return confirmed("silence_again", count=TIMEOUT_SECONDS)
        return not_replayable("slow_for_everybody", count=TIMEOUT_SECONDS)
    return look.absent(answer, "answered_in_time", count=round(answer.seconds, 1))


def _answers_again(look: Look, harmless: StoredRequest) -> bool:
    """Return whether the site answers in good time again; it may still carry out the delay."""
    for seconds in _WAITS:
        try:
            if look.answer(harmless).seconds <= TIMEOUT_SECONDS / 2:
                return True
        except httpx.TimeoutException:
            pass
        look.rest(seconds)
    return False


def command(look: Look) -> Verdict:
    """The output of a command or a computed value; in a blind injection, the delay."""
    return delay(look) if look.finding.info.startswith("Blind ") else command_output(look)


def xml(look: Look) -> Verdict:
    """The content of a file; not if it went to a server of the engine's."""
    if look.finding.info.startswith(("Out-Of-Band", "The target reached")):
        return not_replayable("out_of_band")
    return xml_content(look)


def ldap(look: Look) -> Verdict:
    """An error of the directory, or answers as of a query that the attack widened."""
    if look.finding.info.startswith("Potential "):
        return ldap_error(look)

    def shown(value: str) -> str:
        return _compared(look.answer(look.request.with_value(look.finding.parameter, value)), value)

    nothing, malformed = shown("nosuchvalue"), shown("(**nosuchvalue**")
    if nothing != shown("nosuchvalue"):
        return not_replayable("page_changes_by_itself")
    answer = look.answer()
    if _compared(answer, look.payload) in (nothing, malformed):
        return look.absent(answer, "condition_without_effect")
    harmless = {shown("nosuchvalue))\0"), shown(")(nosuchvalue=a))\0nosuchvalue")}
    # A directory finds nothing for at least one of these. A page that differs by itself is no sign of one.
    return confirmed("condition_decides") if harmless & {nothing, malformed} else not_reproduced("differs_anyway")


def script(look: Look) -> Verdict:
    """The attack's text is a script, or an element, of the page."""
    look.renew_token()
    request = look.marked_anew()
    return _shown(look, request, look.answer(request))


def stored_script(look: Look) -> Verdict:
    """The same on the page that shows what the request stored."""
    look.renew_token()
    request = look.marked_anew()
    taken = look.raw_answer(request)
    page = look.plain_answer(look.request.page(shown_at(look.finding)))  # Refused, if the whole site turns us away
    if taken.status >= 400:
        return not_replayable("form_not_taken", status=taken.status)
    return _shown(look, request, page)


def shown_at(finding) -> str:
    """Return the page that shows what the finding's request stored."""
    elsewhere = _STORED_AND_SHOWN.match(finding.info)
    return elsewhere[1] if elsewhere else finding.url


def _shown(look: Look, request: StoredRequest, answer: Answer) -> Verdict:
    payload = request.value_of(look.finding.parameter)
    kind = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
    if not payload:
        return not_replayable("attack_not_in_request")
    if 300 <= answer.status < 400 or kind not in _PAGES:
        return look.absent(answer, "no_page_this_time")
    is_script = "HTML Injection" not in look.finding.category
    there = runs if is_script else makes_element
    mark = look.mark and request.value_of(look.finding.parameter)[look.payload.index(look.mark) :][: len(look.mark)]
    if not there(payload, answer.body, mark):
        plainly = payload in answer.body
        return look.absent(answer, "attack_shown_as_text" if plainly else "attack_not_in_answer")
    if not mark and (control := look.control()) and there(payload, control.body, ""):
        return not_replayable("sign_for_everybody")
    return confirmed("script_runs_again" if is_script else "element_there_again")


def redirect(look: Look) -> Verdict:
    """The answer leads to the foreign host that the attack names."""
    answer, wanted = look.answer(), host_of(look.payload)
    if not wanted:
        return not_replayable("attack_not_in_request")
    here = look.finding.url
    addresses = [answer.headers.get("location", ""), *leads_to(answer.body)]
    hosts = {host_of(joined(here, address)) for address in filter(None, addresses)}
    return confirmed("leads_away_again", host=wanted) if wanted in hosts else look.absent(answer, "leads_not_away")


def header(look: Look) -> Verdict:
    """The answer has the header that the attack brought along."""
    injected = _INJECTED_HEADER.search(look.payload)
    if not injected:
        return not_replayable("attack_not_in_request")
    answer = look.answer()
    if injected[2].strip() in answer.headers.get(injected[1], ""):
        return confirmed("injected_header_again", name=injected[1])
    return look.absent(answer, "injected_header_gone", name=injected[1])


def shell_variable(look: Look) -> Verdict:
    """The page has the text that the attack had a shell put together."""
    sent = _BASH_CODE.search(look.request.header("user-agent") + look.request.header("referer"))
    if not sent:
        return not_replayable("attack_not_in_request")
    text = bytes.fromhex(sent[1].replace("\\x", "")).decode("latin-1")
    answer = look.answer()
    if text in answer.body:
        return confirmed("command_output_again", text=text)
    return look.absent(answer, "command_output_gone")


def class_loader(look: Look) -> Verdict:
    """An error where the attack reaches the class loader, and none for a harmless parameter instead of it."""
    answer = look.raw_answer(look.request)
    if answer.status < 400:
        return not_reproduced("status_this_time", status=answer.status)
    usual = look.raw_answer(look.request.renamed(_CLASS_LOADER, "owl"))
    if usual.status == answer.status:
        look.refuse_if_banned(answer)
        return not_reproduced("same_with_harmless_parameter", status=answer.status)
    if answer.status not in (400, 500):  # how Spring answers; a firewall answers otherwise
        return not_replayable("error_page_shows_nothing", status=answer.status)
    if usual.status >= 400:
        return not_replayable("error_page_shows_nothing", status=usual.status)
    return confirmed("status_again", status=answer.status)
