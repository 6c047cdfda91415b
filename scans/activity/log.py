"""Writing and reading the activity log: an entry for each thing that happened, a sentence for each entry."""

import re
from datetime import datetime

from django.contrib.auth.models import AbstractBaseUser
from django.utils.dateparse import parse_duration
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from scans.configuration.kinds import NOTHING
from scans.configuration.options import LABELS, OPTIONS
from scans.database import clock
from scans.models import ActivityLogEntry, Actor, Analysis, Mark, StopMode, UrlScan
from scans.reasons import NO_REASON, Reason, as_reason, check_name, worded
from scans.statuses import AnalysisStatus, UrlScanStatus

# Every action there is, with the sentence that a page shows for it. {…} are facts from the entry's data.
SENTENCES = {
    "analysis.saved": _("saved the analysis for later (URLs: {urls})"),
    "analysis.changed": _("changed the configuration: {changed}"),
    "analysis.prescan_asked": _("asked for a prescan"),
    "analysis.refused": _("asked for “{asked}” and was refused"),
    "analysis.submitted": _("submitted the analysis as run {run} (URLs: {urls})"),
    "analysis.prescan_started": _("started the prescan"),
    "analysis.prescan_ended": _("ended the prescan: {passed} of {checked} URLs passed"),
    "analysis.prescan_stopped": _("stopped the prescan"),
    "analysis.prescan_failed": _("gave the prescan up"),
    "analysis.started": _("started the analysis"),
    "analysis.status_changed": _("the analysis' status changed"),
    "analysis.paused": _("asked to pause the analysis"),
    "analysis.resumed": _("resumed the analysis"),
    "analysis.stopped": _("asked to stop the analysis and {mode} its results"),
    "analysis.published": _("published the results of the analysis"),
    "analysis.verify_asked": _("asked to verify all findings of the analysis again"),
    "analysis.extended": _("extended the duration from {before} to {after}"),
    "analysis.blackout_began": _("a blackout window keeps the analysis from scanning until {until}"),
    "analysis.blackout_ended": _("the blackout window is over; the analysis continues"),
    "analysis.continued": _("continued from the saved sessions as run {run}"),
    "analysis.run_skipped": _("skipped the run due at {starts}, since this one is still under way"),
    "analysis.run_over_limit": _("skipped the run due at {starts}, since a limit is reached"),
    "analysis.schedule_switched_off": _("switched the recurring schedule off"),
    "analysis.schedule_switched_on": _("switched the recurring schedule on again"),
    "analysis.run_again": _("ran the analysis again as run {run}"),
    "analysis.run_again_some": _("ran some of its URLs again as run {run} (URLs: {count})"),
    "analysis.run_again_changed": _("ran the analysis again as run {run}, changed: {changed}"),
    "analysis.duplicated": _("made it as a copy of “{name}”, run {run}"),
    "analysis.check_failed": _("a check of {url} failed: {step}"),
    "analysis.deleted": _("deleted the analysis and its results"),
    "analysis.evidence_expired": _("removed the evidence: requests and answers, engine logs and saved sessions"),
    "analysis.removal_failed": _("could not remove the data; it is not tried again by itself"),
    "analysis.screenshots_expired": _("removed the screenshots ({count})"),
    "analysis.log_expired": _("removed the log up to here (entries: {count})"),
    "url_scan.submitted": _("accepted the scan of this URL"),
    "url_scan.submit_failed": _("could not set up the scan of this URL"),
    "url_scan.scheduled": _("scheduled the scan of this URL"),
    "url_scan.check_failed": _("a check failed: {step}"),
    "url_scan.queued": _("put the scan of this URL into the queue"),
    "url_scan.capacity_exhausted": _("put the scan of this URL into the queue, beyond capacity"),
    "url_scan.unserved": _("waits until a worker serves the zone of this URL; others get the capacity"),
    "url_scan.started": _("started {engine} {version} on this URL"),
    "url_scan.went_on": _("resumed with {engine} {version} from the saved session"),
    "url_scan.began_again": _("started {engine} {version} from the beginning"),
    "url_scan.paused": _("asked to pause the scan of this URL"),
    "url_scan.session_saved": _("saved the session; the engine has stopped"),
    "url_scan.zone_changed": _("its workers are those of zone {zone} now (before: {before}), as an administrator set"),
    "url_scan.refused": _("asked for “{asked}” and was refused"),
    "url_scan.got_a_place": _("a place is free: the next worker resumes the scan of this URL"),
    "url_scan.noticed": _("added a notice"),
    "url_scan.slowed": _("slowed the scan down: the site refuses more requests"),
    "url_scan.held": _("holds the scan until the site answers as usual"),
    "url_scan.let_go": _("the site answers as usual; the scan continues"),
    "url_scan.login_failed": _("logging in again failed; it is tried again"),
    "url_scan.resumed": _("resumed the scan of this URL"),
    "url_scan.worker_left": _("the worker was shut down; another one resumes from the saved session"),
    "url_scan.deletion_interrupted": _("deleting the results was interrupted; it is tried again"),
    "url_scan.handed_over": _("saved the session; a worker resumes from it later"),
    "url_scan.worker_lost": _("the worker was lost; another takes over"),
    "url_scan.stopped": _("asked to stop the scan of this URL and {mode} its results"),
    "url_scan.ended": _("the scan of this URL ended; {findings} findings are kept"),
    "url_scan.results_deleted": _("deleted what this scan had found"),
    "url_scan.verified": _(
        "replayed the findings: {confirmed} confirmed, {not_reproduced} not reproduced, {not_replayable} not replayable"
    ),
    "url_scan.verify_asked": _("asked to verify findings again (places: {count})"),
    "url_scan.verify_started": _("started to verify findings again (places: {count})"),
    "url_scan.verified_again": _(
        "verified findings again, by places: {confirmed} confirmed, {not_reproduced} not reproduced, {not_replayable} "
        "not replayable, {not_looked_at} not looked at"
    ),
    "url_scan.finding_marked": _("marked as {after} (before: {before}): {finding}"),
    "url_scan.finding_mark_taken_back": _("took the mark {before} back, so it is {after} again: {finding}"),
    "url_scan.finding_found_again": _("found again, so it is {after}, no longer {before}: {finding}"),
    "url_scan.finding_acceptance_ended": _("the time of acceptance is over, so it is {after}: {finding}"),
    "url_scan.finding_assigned": _("assigned to {assignee}, due {due}: {finding}"),
    "url_scan.published": _("published the results of this URL"),
}
# For readers who may not see the results yet.
WITHOUT_COUNTS = {"url_scan.ended": _("the scan of this URL ended; what it found is kept")}


