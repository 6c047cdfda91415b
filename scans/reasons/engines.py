"""Why an engine cannot run here, how it ended, and why it left an address out."""

from django.utils.translation import gettext_lazy as _

SENTENCES = {
    "engine_not_installed": _(
        "{engine} is not installed: there is no {path}. Run “make setup” on the machine that runs the scans."
    ),
    "engine_gives_no_answer": _(
        "{engine} does not start: no answer within {count} seconds. Run “make setup” on the machine that runs the "
        "scans."
    ),
    "engine_does_not_start": _(
        "{engine} does not start: {error}. Run “make setup” on the machine that runs the scans."
    ),
    "engine_not_started": _("The engine did not start: {reason}"),
    "engine_silent": _("The engine stopped responding."),
    "engine_ended_completed": _("The engine ended: everything was done."),
    "engine_ended_stopped": _("The engine ended: it was asked to stop."),
    "engine_ended_expired": _("The engine ended: its time was over."),
    "engine_ended_checkpointed": _("The engine ended: it saved its session."),
    "engine_ended_orphaned": _("The engine ended: its worker is gone."),
    "engine_ended_unreachable": _("The engine ended: the site does not answer."),
    "engine_ended_too_many_findings": _("The engine ended: there are too many findings."),
    "engine_ended_budget_used_up": _("The engine ended: all requests that it may send were sent."),
    "engine_ended_technical": _("The engine ended: a technical issue."),
    "engine_ended_crashed": _("The engine ended: it crashed."),
    "engine_exited": _("The engine process ended without a word: exit code {exit_code}."),
    "engine_killed": _("The engine process was killed: {signal}."),
    "too_many_findings": _("There are more than {count} findings."),
    "requests_used_up": _("All {count} requests that a scan may send were sent."),
    "site_answers_nothing": _("{count} requests in a row and {probes} probes got no answer."),
    "site_network_errors": _("The site does not answer. Network errors: {count}."),
    "site_refuses_for_good": _("The site refuses us, and that does not end. Number of answers with {status}: {count}."),
    "site_refuses_by_page": _("The site refuses us with a page, and that does not end. Requests refused: {count}."),
    "no_page_read": _("No page of the site could be read."),
    "modules_missing": _("Modules that did not load: {names}."),
    "modules_unfinished": _("Only {done} of {total} modules ran."),
    "no_report_written": _("The engine wrote no report. The engine log says why."),
    "memory_used_up": _("The engine reached its memory limit."),
    "no_usable_answer": _("The engine ended without a single usable answer from the site."),
    "site_gone_at_the_end": _("The engine finished, but the site no longer answers."),
    "report_unusable": _("The engine's report cannot be used: {error}"),
    "report_missing": _("{name} is missing."),
    "report_empty": _("{name} is empty."),
    "report_too_large": _("{name} is larger than {count} MB."),
    "report_unreadable": _("{name} cannot be read: {error}."),
    "report_not_text": _("{name} is not UTF-8 text."),
    "report_not_json": _("{name} is truncated or is not JSON: {error}."),
    "report_malformed": _("{name} is not a Wapiti report: {error}."),
    "page_too_large": _("The page is larger than 2 MB. Links and forms beyond that were not seen."),
    "address_without_answer": _("The address gave no answer."),
    "no_address": _("No request can be made of this address."),
    "ends_the_login": _("This address would end the login."),
    "left_out": _("This address is left out of the scan."),
    "left_out_for_all": _("Left out of the whole analysis by the pattern {pattern}, given by: {by}."),
    "left_out_for_url": _("Left out of the scan of this URL alone by the pattern {pattern}, given by: {by}."),
    "left_out_by": _("The pattern {pattern} leaves this address out of the scan."),
    "out_of_scope": _("It is outside the scope of this scan."),
}
