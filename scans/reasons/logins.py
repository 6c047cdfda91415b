"""The proofs of a login or a log-out, why one failed, and what to do about it."""

from django.utils.translation import gettext_lazy as _

SENTENCES = {
    "login_proved_by_address": _("{url} asked for a login before and no longer does."),
    "login_proved_by_text": _("“{text}” is on {url}."),
    "login_proved_by_logout": _("{url} offers to log out."),
    "login_proved_by_refusal": _("{url} accepts this user and refuses one that does not exist."),
    "logged_out_and_in": _("Logged out, and logged in again."),
    "crawl_seeds": _(
        "The crawl begins with these, too. Addresses: {addresses}. Forms and requests of scripts: {forms}."
    ),
    "refused_too_often": _("The site refused this login {count} times, for other URLs. It was not tried again."),
    "token_in_storage": _("The site keeps “{names}” in the browser's storage, which only its own scripts can read."),
    "cookies_malformed": _("The cookies are not “name=value; name2=value2”."),
    "header_line": _("Line {number} of the headers {error}."),
    "header_malformed": _("is not “Name: value”"),
    "header_again": _("gives {name} again"),
    "stored_header_refused": _(
        "The header {name} belongs to the connection and cannot be given: remove it from “Headers of every request”."
    ),
    "header_of_connection": _("gives {name}, which belongs to the connection and cannot be given"),
    "page_left_out": _("{url} is left out of the scan."),
    "other_method_asked": _("{url} asks for {asked}, not for {method}."),
    "no_method_named": _("{url} asks for a login and names no method, so {method} does not help."),
    "still_logged_in": _("{url} still recognizes the user."),
    "leads_nowhere": _("{url} does not lead to any host."),
    "login_page_leads_nowhere": _("The login page's address {url} does not lead to any host."),
    "not_on_target": _("{url} is not on the target's host and port."),
    "leads_off_target": _("{url} leads to {address}, which is not on the target's host and port."),
    "still_redirects": _("{url} still redirects after {count} times."),
    "form_sent_elsewhere": _("The login form at {url} is sent to {address}, which is not on the target."),
    "form_has_captcha": _("The login form at {url} has a captcha."),
    "form_lacks_field": _("The login form at {url} has no field {name}. Its fields: {names}."),
    "form_has_no_fields": _("The login form at {url} has no field {name}. It has no named fields at all."),
    "pattern_on_logged_in_page": _("The pattern of logged-out pages matches {url}, which is logged in."),
    "pattern_too_slow": _("Searching for the pattern of logged-out pages takes longer than {count} seconds."),
    "pattern_invalid": _("The pattern of logged-out pages is not a regular expression: {error}."),
    "text_not_found": _("“{text}” was not found after the login, at {url}."),
    "text_proves_nothing": _("“{text}” is there without a login too, so it proves nothing."),
    "address_proves_nothing": _("{url} is open to everybody, so it proves nothing."),
    "looks_alike_with_headers": _(
        "{url} looks the same with and without these headers and cookies. If they are no login, give them as “Headers "
        "of every request”: those need no proof."
    ),
    "looks_alike": _("{url} looks the same with and without the login."),
    "end_not_seen": _("{proof} But no page that can be requested again would show that the login has ended."),
    "page_speaks_of_lock": _("{url} speaks of a lock or of too many tries."),
    "page_asks_for_code": _("{url} asks for a one-time code."),
    "page_asks_for_captcha": _("{url} asks for a captcha."),
    "page_hides_login": _("{url} now answers {status} instead of 401, so the login cannot be judged."),
    "page_refuses_login": _("{url} answers {status} after the login."),
    "page_says_wrong": _("{url} says that user name or password is wrong."),
    "page_says_something": _("{url} shows a message."),
    "page_says": _("{url} says: “{text}”."),
    "page_has_scripts": _("{url} has scripts that may change what its form sends. Only a browser runs them."),
    "form_may_be_in_frame": _(
        "{url} shows no form with a password field. A frame of it shows {address}, which is not on the target: the "
        "form may stand there."
    ),
    "login_proved_by_answer": _("{url} tells the user something that it tells nobody else."),
    "page_asks_again": _("{url} asks for the login again."),
    "page_fails_on_login": _("{url} answers {status} to the login."),
    "login_ended_too_often": _("The login ended {count} times while findings were replayed."),
    "request_ends_login": _("This request ends it."),
    "to_do_login_page_unreachable": _("Open the login page in your own browser, correct its address, and try again."),
    "to_do_login_page_not_allowed": _("Ask an administrator to allow the login page's host as a target."),
    "to_do_left_out": _("Name another login page, or remove the pattern that leaves this one out."),
    "to_do_out_of_scope": _("Enter the address that the site leads to as the login page, or as the target."),
    "to_do_too_many_redirects": _("Open the address in your own browser: the site redirects visitors in circles."),
    "to_do_no_login_form": _("Enter the address of the page that holds the login form, or record a login script."),
    "to_do_field_missing": _("Correct the names of the fields, or leave them empty to have them found."),
    "to_do_wrong_credentials": _("Check user name and password by logging in yourself, then enter them again."),
    "to_do_not_let_in": _(
        "The site does not say why. Log in by hand with the same user name and password. If that works, enter the "
        "address of the login page, or record a login script."
    ),
    "to_do_form_in_frame": _(
        "Enter the frame's address as the login page. If its host is not allowed, ask an administrator to allow it."
    ),
    "to_do_captcha": _("Switch the captcha off for this account or for the scanner's address."),
    "to_do_second_factor": _("Use an account without a second factor."),
    "to_do_account_locked": _(
        "Have the account unlocked before the next try. Every further try may lock it for longer."
    ),
    "to_do_verification_text_missing": _("Log in yourself and copy a text that only a logged-in page shows."),
    "to_do_cannot_tell": _("Enter a text or an address that only logged-in users can see."),
    "to_do_pattern_useless": _(
        "Correct the pattern of logged-out pages: it must be a regular expression that matches no logged-in page."
    ),
    "to_do_method_not_offered": _("Choose the login method that the site asks for."),
    "to_do_malformed_headers": _("Write one “Name: value” per line, and cookies as “name=value; name2=value2”."),
    "to_do_token_in_browser": _(
        "Choose “Cookies and headers” and enter the header with the token, such as Authorization."
    ),
    "to_do_script_malformed": _("Export the recording again as a .side file and upload that."),
    "to_do_unsupported_command": _("Record the script again without this command."),
    "to_do_step_failed": _("Play the recording in your own browser and correct the step that failed."),
    "to_do_address_not_allowed": _(
        "Remove the step that leaves the target and the login page's host from the recording, or enter that other "
        "host as the login page."
    ),
    "to_do_page_unreachable": _("Open the page in your own browser. If it works there, try again."),
    "to_do_timed_out": _("Shorten the recording or the waits in it. If the site was slow, try again."),
    "to_do_browser_missing": _("Ask an administrator to install Chromium on the machine that runs the scans."),
    "to_do_browser_failed": _("Try again. If it happens again, ask an administrator to look at the worker's log."),
    "to_do_not_logged_out": _("Check the logout script by playing it in your own browser."),
}