# Facts that are words of ours, as they are stored: which verb of `transitions` was asked for, what is to become of
# the results.
ASKED = {
    "save": _("save"),
    "change": _("change"),
    "change access": _("change access"),
    "change password": _("change password"),
    "prescan only": _("prescan only"),
    "submit": _("submit"),
    "submit again": _("submit again"),
    "submit scan again": _("submit scan again"),
    "run again": _("run again"),
    "run failed again": _("run failed again"),
    "run scan again": _("run scan again"),
    "run changed": _("run changed"),
    "duplicate": _("duplicate"),
    "continue expired": _("continue expired"),
    "pause": _("pause"),
    "resume": _("resume"),
    "stop": _("stop"),
    "extend": _("extend"),
    "switch schedule off": _("switch schedule off"),
    "switch schedule on": _("switch schedule on"),
    "publish": _("publish"),
    "verify again": _("verify again"),
    "mark": _("mark"),
    "take back": _("take back"),
    "assign": _("assign"),
    "delete": _("delete"),
    "drain": _("drain"),
    "resume worker": _("resume worker"),
}
MODES = {StopMode.SAVE: _("save"), StopMode.DELETE: _("delete")}
_OPTIONS = {option.name: option for option in OPTIONS}
_FACT = re.compile(r"\{\w+\}")
BY_TOKEN = "by_token"  # noqa: S105 - the key of a token's name among the facts of an entry or event
_MOMENTS = {"until", "starts"}  # stored in UTC, said on the clock of whoever reads


