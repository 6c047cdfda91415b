"""The English sentences that versions up to 0.3.2 stored, and the codes that stand for them now.

A table, and `reason_of`, which reads a sentence back. Only the migration to codes needs it.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache, lru_cache

from django.conf import settings
from django.utils import translation
from django.utils.dateparse import parse_duration

from scans.login.base import Method
from scans.reasons import Reason, as_reason, check_name
from scans.statuses import Action, AnalysisStatus, UrlScanStatus

OLD = [
    ("worker_silent", "Nothing was heard from its worker."),
    ("worker_lost", "Its worker was lost {count} times."),
    ("blackout_until", "A blackout window lasts until {until} UTC."),
    ("capacity_used_up", "As many URL scans are running as capacity allows."),
    ("duration_ended", "The analysis' duration ended."),
    ("paused_too_long", "It was paused for longer than {limit}."),
    ("schedule_switched_off", "A user switched it off."),
    ("runs_failed", "{count} runs in a row failed."),
    ("last_run_deleted", "The last run of its series was deleted."),
    ("runs_expired", "Retention policy: runs are kept for {days} days."),
    ("evidence_expired", "Retention policy: evidence is kept for {days} days."),
    ("screenshots_expired", "Retention policy: screenshots are kept for {days} days."),
    ("logs_expired", "Retention policy: logs are kept for {days} days."),
    ("logins_failed", "{count} logins in a row failed. The last: {failure}"),
    ("login_did_not_hold", "it did not hold"),
    ("login_did_not_hold", "It did not hold."),
    ("site_silent", "The site stopped answering, to the engine and to us."),
    ("site_name_gone", "The site's name does not resolve any more."),
    ("disk_full", "The disk is full: there is no room left for what it finds."),
    ("check_failed", "It could not go on, since the {step} check failed: {error}"),
    (
        "key_lost",
        "A stored password or script cannot be decrypted: the key it was sealed with is not among SCANS_SECRET_KEYS. "
        "An administrator can put the old key back behind the new one; otherwise enter the login anew.",
    ),
    ("engine_not_installed", "{engine} is not installed: there is no {path}. What to do: make setup."),
    ("engine_gives_no_answer", "{engine} is will not start: no answer in {count} s. What to do: make setup."),
    ("engine_does_not_start", "{engine} is will not start: {error}. What to do: make setup."),
    ("engine_not_started", "The engine did not start: {reason}"),
    ("engine_silent", "Nothing was heard from the engine for too long."),
    ("engine_ended_completed", "The engine ended: completed."),
    ("engine_ended_stopped", "The engine ended: stopped."),
    ("engine_ended_expired", "The engine ended: expired."),
    ("engine_ended_checkpointed", "The engine ended: checkpointed."),
    ("engine_ended_orphaned", "The engine ended: orphaned."),
    ("engine_ended_orphaned", "the worker is gone"),
    ("engine_ended_unreachable", "The engine ended: unreachable."),
    ("engine_ended_too_many_findings", "The engine ended: too_many_findings."),
    ("engine_ended_budget_used_up", "The engine ended: budget_used_up."),
    ("engine_ended_technical", "The engine ended: technical."),
    ("engine_ended_crashed", "The engine ended: crashed."),
    ("engine_exited", "the engine process ended without saying so: exit code {exit_code}"),
    ("engine_killed", "the engine process was killed: {signal}"),
    ("too_many_findings", "there are more than {count} findings"),
    ("requests_used_up", "{count} requests were sent"),
    ("site_answers_nothing", "{count} requests in a row and {probes} probes got no answer"),
    ("site_network_errors", "the site does not answer ({count} network errors)"),
    ("no_page_read", "no page of the site could be read"),
    ("modules_missing", "modules that would not load: {names}"),
    ("modules_unfinished", "{done} of {total} modules ran"),
    ("no_report_written", "Wapiti wrote no report; its log says why"),
    ("memory_used_up", "the memory limit was reached"),
    ("no_usable_answer", "The engine ended without a single usable answer from the site."),
    ("site_gone_at_the_end", "The engine finished, but the site does not answer any more."),
    ("report_unusable", "The engine's report cannot be used: {error}"),
    ("report_missing", "{name} is missing"),
    ("report_empty", "{name} is empty"),
    ("report_too_large", "{name} is larger than {count} MB"),
    ("report_unreadable", "{name} cannot be read: {error}"),
    ("report_not_text", "{name} is not UTF-8 text"),
    ("report_not_json", "{name} is truncated or is not JSON: {error}"),
    ("report_malformed", "{name} is not a Wapiti report: {error}"),
    ("ends_the_login", "This address would end the login."),
    ("left_out", "This address is left out of the scan."),
    ("out_of_scope", "It is outside of the scope of this scan."),
    (
        "role_missing",
        "{by} may not do this: it takes the role {role}. An administrator gives roles, in the admin under Users.",
    ),
    ("submitter_needed", "This takes the role Submitter. An administrator gives roles, in the admin under Users."),
    ("not_possible", "“{action}” is not possible: {thing} is “{status}”."),
    ("not_editable", "“{analysis}” is “{status}” and cannot be edited any more."),
    ("no_such_move", "{url} is “{before}”; from there it cannot become “{after}”."),
    ("changed_meanwhile", "{url} changed in the same moment. Look at it again, then repeat."),
    ("nothing_to_verify", "{scan} is “{status}”; it has no results under verification."),
    ("ended_for_good", "{analysis} has ended as “{status}”; that never changes."),
    ("ended_run_again", "{analysis} has ended: run it again instead."),
    ("deleted_already", "{analysis} was deleted already."),
    ("deleted_already", "{analysis} was deleted meanwhile."),
    ("not_submitted_yet", "{analysis} was not submitted yet: submit it with all its URLs."),
    ("start_is_past", "{analysis} was to start on {start}, which is past: edit it and choose another start."),
    ("ends_before_first_start", "It would end on {ends_on}, before its first start."),
    ("in_blackout", "A blackout window keeps {analysis} from scanning until {until} UTC."),
    ("duration_out_of_range", "{duration} is not possible: more than {before}, and at most 25 days."),
    ("nothing_to_submit", "{analysis} has no URL scan that could be submitted again."),
    ("nothing_to_check", "{analysis} has no URL that waits for its checks."),
    ("nothing_to_start", "{analysis} has no URL scan that waits for its start."),
    ("nothing_to_pause", "{analysis} has no URL scan that could be paused now."),
    ("nothing_to_continue", "{analysis} has no URL scan whose duration ended: run it again instead."),
    (
        "sessions_removed",
        "The saved sessions of {analysis} were removed by the retention policy: run it again instead.",
    ),
    ("no_schedule_on", "{analysis} has no recurring schedule that is switched on."),
    ("no_schedule_off", "{analysis} has no recurring schedule that is switched off."),
    ("sessions_in_use", "{analysis} cannot be deleted yet: run {run} goes on from its saved sessions."),
    ("still_replaying", "{analysis} cannot be published yet: findings are still being replayed."),
    ("broke_on_our_side", "Something broke on our side; what the worker printed says what."),
    ("check_target_policy", "target policy"),
    ("check_name_resolution", "name resolution"),
    ("check_connection", "connection"),
    ("check_tls", "TLS"),
    ("check_page", "page"),
    ("check_login", "login"),
    ("check_logout", "logout"),
    ("check_crawl_script", "crawl script"),
    ("both_checks", "{first} and {second}"),
    ("allowed", "allowed"),
    ("not_used", "not used"),
    ("port_accepts", "{address} port {port} accepts"),
    ("page_answers", "{url} answers {status}"),
    ("page_refuses_strangers", "{url} answers {status} to who is not logged in"),
    ("name_not_resolved", "The name {host} does not resolve: {error}."),
    ("connection_timed_out", "{address} port {port} does not answer."),
    ("connection_refused", "{address} refuses connections to port {port}."),
    ("connection_failed", "No connection to {address} port {port}: {error}."),
    ("certificate_refused", "The site's certificate is not trusted: {error}."),
    ("tls_impossible", "No TLS connection can be made: {error}."),
    ("redirect_to_no_address", "{url} redirects to {address}, which is no address."),
    (
        "redirect_out_of_scope",
        "{url} redirects to {address}, which is not below it. Submit that address if it is meant.",
    ),
    ("redirect_left_out", "{url} redirects to {address}, which is left out of the scan."),
    ("too_many_redirects", "{url} redirects more than {count} times."),
    ("page_gives_no_answer", "{url} gives no answer: {error}."),
    ("only_server_errors", "{url} answers {status} each of {count} times."),
    ("login_required", "{url} answers 401: it wants a login."),
    ("no_page_to_start_from", "{url} answers {status}: there is no page to start from."),
    ("empty_page", "{url} answers {status} with an empty page."),
    ("url_too_long", "{url} is longer than 2,000 characters."),
    ("url_too_long_in_full", "{url} is longer than 2,000 characters, written in full."),
    ("url_has_space", "{url} contains a space or control character."),
    ("url_unreadable", "{url} is not a URL: its host or port cannot be read."),
    ("url_scheme", "{url} must start with http:// or https://."),
    ("url_has_credentials", "{url} carries a user name or password: leave it out of the URL."),
    ("url_without_host", "{url} names no host."),
    ("url_port_zero", "{url} names port 0, which nothing can listen on."),
    ("url_host_invalid", "{url} has a host that is not valid: {error}."),
    ("host_brackets", "brackets hold an IPv6 address and nothing else"),
    ("host_letters", "host names are made of letters, digits and hyphens, 63 at most between two dots"),
    ("host_numbers", "an address is written as four numbers with dots"),
    ("is_this_dashboard", "“{url}” is this dashboard itself, which is never scanned."),
    (
        "may_be_this_dashboard",
        "“{url}” may be this dashboard itself, which is never scanned: it answers to every name of its domain. An "
        "administrator can name its one host in ALLOWED_HOSTS instead.",
    ),
    ("is_metadata_service", "“{url}” is a cloud metadata service, which is never scanned."),
    (
        "leads_to_private",
        "“{url}” leads to {address}, a private address that nobody allowed. An administrator can allow its network, "
        "in the admin under Allowed targets.",
    ),
    (
        "host_not_allowed",
        "“{url}” may not be scanned: nobody allowed “{host}”. An administrator can, in the admin under Allowed "
        "targets.",
    ),
    (
        "leads_to_link_local",
        "“{url}” leads to {address}, a link-local or cloud metadata address, which is never scanned.",
    ),
    ("leads_to_no_site", "“{url}” leads to {address}, which is not the address of a site."),
    ("login_proved_by_address", "{url} asked for a login before, and does so no more."),
    ("login_proved_by_address", "{url} asked for a login before, and does so no more"),
    ("login_proved_by_text", "“{text}” stands on {url}."),
    ("login_proved_by_text", "“{text}” stands on {url}"),
    ("login_proved_by_logout", "{url} offers to log out."),
    ("login_proved_by_logout", "{url} offers to log out"),
    ("login_proved_by_refusal", "{url} accepts this user and refuses one that does not exist."),
    ("login_proved_by_refusal", "{url} accepts this user and refuses one that does not exist"),
    ("logged_out_and_in", "logged out, and in again"),
    ("crawl_seeds", "{addresses} addresses and {forms} forms for the crawl to begin with"),
    ("refused_too_often", "The site refused this login {count} times, for other URLs. It was not tried again."),
    ("token_in_storage", "The site keeps “{names}” in the browser's storage, which its scripts alone can read."),
    ("cookies_malformed", "The cookies are not “name=value; name2=value2”."),
    ("header_line", "Line {number} of the headers {error}."),
    ("header_malformed", "is not “Name: value”"),
    ("header_of_connection", "gives {name}, which belongs to the connection and cannot be given"),
    ("page_left_out", "{url} is left out of the scan."),
    ("other_method_asked", "{url} asks for {asked}, not for {method}."),
    ("no_method_named", "{url} asks for no HTTP authentication that it names, not for {method}."),
    ("still_logged_in", "{url} still knows who is asking."),
    ("leads_nowhere", "{url} does not lead to any host."),
    ("login_page_leads_nowhere", "The login page's address {url} does not lead to any host."),
    ("not_on_target", "{url} is not on the target's host and port."),
    ("leads_off_target", "{url} leads to {address}, which is not on the target's host and port."),
    ("still_redirects", "{url} still redirects after {count} times."),
    ("form_sent_elsewhere", "The login form at {url} is sent to {address}, which is not on the target."),
    ("form_has_captcha", "The login form at {url} has a captcha."),
    ("form_lacks_field", "The login form at {url} has no field {name}. Its fields: {names}."),
    ("form_has_no_fields", "The login form at {url} has no field {name}. Its fields: none."),
    ("pattern_on_logged_in_page", "The pattern of logged-out pages is found on {url}, which is logged in."),
    ("pattern_too_slow", "Looking for the pattern of logged-out pages takes longer than {count} seconds."),
    ("pattern_invalid", "The pattern of logged-out pages is no regular expression: {error}."),
    ("text_not_found", "“{text}” was not found after the login, at {url}."),
    ("text_proves_nothing", "“{text}” stands there without a login too, so that it proves nothing."),
    ("address_proves_nothing", "{url} is open to everybody, so that it proves nothing."),
    ("looks_alike", "{url} looks alike with and without the login."),
    ("end_not_seen", "{proof}, but nothing that can be asked for again would show that the login is over."),
    ("page_speaks_of_lock", "{url} speaks of a lock or of too many tries."),
    ("page_asks_for_code", "{url} asks for a one-time code."),
    ("page_asks_for_captcha", "{url} asks for a captcha."),
    ("page_hides_login", "{url} answers {status} instead of 401 now, so that nothing can be seen."),
    ("page_refuses_login", "{url} answers {status} after the login."),
    ("page_asks_again", "{url} asks for the login again."),
    ("page_fails_on_login", "{url} answers {status} to the login."),
    ("login_ended_too_often", "it ended {count} times while findings were replayed."),
    ("request_ends_login", "this request ends it."),
    ("to_do_login_page_unreachable", "Open the login page in your own browser, correct its address, and try again."),
    ("to_do_login_page_not_allowed", "Ask an administrator to allow the login page's host as a target."),
    ("to_do_left_out", "Name another login page, or take away the pattern that leaves this one out."),
    ("to_do_out_of_scope", "Give the address that the site leads to as the login page, or as the target."),
    ("to_do_too_many_redirects", "Open the address in your own browser: the site sends visitors round in circles."),
    ("to_do_no_login_form", "Give the address of the page that holds the login form, or record a login script."),
    ("to_do_field_missing", "Correct the names of the fields, or leave them empty to have them found."),
    ("to_do_wrong_credentials", "Check user name and password by logging in yourself, then enter them again."),
    ("to_do_captcha", "Switch the captcha off for this account or for the scanner's address."),
    ("to_do_second_factor", "Use an account without a second factor."),
    (
        "to_do_account_locked",
        "Have the account unlocked before the next try; every further try may lock it for longer.",
    ),
    ("to_do_verification_text_missing", "Log in yourself and copy a text that only a logged-in page shows."),
    ("to_do_cannot_tell", "Give a text or an address that only somebody who is logged in can see."),
    (
        "to_do_pattern_useless",
        "Correct the pattern of logged-out pages: a regular expression that no logged-in page matches.",
    ),
    ("to_do_method_not_offered", "Choose the way of logging in that the site asks for."),
    ("to_do_malformed_headers", "Write one “Name: value” to a line, and cookies as “name=value; name2=value2”."),
    (
        "to_do_token_in_browser",
        "Choose “Cookies and headers” and give the header with the token, such as Authorization.",
    ),
    ("to_do_script_malformed", "Export the recording again as a .side file and upload that."),
    ("to_do_unsupported_command", "Record the login again without this command."),
    ("to_do_step_failed", "Play the recording in your own browser and mend the step that failed."),
    (
        "to_do_address_not_allowed",
        "Take the step out of the recording that leaves the target and the login page's host, or give that other host "
        "as the login page.",
    ),
    ("to_do_page_unreachable", "Open the page in your own browser; if it works there, try again."),
    ("to_do_timed_out", "Shorten the recording or the waits in it; if the site was slow, try again."),
    ("to_do_browser_missing", "Ask an administrator to install Chromium on the machine that runs the scans."),
    ("to_do_browser_failed", "Try again; if it happens again, ask an administrator to look at the worker's log."),
    ("to_do_not_logged_out", "Check the logout script by playing it in your own browser."),
    ("at_command", "Command {line}, {command}: {error}"),
    ("script_too_large", "The script cannot be read: the file is larger than {count} MB."),
    ("script_not_json", "The script cannot be read: it is not the JSON that recorders write."),
    ("script_without_test", "The script cannot be read: it has no test."),
    ("script_without_command", "The script cannot be read: its test has no command."),
    ("script_url_no_text", "The script cannot be read: “url” is no text."),
    (
        "script_too_many_commands",
        "The script cannot be read: it has more than {count} commands, with those of the tests that it runs.",
    ),
    ("script_no_list", "The script cannot be read: “{name}” is not a list of objects."),
    ("script_suite_no_list", "The script cannot be read: a suite's “tests” is not a list."),
    ("command_not_text", "Command {line} has something else than texts in it."),
    ("command_unknown", "Command {line}, “{name}”, is not one that can be played."),
    ("command_nests_too_deep", "Command {line} runs a test that runs a test, and on and on."),
    ("command_runs_missing_test", "Command {line} runs the test “{name}”, which is not there."),
    ("browser_missing", "No Chromium is installed on the machine that runs the scans."),
    ("browser_timed_out", "The browser was not done after {count} seconds."),
    ("browser_time_over", "The time was over before everything was done."),
    ("browser_ended", "The browser ended unexpectedly: {error}"),
    ("browser_said_nothing", "it said nothing"),
    (
        "browser_without_sandbox",
        "Chromium cannot make its sandbox here. Let users of this machine make user namespaces, or set "
        "SCANS_CHROMIUM_SANDBOX=false where a container is the wall.",
    ),
    ("browser_failed", "The browser failed: {error}"),
    ("site_not_to_be_visited", "{url} is not on a site that may be visited."),
    ("page_does_not_load", "{url} does not load: {error}"),
    ("page_leads_outside", "The page leads to {url}, which may not be visited."),
    ("page_without_form_field", "{url} shows no form with the field “{name}”."),
    ("page_without_password", "{url} shows no form with a password field."),
    ("page_asks_no_password", "{url} asks for no password after the user name."),
    ("page_lacks_field", "{url} has no field “{name}”."),
    ("no_window_opened", "no window was opened"),
    ("no_element", "there is no element {target}"),
    ("locator_unknown", "{target} is no locator that is known"),
    ("no_files", "files cannot be chosen: a script has no access to local files"),
    ("key_unknown", "the key {key} is not known"),
    ("no_frame", "there is no frame {number}"),
    ("not_a_frame", "{target} is no frame"),
    ("window_closed", "this window is closed"),
    ("no_dialog", "no dialog says “{text}”"),
    ("element_not_there", "the element {target} is not there"),
    ("element_still_there", "the element {target} is still there"),
    ("text_is_not", "the text is not “{text}”"),
    ("text_is", "the text is  “{text}”"),
    ("title_is_not", "the title is not “{text}”"),
    ("title_is", "the title is  “{text}”"),
    ("value_is_not", "the value is not “{text}”"),
    ("value_is", "the value is  “{text}”"),
    ("label_is_not", "the label is not “{text}”"),
    ("label_is", "the label is  “{text}”"),
    ("not_stored", "{target} is not stored"),
    ("stored_otherwise", "{target} is not “{text}”"),
    ("not_editable_element", "{target} cannot be edited"),
    ("still_editable", "{target} can still be edited"),
    ("not_checked", "{target} is not checked"),
    ("is_checked", "{target} is checked"),
    ("replay_site_gone", "The site does not answer any more."),
    ("replay_out_of_time", "Its time, {count} seconds, was over before this finding's turn."),
    ("verification_broke", "Verification broke: {error}"),
    ("login_lost", "The login is lost: {error}"),
    ("site_not_asked_again", "The site could not be asked again: {error}"),
    ("site_gave_no_answer", "The site gave no answer: {error}."),
    ("site_gave_no_answer_in_time", "The site gave no answer in {count} seconds."),
    ("silence_again", "The site again gave no answer in {count} seconds."),
    ("answered_in_time", "The site answered within {count} seconds this time."),
    ("wants_login_now", "The site answered {status}: it wants a login now."),
    ("refuses_requests_now", "The site answered {status}: it refuses so many requests now."),
    ("is_down_now", "The site answered {status}: it is down now."),
    ("no_answer_kept", "The engine kept no answer that this one could be compared with."),
    ("no_policy_kept", "The engine kept no policy that this one could be compared with."),
    ("no_request_kept", "The engine kept no request that could be sent again."),
    ("files_kept_in_parts", "The engine keeps a form with files in parts only, so it cannot be sent again."),
    ("request_to_other_site", "Its request went to another site and is not sent again."),
    ("same_answer", "The site gave the same answer again."),
    ("answer_lacks_text", "The answer lacks “{text}”, which the evidence has."),
    ("attack_in_answer", "The answer contains the attack's text unchanged again."),
    ("attack_not_in_answer", "The answer does not contain the attack's text this time."),
    ("attack_in_headers", "The answer's headers contain the attack's text again."),
    ("attack_not_in_headers", "The answer's headers do not contain the attack's text this time."),
    ("status_again", "The site answered {status} again."),
    ("status_this_time", "The site answered {status} this time."),
    ("status_differs", "The site answered {seen}; with the finding it was {then}."),
    ("header_missing", "The answer still lacks the header {name}."),
    ("header_there", "The answer has the header {name} now."),
    ("cookie_not_set", "The answer sets no cookie {name} that could be looked at."),
    ("cookie_flag_missing", "The cookie {name} is still set without the flag {flag}."),
    ("cookie_flag_there", "The cookie {name} is set with the flag {flag} now."),
    ("policy_missing", "The policy's {name} is still missing."),
    ("policy_same", "The policy's {name} is still the same."),
    ("policy_changed", "The policy's {name} is another one now."),
]
_FACT = re.compile(r"{(\w+)}")
_NUMBERS = {"days", "port", "line", "number", "exit_code", "addresses", "forms", "done", "total", "probes", "run"}
_SHAPES = {
    **dict.fromkeys(_NUMBERS, r"\d+"),
    "count": r"\d+(?:\.\d+)?",
    "status": r"[1-5]\d\d|“?[^“”]+”?",
    "seen": r"\d{3}",
    "then": r"\d{3}",
    "url": r"https?://\S+|“[^”]*”",
    "host": r"[^\s“”]+",
}
_REASONS = {"error", "failure", "reason", "proof"}  # facts that may be sentences of ours
_SURE = 16  # letters of a sentence, besides its facts, by which it is ours where people write, too
_TO_DO = {old: code for code, old in OLD if code.startswith("to_do_")}
_A_TO_DO = re.compile("|".join(map(re.escape, sorted(_TO_DO, key=len, reverse=True))))


@lru_cache(100_000)
def reason_of(text: str, *, ours: bool) -> Reason:
    """What an old text means; one that is not known stays as it is.

    Where not every text is `ours` but some are a user's own, short sentences are left alone.
    """
    return _known(text, ours) or as_reason(text)


def _known(text: str, ours: bool) -> Reason | None:
    if found := _A_TO_DO.search(text):
        return _with_advice(text, found)
    if text in _exact():
        return Reason(_exact()[text]) if ours or len(text) >= _SURE else None
    for code, pattern, is_sure in _patterns():
        if (ours or is_sure) and (match := pattern.fullmatch(text)):
            facts = {name: _fact(code, name, fact) for name, fact in match.groupdict().items()}
            return Reason(code, **facts)
    return None


def _with_advice(text: str, found: re.Match) -> Reason:
    """A failed login, with what to do about it; after that another check may have failed, too."""
    first, advice, rest = text[: found.start()].strip(), Reason(_TO_DO[found[0]]), text[found.end() :].strip()
    reason = Reason("both", first=reason_of(first, ours=True), second=advice) if first else advice
    return Reason("both", first=reason, second=reason_of(rest, ours=True)) if rest else reason


@cache
def _exact() -> dict[str, str]:
    return {old: code for code, old in OLD if "{" not in old}


@cache
def _patterns() -> list[tuple[str, re.Pattern, bool]]:
    """Code and pattern of those that have facts, the most telling first, and whether they are surely ours."""
    with_facts = sorted(((code, old) for code, old in OLD if "{" in old), key=lambda entry: -_letters(entry[1]))
    return [(code, _pattern(old), _letters(old) >= _SURE) for code, old in with_facts]


def _letters(old: str) -> int:
    return len(_FACT.sub("", old))


def _pattern(old: str) -> re.Pattern:
    def shaped(fact: re.Match) -> str:
        # An address in a long sentence may be whatever somebody typed.
        shape = r".+" if fact[1] == "url" and _letters(old) >= 2 * _SURE else _SHAPES.get(fact[1], r".+")
        return f"(?P<{fact[1]}>{shape})"

    return re.compile(re.sub(r"\\{(\w+)\\}", shaped, re.escape(old)), re.DOTALL)


def _fact(code: str, name: str, text: str):
    """A fact as it is stored now; a text where it cannot be told."""
    if name == "step":
        return check_name(text)
    if name in _REASONS:
        return _known(text, ours=True) or text
    if name in _NUMBERS or name in ("count", "seen", "then", "status") and text.isdecimal():
        return int(text)
    for read in _READERS.get(name, ()):
        if (fact := read(text)) is not None:
            return fact
    return text


def _moment(text: str) -> datetime | None:
    try:
        return datetime.strptime(text.removesuffix(" UTC"), "%d %B %Y %H:%M").replace(tzinfo=UTC)
    except ValueError:
        return None


def _labelled(choices) -> Callable:
    with translation.override(settings.LANGUAGE_CODE):
        return {str(member.label): member for member in reversed(list(choices))}.get  # of two alike, the first


_STATUS = (_labelled(AnalysisStatus), _labelled(UrlScanStatus))
_READERS: dict[str, tuple[Callable, ...]] = {
    "until": (_moment,),
    "start": (_moment,),
    "limit": (parse_duration,),
    "duration": (parse_duration,),
    "status": _STATUS,
    "before": (*_STATUS, parse_duration),
    "after": _STATUS,
    "action": (_labelled(Action),),
    "method": (_labelled(Method),),
}
