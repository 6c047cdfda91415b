"""Every model and column gets a name that can be translated, and help texts become sentences. Changes no table."""

from django.db import migrations

# Model → its names for one and for several
NAMES = {
    "allowedtarget": ("allowed target", "allowed targets"),
    "analysis": ("analysis", "analyses"),
    "analysissearch": ("search text", "search texts"),
    "blackoutwindow": ("blackout window", "blackout windows"),
    "bulkaction": ("bulk action", "bulk actions"),
    "bulkitem": ("item of a bulk action", "items of bulk actions"),
    "crawledurl": ("crawled URL", "crawled URLs"),
    "finding": ("finding", "findings"),
    "openfindings": ("count of open findings", "open findings"),
    "personsettings": ("settings of a person", "settings of people"),
    "recurringschedule": ("recurring schedule", "recurring schedules"),
    "savedview": ("saved view", "saved views"),
    "scansettings": ("scan settings", "scan settings"),
    "screenshot": ("screenshot", "screenshots"),
    "series": ("series", "series"),
    "statuscount": ("count of a status", "counts of statuses"),
    "systempart": ("system part", "system parts"),
    "targetcheck": ("check of a target", "checks of targets"),
    "targetlogin": ("target login", "target logins"),
    "triagemark": ("mark of a weakness", "marks of weaknesses"),
    "urlscan": ("URL scan", "URL scans"),
}
# Model → column → name and help text
LABELS = {
    "activitylogentry": {
        "action": ("action", ""),
        "actor": ("actor", ""),
        "analysis": ("analysis", ""),
        "at": ("time", ""),
        "data": ("facts", ""),
        "from_status": ("status before", ""),
        "reason": ("reason", ""),
        "to_status": ("status after", ""),
        "url_scan": ("URL scan", ""),
        "user": ("user", ""),
    },
    "allowedtarget": {
        "note": ("note", "Who allowed it, and why."),
        "pattern": ("pattern", "A host name, a wildcard such as *.example.com, an address, or a network such as 10.1.0.0/16."),
    },
    "analysis": {
        "blackout": ("blackout windows", "Its own, one to a line."),
        "blackout_since": ("in a blackout window since", ""),
        "changed_at": ("last change", ""),
        "continues": ("continues", "The run that this one continues."),
        "created_at": ("created at", ""),
        "deleted_at": ("deleted at", ""),
        "depth": ("crawl depth", "How many links away from the target the crawler goes."),
        "duration": ("duration", "Scanning ends this long after it started."),
        "ended_at": ("ended at", ""),
        "evidence_expired_at": ("evidence removed at", ""),
        "expires_at": ("duration ends at", "Known once it started."),
        "findings_all": ("findings, weighted", "All its findings as one number to sort by."),
        "findings_shown": ("published findings, weighted", "The same, without results under verification."),
        "headers": ("headers of every request", "Names and encrypted values."),
        "left_out": ("left-out addresses", "Patterns of addresses that are never requested."),
        "log_expired_at": ("log removed at", "Entries before this moment may be deleted."),
        "name": ("name", "The name of the series."),
        "owner": ("submitted by", ""),
        "prescan": ("prescan", "Check every URL as soon as the analysis is submitted."),
        "prescan_ended_at": ("prescan ended at", ""),
        "prescan_started_at": ("prescan started at", ""),
        "publication": ("publication", ""),
        "recurrence": ("recurrence", "How it repeats."),
        "run": ("run", "1 for the first run of the series."),
        "run_time": ("run time", "How long it ran, once it has ended."),
        "screenshots_expired_at": ("screenshots removed at", ""),
        "series": ("series", ""),
        "start_at": ("scheduled start", "Empty: at once."),
        "started_at": ("started at", ""),
        "status": ("status", ""),
        "stop_mode": ("kind of stop", ""),
        "submission_key": ("submission key", "Made with the form, so that sending it twice submits once."),
        "submitted_at": ("submitted at", ""),
        "time_zone": ("time zone", "For the start and the blackout windows."),
        "urls": ("URLs", "How many URL scans it has."),
        "version": ("version", "Grows with every change that a page shows."),
    },
    "analysissearch": {
        "analysis": ("analysis", ""),
        "text": ("text", ""),
    },
    "blackoutwindow": {
        "note": ("note", "Who asked for it, and why."),
        "time_zone": ("time zone", ""),
        "window": ("window", "Such as: Mon-Fri 08:00-18:00, Sat,Sun, 2026-12-24..2027-01-06."),
    },
    "bulkaction": {
        "created_at": ("created at", ""),
        "key": ("key", "Made with the question, so that a second answer does nothing."),
        "query": ("query of the list", "If all rows of the list were chosen."),
        "reason": ("reason", ""),
        "user": ("user", ""),
        "verb": ("action", ""),
    },
    "bulkitem": {
        "analysis": ("analysis", ""),
        "bulk": ("bulk action", ""),
        "made": ("new run", ""),
        "outcome": ("outcome", ""),
        "reason": ("reason", "Why it was skipped."),
    },
    "crawledurl": {
        "answer": ("answer", "Status code of the answer; 0: none, or never requested."),
        "identity": ("identity", "A hash of method and URL: a URL is too long for an index."),
        "method": ("method", ""),
        "reach": ("reach", ""),
        "reason": ("reason", "Why it was skipped or blocked."),
        "url": ("URL", ""),
        "url_scan": ("URL scan", ""),
    },
    "finding": {
        "category": ("category", ""),
        "curl": ("curl command", ""),
        "cwe": ("CWE", ""),
        "description": ("description", ""),
        "evidence_body": ("body of the response", ""),
        "evidence_headers": ("headers of the response", ""),
        "evidence_status": ("status code of the response", ""),
        "fingerprint": ("fingerprint", "The same for the same weakness in every run of the series."),
        "found_at": ("found at", ""),
        "http_request": ("request", ""),
        "identity": ("identity", "The same report of the engine twice is one finding."),
        "info": ("engine report", ""),
        "method": ("method", ""),
        "module": ("module", ""),
        "parameter": ("parameter", ""),
        "references": ("references", ""),
        "replay": ("replay", ""),
        "replay_reason": ("reason for the outcome of the replay", ""),
        "replayed_at": ("replayed at", ""),
        "severity": ("severity", ""),
        "solution": ("solution", ""),
        "url": ("URL", ""),
        "url_scan": ("URL scan", ""),
        "wstg": ("WSTG", ""),
    },
    "openfindings": {
        "at": ("time", "When the count began; once it is complete, when it ended."),
        "complete": ("complete", ""),
        "counted_to": ("counted up to", "The last series that was counted."),
        "critical": ("critical", ""),
        "day": ("day", ""),
        "high": ("high", ""),
        "info": ("info", ""),
        "low": ("low", ""),
        "medium": ("medium", ""),
    },
    "personsettings": {
        "user": ("user", ""),
    },
    "recurringschedule": {
        "first_at": ("first start", "The rule counts from here."),
        "next_at": ("next start", "Empty: never again."),
        "runs_made": ("runs so far", ""),
        "series": ("series", ""),
        "switched_off_at": ("switched off at", ""),
        "switched_off_reason": ("reason for switching it off", ""),
        "switched_on_at": ("switched on again at", ""),
        "template": ("repeated run", "The run whose configuration is repeated."),
    },
    "savedview": {
        "owner": ("owner", ""),
        "query": ("query of the list", ""),
    },
    "scansettings": {
        "capacity": ("capacity", "How many URL scans may run at a time. About 105 MB and half a core each."),
        "pause_limit": ("pause limit", "A scan that a user left paused for longer ends, its results kept. Days and HH:MM:SS."),
    },
    "screenshot": {
        "at": ("time", ""),
        "check_step": ("check", ""),
        "image": ("image", ""),
        "shows": ("shows", ""),
        "url_scan": ("URL scan", ""),
    },
    "series": {
        "name": ("name", ""),
    },
    "statuscount": {
        "count": ("count", ""),
        "status": ("status", ""),
    },
    "systempart": {
        "kind": ("kind", ""),
        "name": ("name", ""),
        "seen_at": ("last report", ""),
    },
    "targetcheck": {
        "at": ("time", ""),
        "detail": ("detail", ""),
        "milliseconds": ("milliseconds", ""),
        "occasion": ("occasion", ""),
        "passed": ("passed", ""),
        "reason": ("reason", "A code; empty if the check passed."),
        "step": ("step", ""),
        "url_scan": ("URL scan", ""),
    },
    "targetlogin": {
        "logged_in": ("proof of being logged in", "A text that only a logged-in page shows, or the address of such a page."),
        "logged_out": ("pattern of logged-out pages", "A regular expression."),
        "login_url": ("login page", ""),
        "method": ("login method", ""),
        "password_field": ("name of the password field", ""),
        "sealed": ("secrets", "Password, headers, cookies and scripts, encrypted."),
        "url_scan": ("URL scan", ""),
        "username": ("user name", ""),
        "username_field": ("name of the user name field", ""),
    },
    "triagemark": {
        "at": ("time", ""),
        "comment": ("comment", ""),
        "fingerprint": ("fingerprint", ""),
        "mark": ("Mark", ""),
        "series": ("series", ""),
        "user": ("user", ""),
    },
    "urlscan": {
        "analysis": ("analysis", ""),
        "attempts": ("lost workers", "How often another worker took it after its worker was lost."),
        "continues": ("continues", "The URL scan whose session it continues."),
        "crawl_script": ("crawl script", "A recorded script, encrypted."),
        "crawl_script_name": ("file of the crawl script", ""),
        "ended_at": ("ended at", ""),
        "engine": ("engine", ""),
        "engine_version": ("engine version", ""),
        "findings_critical": ("findings: critical", ""),
        "findings_high": ("findings: high", ""),
        "findings_info": ("findings: info", ""),
        "findings_low": ("findings: low", ""),
        "findings_medium": ("findings: medium", ""),
        "lease_holder": ("worker", ""),
        "lease_until": ("held by its worker until", ""),
        "logins_failed": ("logins failed", ""),
        "logins_failed_in_a_row": ("logins failed in a row", ""),
        "logins_succeeded": ("logins succeeded", ""),
        "module": ("module", ""),
        "modules_done": ("modules done", ""),
        "modules_total": ("modules in total", ""),
        "network_errors": ("network errors", ""),
        "paused_by": ("paused by", ""),
        "phase": ("phase", ""),
        "position": ("position", ""),
        "queued_at": ("queued at", ""),
        "reason": ("reason", "Why it has this status."),
        "requests": ("requests", ""),
        "resolved_address": ("resolved address", ""),
        "responses": ("responses", ""),
        "slot_since": ("holds a capacity slot since", ""),
        "started_at": ("started at", ""),
        "status": ("status", ""),
        "status_at": ("status since", ""),
        "url": ("URL", ""),
        "urls_crawled": ("URLs crawled", ""),
        "verified_at": ("verified at", ""),
    },
}


class Label(migrations.operations.base.Operation):
    """Give all models and columns their names and help texts.

    The same as an AlterField for each of 188 columns, none of which would change a table; but those would render
    all models 188 times, which takes seconds.
    """

    def state_forwards(self, app_label, state):
        """Change the names in the state of the project; it renders its models again when they are needed."""
        for model, (one, several) in NAMES.items():
            state.models[app_label, model].options |= {"verbose_name": one, "verbose_name_plural": several}
        for model, labels in LABELS.items():
            fields = state.models[app_label, model].fields
            for name, (label, help_text) in labels.items():
                _name, _path, args, values = fields[name].deconstruct()
                fields[name] = type(fields[name])(*args, **values | {"verbose_name": label, "help_text": help_text})
        state.__dict__.pop("apps", None)

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        """Change nothing."""

    def database_backwards(self, app_label, schema_editor, from_state, to_state):
        """Change nothing."""

    def describe(self):
        """Return the line that `migrate` and `sqlmigrate` print."""
        return "Name every model and column"


class Migration(migrations.Migration):
    dependencies = [("scans", "0023_help_texts")]
    operations = [Label()]
