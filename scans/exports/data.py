"""Analyses, URL scans and findings as plain data, for every command, file and report."""

from datetime import date, datetime

from scans.activity import BY_TOKEN, sentence, status_labels
from scans.configuration.submission import exported
from scans.exports.masking import Mask, header_masked, masks_of, without_credentials
from scans.models import ActivityLogEntry, Analysis, AtWork, Finding, Mark, ModuleError, TriageMark, UrlScan
from scans.models.open_findings import count_open, count_open_of_scans
from scans.reasons import Notice, Reason
from scans.results.curl import curl_of
from scans.severities import DISMISSED, total
from scans.statuses import ANALYSIS_STATUSES, URL_SCAN_STATUSES, Status
from scans.summaries.workers import waits_for_zones
from scans.targets.zones import DEFAULT_ZONE, shown_zone

FORMAT = {"format": "dynamic-analyses/analysis", "version": 2}
# The data of a finding that is different at each place of a weakness.
OF_A_PLACE = [
    *("id", "url_scan", "target", "method", "url", "parameter", "info", "found_at"),
    *("replay", "replay_reason", "replay_reason_code", "replay_reason_facts", "replayed_at"),
    *("http_request", "curl", "response_status", "response_headers", "response_body"),
]


def values_of(thing: object, names: str) -> dict:
    """Return these attributes by name; `names` has spaces between them."""
    return {name: getattr(thing, name) for name in names.split()}


def status_data(model: str, status: Status) -> dict:
    """Return one entry of the catalogue."""
    return {
        "model": model,
        **values_of(status, "code label warning description next_step"),
        "phase": status.phase.value,
        **values_of(status, "final tone icon"),
        "ended_by": status.ended_by.value,
        "results": status.results.value,
        "actions": sorted(action.value for action in status.actions),
    }


def catalogue_data() -> list[dict]:
    """Return both catalogues, analyses first."""
    return [
        *(status_data("Analysis", status) for status in ANALYSIS_STATUSES.values()),
        *(status_data("UrlScan", status) for status in URL_SCAN_STATUSES.values()),
    ]


def analysis_data(analysis: Analysis) -> dict:
    """Return the analysis with its URL scans, counts, findings and log (newest first)."""
    scans = list(analysis.url_scans.order_by("position").prefetch_related("module_errors"))
    count_open_of_scans(scans)
    findings = Finding.objects.defer(None).filter(url_scan__analysis=analysis)
    masks, marks = masks_of(scans), marks_of(analysis)

    def data(finding: Finding) -> dict:
        mask = masks[finding.url_scan_id]
        return finding_data(finding, mask) | mark_data(marks.get(finding.fingerprint), mask)

    weaknesses = (weakness_data([data(finding) for finding in places]) for places in findings.by_weakness())
    return {
        **FORMAT,
        **configuration_data(analysis),
        "counts": count_open(findings),
        "waits_for": waits_for_zones(((scan.status, scan.zone) for scan in scans), AtWork.now()),
        "url_scans": [url_scan_data(scan, masks[scan.pk]) for scan in scans],
        "findings": list(weaknesses),
        "log": [entry_data(entry) for entry in analysis.activity.newest_first()],
    }


def configuration_data(analysis: Analysis) -> dict:
    """Return the name, configuration and status of one analysis."""
    return {
        **values_of(analysis, "id name run status"),
        **values_of(analysis.info, "label description next_step final"),
        "owner": str(analysis.owner or ""),
        **exported(analysis),
        "submitted_at": iso(analysis.submitted_at),
        "started_at": iso(analysis.started_at),
        "ended_at": iso(analysis.ended_at),
    }


def iso(moment: date | datetime | None) -> str | None:
    """Return the day, or the moment in UTC, as ISO 8601 text."""
    return moment.isoformat() if moment else None


def url_scan_data(scan: UrlScan, mask: Mask, *, visible: bool = True) -> dict:
    """Return one URL scan that knows its `open_counts`: status, reason, and the counts of its engine; of its findings
    only if they are visible."""
    return {
        **values_of(scan, "id url status"),
        "zone": shown_zone(scan.zone or DEFAULT_ZONE),
        "unserved_since": iso(scan.unserved_since),
        "label": URL_SCAN_STATUSES[scan.status].label,
        **_reason_data("reason", scan.reason, mask),
        "notices": [notice_data(notice, mask) for notice in scan.notices],
        "module_errors": [_module_error_data(error, mask) for error in scan.module_errors.all()],
        "started_at": iso(scan.started_at),
        "ended_at": iso(scan.ended_at),
        **values_of(scan, "engine engine_version resolved_address requests responses network_errors urls_crawled"),
        "requests_refused": scan.requests_refused or 0,
        **values_of(scan, "modules_done modules_total"),
        "findings": total(scan.open_counts) if visible else None,
        "dismissed": scan.open_counts[DISMISSED] if visible else None,
    }


