"""Why a URL scan, an analysis or a schedule is as it is."""

from django.utils.translation import gettext_lazy as _

from scans.reasons.plural import Plural

SENTENCES = {
    "worker_silent": _("Its worker stopped responding."),
    "worker_lost": _("Its worker was lost {count} times."),
    "task_broke": _("It failed {count} times. The last error: {error}."),
    "files_left": _(
        "The results are deleted, but files of this scan may be left on the disk. {why} To try again, delete the "
        "analysis."
    ),
    "bulk_given_up": _("Not done: {why} Ask for it again."),
    "verification_given_up": _("Not looked at: verification was given up. {why} Verify it again."),
    "blackout_until": _("A blackout window lasts until {until}."),
    "capacity_used_up": _("The capacity is used up: as many URL scans are running as it allows."),
    "zone_unserved": _("No worker serves the zone “{zone}”."),
    "duration_ended": _("The analysis' duration ended."),
    "paused_too_long": _("It was paused for longer than {limit}."),
    "schedule_switched_off": _("A user switched it off."),
    "prescan_out_of_time": _(
        "The prescan worked for {seconds} seconds, which is the limit. URLs that were not checked: {count}. Each is "
        "checked when its scan starts."
    ),
    "runs_failed": _("{count} runs in a row failed."),
    "last_run_deleted": _("The last run of its series was deleted."),
    "runs_expired": Plural(
        "Retention policy: runs are kept for {days} day.",
        "Retention policy: runs are kept for {days} days.",
        "days",
    ),
    "evidence_expired": Plural(
        "Retention policy: evidence is kept for {days} day.",
        "Retention policy: evidence is kept for {days} days.",
        "days",
    ),
    "screenshots_expired": Plural(
        "Retention policy: screenshots are kept for {days} day.",
        "Retention policy: screenshots are kept for {days} days.",
        "days",
    ),
    "logs_expired": Plural(
        "Retention policy: logs are kept for {days} day.",
        "Retention policy: logs are kept for {days} days.",
        "days",
    ),
    "logins_failed": _("{count} logins in a row failed. The last: {failure}"),
    "mark_was_for_several": _("This version tells apart weaknesses that shared this mark. Please mark them again."),
    "login_did_not_hold": _("The login did not last."),
    "certificate_changed": _(
        "The site's certificate is not trusted any more, so nothing more was sent to the site: {error}."
    ),
    "site_silent": _("The site stopped answering, to the engine and to us."),
    "site_refuses": _("The site refuses us, and that does not end. {why}"),
    "site_refused_everything": _("The site refused all requests: {count}."),
    "pace_refused": _("Waiting for the site to stop refusing us. {why}"),
    "pace_busy": _("Waiting for the site: an attack of this scan may keep it busy."),
    "pace_waits": Plural(
        "The site refuses so many requests: waiting for {count} second.",
        "The site refuses so many requests: waiting for {count} seconds.",
        "count",
    ),
    "pace_slow": Plural(
        "Slowed down to {count} request a minute, because the site refuses more.",
        "Slowed down to {count} requests a minute, because the site refuses more.",
        "count",
    ),
    "site_name_gone": _("The site's name no longer resolves."),
    "no_room": _("{free} MB are free in {folder}, and scans need {needed} MB."),
    "waits_for_room": _("The disk of its worker is full. It continues from its saved session once there is room."),
    "disk_full": _("The disk is full: there is no room left for results."),
    "check_failed": _("The scan could not continue because the {step} check failed: {error}"),
    "our_error": _("An error on our side: {error}"),
    "key_lost": _(
        "A stored password or script cannot be decrypted: its key is not among SCANS_SECRET_KEYS. An administrator "
        "can put the old key back behind the new one; otherwise enter the login again."
    ),
}
