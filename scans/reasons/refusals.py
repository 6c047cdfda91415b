"""Why a user, or a part of the system, was refused something."""

from django.utils.translation import gettext_lazy as _

SENTENCES = {
    "role_missing": _("{by} needs the role {role} for this. An administrator can grant it, in the admin under Users."),
    "scope_missing": _("The token of {by} lacks the scope {scope}."),
    "submitter_needed": _("This needs the role Submitter. An administrator can grant it, in the admin under Users."),
    "not_possible": _("“{action}” is not possible: {thing} is “{status}”."),
    "not_editable": _("“{analysis}” is “{status}” and can no longer be edited."),
    "no_such_move": _("{url} is “{before}” and cannot become “{after}” from there."),
    "changed_meanwhile": _("{url} changed at the same moment. Look at it again, then repeat."),
    "nothing_to_verify": _("{scan} is “{status}” and has no results under verification."),
    "ended_for_good": _("{analysis} ended as “{status}”, which never changes."),
    "ended_run_again": _("{analysis} has ended. Run it again instead."),
    "deleted_already": _("{analysis} is already deleted."),
    "not_submitted_yet": _("{analysis} was not submitted yet. Submit it with all its URLs."),
    "start_is_past": _("The start of {analysis}, {start}, is in the past. Edit it and choose another start."),
    "ends_before_first_start": _("It would end on {ends_on}, before its first start."),
    "in_blackout": _("A blackout window keeps {analysis} from scanning until {until}."),
    "duration_out_of_range": _("{duration} is not possible: it must be more than {before} and at most 25 days."),
    "nothing_failed": _("No URL scan of {analysis} failed."),
    "nothing_to_submit": _("{analysis} has no URL scan that can be submitted again."),
    "nothing_to_check": _("{analysis} has no URL that waits for its checks."),
    "nothing_to_start": _("{analysis} has no URL scan that waits for its start."),
    "nothing_to_pause": _("{analysis} has no URL scan that can be paused now."),
    "nothing_to_continue": _("{analysis} has no URL scan whose duration ended. Run it again instead."),
    "sessions_removed": _("The retention policy removed the saved sessions of {analysis}. Run it again instead."),
    "no_schedule_on": _("{analysis} has no recurring schedule that is switched on."),
    "no_schedule_off": _("{analysis} has no recurring schedule that is switched off."),
    "sessions_in_use": _("{analysis} cannot be deleted yet: run {run} uses its saved sessions."),
    "verifying_for_the_first_time": _("The findings of {thing} are still being verified for the first time."),
    "verifying_already": _("These findings of {thing} are already being verified again."),
    "nothing_to_verify_again": _("{thing} has no findings to verify again."),
    "requests_removed": _("The requests of {analysis} are no longer stored, so its findings cannot be verified again."),
    "over_analysis_size": _(
        "The logins, scripts, headers and lists of this analysis have {size} MB together; at most {most} MB are taken. "
        "Record shorter scripts, or divide the URLs among several analyses. An administrator can raise the limit, in "
        "the admin under Scan settings."
    ),
    "over_stored": _(
        "The stored logins and scripts of {owner} would have {size} MB; at most {most} MB are kept for one person. "
        "Delete analyses that are no longer needed: theirs are removed with them. An administrator can raise the "
        "limit, in the admin under Scan settings."
    ),
    "over_open": _(
        "{owner} has {count} analyses that have not ended; at most {most} are allowed for one person. Wait until some "
        "have ended, or stop some. An administrator can raise the limit, in the admin under Scan settings."
    ),
    "over_open_urls": _(
        "{owner} would have {count} URL scans that have not ended; at most {most} are allowed for one person. Wait "
        "until some have ended, or submit fewer URLs. An administrator can raise the limit, in the admin under Scan "
        "settings."
    ),
    "over_drafts": _(
        "{owner} has {count} analyses saved for later; at most {most} are allowed for one person. Submit or delete "
        "some. An administrator can raise the limit, in the admin under Scan settings."
    ),
    "no_such_worker": _("{name} is no worker that runs now."),
    "still_replaying": _("{analysis} cannot be published yet: findings are still being replayed."),
    "marked_meanwhile": _("{by} has marked it as “{mark}” meanwhile, at {at}. Look at both, then decide again."),
    "accepted_until_past": _("{day} is over. Choose a later day, or none."),
    "nothing_to_take_back": _("There is no decision to take back any more."),
    "no_such_person": _("{name} is no active user with a role here."),
    "broke_on_our_side": _("Something failed on our side. The worker's output says what."),
}