def marks_of(analysis: Analysis) -> dict[str, TriageMark]:
    """Return the marks of a series by the fingerprint of their weakness."""
    return {mark.fingerprint: mark for mark in analysis.series.marks.select_related("assignee")}


def mark_data(mark: TriageMark | None, mask: Mask) -> dict:
    """Return the decision about a weakness: the mark, why, until when, and who takes care of it; None if nobody did."""
    mark = mark or TriageMark(mark=Mark.UNREVIEWED)
    return {
        "mark": mark.mark,
        "mark_comment": mask(mark.comment),
        "accepted_until": iso(mark.accepted_until),
        "reopened": mark.reopened,
        "assignee": str(mark.assignee or ""),
        "due": iso(mark.due),
    }


def finding_data(finding: Finding, mask: Mask) -> dict:
    """Return one finding without login secrets, with its `mark` if it knows that; `mark_data` has the rest.

    Its address and parameter name are the site's own words and are not masked: in /admin/, `admin` may be a password
    too.
    """
    request = mask(without_credentials(finding.http_request))
    return {
        "id": finding.pk,
        "url_scan": finding.url_scan_id,
        **values_of(finding, "category severity method url parameter module subject kind"),
        "info": mask(finding.info),
        "replay": finding.replay,
        **_reason_data("replay_reason", finding.replay_reason, mask),
        "replayed_at": iso(finding.replayed_at),
        "http_request": request,
        "curl": curl_of(finding.url, request),
        **values_of(finding, "wstg cwe fingerprint"),
        "mark": getattr(finding, "mark", Mark.UNREVIEWED),
    }


def weakness_data(places: list[dict]) -> dict:
    """Return one weakness from the data of its findings, which are its places. The first one stands for it."""
    own = [{name: place[name] for name in OF_A_PLACE if name in place} for place in places]
    return {**places[0], "places": own}


def _reason_data(name: str, reason: Reason, mask: Mask) -> dict:
    """A reason as an English sentence, and beside it as a code with its facts; masked."""
    plain = reason.to_json()
    return {name: mask(reason.in_english()), f"{name}_code": plain["code"], f"{name}_facts": mask(plain["facts"])}


def notice_data(notice: Notice, mask: Mask) -> dict:
    """Return a notice and its next step as English sentences, and beside them as a code with its facts; masked."""
    plain = notice.to_json()
    texts = {"text": mask(notice.in_english()), "next_step": mask(notice.next_step.in_english())}
    return {"code": plain["code"], "facts": mask(plain["facts"]), **texts}


def _module_error_data(error: ModuleError, mask: Mask) -> dict:
    """An error inside the engine; masked."""
    return {**values_of(error, "module method url"), **_reason_data("error", error.error, mask)}


def evidence_data(finding: Finding, mask: Mask) -> dict:
    """Return the rest of a finding: the engine's texts, and the response that revealed the weakness."""
    data = {
        "found_at": iso(finding.found_at),
        **values_of(finding, "description solution references"),
        "response_status": finding.evidence_status or None,
        "response_headers": [[name, header_masked(name, value)] for name, value in finding.evidence_headers],
        "response_body": finding.evidence_body,
    }
    return mask(data)


def entry_data(entry: ActivityLogEntry) -> dict:
    """One entry of the log; the labels of its statuses are empty where it changed none."""
    from_label, to_label = status_labels(entry)
    return {
        "id": entry.pk,
        "at": iso(entry.at),
        "actor": entry.actor,
        "user": str(entry.user or ""),
        "token": entry.data.get(BY_TOKEN, ""),
        "action": entry.action,
        "url_scan": entry.url_scan_id,
        "url": entry.url_scan.url if entry.url_scan else "",
        **values_of(entry, "from_status to_status"),
        "from_label": from_label,
        "to_label": to_label,
        **_reason_data("reason", entry.reason, Mask()),
        "text": sentence(entry),
        "data": entry.data,
    }
