"""The events that a webhook may be told of: every action of the activity log, and a few that people look for."""

from django.utils.translation import gettext_lazy as _

from scans.activity import SENTENCES, sentence_without_facts
from scans.analysis_list.saved_views import NEED_ATTENTION
from scans.models import ActivityLogEntry, Analysis, Finding, Publication, UrlScan
from scans.models.open_findings import count_open, still_open
from scans.severities import SEVERITIES
from scans.statuses import ANALYSIS_STATUSES, PUBLISHED_AS, Phase, Results
from scans.summaries.comparison import Comparison

ENDED, NEEDS_ATTENTION = "analysis.ended", "analysis.needs_attention"
NEEDS_REVIEW, NEW_FINDINGS = "analysis.needs_review", "analysis.new_findings"
TEST = "webhook.test"
MADE_FROM_ENTRIES = {
    ENDED: _("An analysis ended"),
    NEW_FINDINGS: _("An analysis has new findings of the chosen severity or worse"),
    NEEDS_REVIEW: _("An analysis waits for a reviewer"),
    NEEDS_ATTENTION: _("An analysis needs attention: it failed, or a part of it did"),
}


def label(event: str) -> str:
    """The name of an event, in the language in force."""
    if event == TEST:
        return str(_("A test"))
    return str(MADE_FROM_ENTRIES.get(event) or (sentence_without_facts(event) if event in SENTENCES else event))


def actions() -> list[tuple[str, str]]:
    """Every action of the log with its name, for a form."""
    return [(action, label(action)) for action in SENTENCES]


def told_by(entry: ActivityLogEntry) -> list[str]:
    """The events that this entry may be: its action, and what its status means. `new_findings` decides on the rest."""
    events = [entry.action]
    if entry.url_scan_id is None and entry.to_status in ANALYSIS_STATUSES:
        status = ANALYSIS_STATUSES[entry.to_status]
        events += [ENDED] if status.final else []
        events += [NEW_FINDINGS] if status.final and status.results == Results.AVAILABLE else []
        events += [NEEDS_ATTENTION] if entry.to_status in NEED_ATTENTION else []
    if entry.action == "url_scan.verified" and _waits_for_reviewer(entry):
        events.append(NEEDS_REVIEW)
    return events


def _waits_for_reviewer(entry: ActivityLogEntry) -> bool:
    """Whether this was the last verification, so that a reviewer can publish the results."""
    analysis = entry.analysis
    if analysis.publication != Publication.REVIEWER or analysis.info.phase != Phase.REVIEW:
        return False
    later = ActivityLogEntry.objects.filter(analysis=analysis, action=entry.action, pk__gt=entry.pk)
    unverified = UrlScan.objects.filter(analysis=analysis, status__in=list(PUBLISHED_AS), verified_at=None)
    return not later.exists() and not unverified.exists()


def new_findings(analysis: Analysis) -> dict[str, int]:
    """The number of open weaknesses by severity that the run before did not have; all of them in a first run."""
    earlier = analysis.run_before
    found = still_open(Finding.objects.filter(url_scan__analysis=analysis))
    if earlier:
        before = Comparison.of(analysis, earlier).before
        found = found.exclude(fingerprint__in=before.values("fingerprint"))
    counts = count_open(found)
    return {severity: counts[severity] for severity in SEVERITIES}


def of_severity(counts: dict[str, int], least: str) -> int:
    """How many of these are of this severity or worse."""
    return sum(counts[severity] for severity in SEVERITIES[: SEVERITIES.index(least) + 1])