def record(
    action: str,
    *,
    analysis: Analysis,
    by: AbstractBaseUser | Actor,
    url_scan: UrlScan | None = None,
    from_status: str = "",
    to_status: str = "",
    reason: Reason | str = NO_REASON,
    **data,
) -> None:
    """Write one entry, in whatever transaction is open.

    `by` is the user or the part of the system that did it, `reason` a reason or a user's own words; `data`
    holds the sentence's facts. Raises KeyError for an action that has no sentence.
    """
    SENTENCES[action].format(**data)
    is_part = isinstance(by, Actor)
    if token := token_of(by):
        data[BY_TOKEN] = token
    ActivityLogEntry.objects.create(
        analysis_id=analysis.pk,
        url_scan_id=url_scan and url_scan.pk,
        at=clock.now(),
        actor=by if is_part else Actor.USER,
        user_id=None if is_part else by.pk,
        action=action,
        from_status=from_status,
        to_status=to_status,
        reason=as_reason(reason),
        data=data,
    )


def token_of(by: object) -> str:
    """The name of the token that a program acts with; empty for a person at a page, and for parts of the system."""
    return getattr(by, "token_name", "")


def actor_of(entry: ActivityLogEntry) -> str:
    """Return who did it: the user, the token of a user, or the part of the system."""
    token = entry.data.get(BY_TOKEN)
    if token and entry.user:
        return gettext("{user}, by token “{token}”").format(user=entry.user, token=token)
    return str(entry.user or Actor(entry.actor).label)


def sentence(entry: ActivityLogEntry) -> str:
    """Return what the entry says happened, without who, when and why; an unknown action is returned as it is.

    An entry that knows that its reader may not see the results does not count them.
    """
    template = SENTENCES.get(entry.action)
    if not getattr(entry, "results_visible", True):
        template = WITHOUT_COUNTS.get(entry.action, template)
    return template.format_map(_facts(entry.data)) if template else entry.action


def sentence_without_facts(action: str) -> str:
    """Return the sentence of an action with “…” for each fact, such as for a list of all actions."""
    return _FACT.sub("…", str(SENTENCES[action]))


def _facts(data: dict) -> dict:
    """The facts as a sentence names them, in the language and time zone in force."""
    facts = data | {name: worded(datetime.fromisoformat(data[name])) for name in _MOMENTS & data.keys()}
    facts |= {name: _state(data[name]) for name in {"before", "after"} & data.keys()}
    known = {"asked": ASKED, "mode": MODES}
    facts |= {name: known[name].get(data[name], data[name]) for name in known.keys() & data.keys()}
    if "step" in data:
        facts["step"] = check_name(data["step"])
    if "changed" in data:
        facts["changed"] = ", ".join(_change(name, data) for name in data["changed"].split(", "))
    return facts


def _state(stored: str) -> str:
    """Return an old or new value in words: a reviewer's mark, or a length of time."""
    if stored in Mark.values:
        return str(Mark(stored).label)
    length = parse_duration(stored)
    return stored if length is None else worded(length)


def _change(name: str, data: dict) -> str:
    """An option that was changed, from what to what where the entry has it."""
    if name.startswith("access to "):
        return gettext("access to {url}").format(url=name.removeprefix("access to "))
    text = gettext("nothing") if name == NOTHING else str(LABELS.get(name, name))
    if name not in data.get("values", {}):
        return text
    told = _OPTIONS[name].told if name in _OPTIONS else str
    before, after = map(told, data["values"][name])
    return f"{text} ({before} → {after})"


def status_labels(entry: ActivityLogEntry) -> tuple[str, str]:
    """The labels of the entry's from and to status; empty where it has none."""
    choices = UrlScanStatus if entry.url_scan_id else AnalysisStatus
    labels = dict(choices.choices)
    return tuple(str(labels.get(code, code)) for code in (entry.from_status, entry.to_status))
