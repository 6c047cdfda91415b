"""Analyses, URL scans and findings as plain data, for every command, file and report."""

from datetime import datetime

from scans.activity import sentence
from scans.configuration.submission import exported
from scans.exports.masking import Mask, header_masked, masks_of, without_credentials
from scans.models import ActivityLogEntry, Analysis, Finding, UrlScan
from scans.reasons import Reason
from scans.statuses import ANALYSIS_STATUSES, URL_SCAN_STATUSES, Status


def status_data(model: str, status: Status) -> dict:
    """Return one entry of the catalogue."""
    return {
        "model": model,
        "code": status.code,
        "label": status.label,
        "warning": status.warning,
        "description": status.description,
        "next_step": status.next_step,
        "phase": status.phase.value,
        "final": status.final,
        "tone": status.tone,
        "icon": status.icon,
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
    scans = list(analysis.url_scans.order_by("position"))
    findings = Finding.objects.filter(url_scan__analysis=analysis).marked(analysis.series.marks)
    masks = masks_of(scans)
    return {
        **configuration_data(analysis),
        "counts": findings.count_by_severity(),
        "url_scans": [url_scan_data(scan, masks[scan.pk]) for scan in scans],
        "findings": [finding_data(finding, masks[finding.url_scan_id]) for finding in findings.worst_first()],
        "log": [_entry_data(entry) for entry in analysis.activity.newest_first()],
    }


def configuration_data(analysis: Analysis) -> dict:
    """Return the name, configuration and status of one analysis."""
    return {
        "id": analysis.pk,
        "name": analysis.name,
        "run": analysis.run,
        "status": analysis.status,
        "label": analysis.info.label,
        "description": analysis.info.description,
        "next_step": analysis.info.next_step,
        "final": analysis.info.final,
        "owner": str(analysis.owner or ""),
        **exported(analysis),
        "submitted_at": iso(analysis.submitted_at),
        "started_at": iso(analysis.started_at),
        "ended_at": iso(analysis.ended_at),
    }


def iso(moment: datetime | None) -> str | None:
    """Return the moment as ISO 8601 text in UTC."""
    return moment.isoformat() if moment else None


def url_scan_data(scan: UrlScan, mask: Mask) -> dict:
    """Return one URL scan: status, reason, and the counts of its engine."""
    return {
        "id": scan.pk,
        "url": scan.url,
        "status": scan.status,
        "label": scan.info.label,
        **_reason_data("reason", scan.reason, mask),
        "started_at": iso(scan.started_at),
        "ended_at": iso(scan.ended_at),
        "engine": scan.engine,
        "engine_version": scan.engine_version,
        "resolved_address": scan.resolved_address,
        "requests": scan.requests,
        "responses": scan.responses,
        "network_errors": scan.network_errors,
        "urls_crawled": scan.urls_crawled,
        "modules_done": scan.modules_done,
        "modules_total": scan.modules_total,
        "findings": scan.findings_total,
    }


def finding_data(finding: Finding, mask: Mask) -> dict:
    """Return one finding that knows its `mark`, without login secrets.

    Its address and parameter name are the site's own words and are not masked: in /admin/, `admin` may be a password
    too.
    """
    return {
        "id": finding.pk,
        "url_scan": finding.url_scan_id,
        "category": finding.category,
        "severity": finding.severity,
        "method": finding.method,
        "url": finding.url,
        "parameter": finding.parameter,
        "module": finding.module,
        "info": mask(finding.info),
        "replay": finding.replay,
        **_reason_data("replay_reason", finding.replay_reason, mask),
        "http_request": mask(without_credentials(finding.http_request)),
        "curl": mask(without_credentials(finding.curl)),
        "wstg": finding.wstg,
        "cwe": finding.cwe,
        "fingerprint": finding.fingerprint,
        "mark": finding.mark,
    }


def _reason_data(name: str, reason: Reason, mask: Mask) -> dict:
    """A reason as an English sentence, and beside it as a code with its facts; masked."""
    plain = reason.to_json()
    return {
        name: mask(reason.in_english()),
        f"{name}_code": plain["code"],
        f"{name}_facts": mask(plain["facts"]),
    }


def evidence_data(finding: Finding, mask: Mask) -> dict:
    """Return the rest of a finding: the engine's texts, and the response that revealed the weakness."""
    headers = [[name, header_masked(name, value)] for name, value in finding.evidence_headers]
    data = {
        "found_at": iso(finding.found_at),
        "replayed_at": iso(finding.replayed_at),
        "description": finding.description,
        "solution": finding.solution,
        "references": finding.references,
        "response_status": finding.evidence_status or None,
        "response_headers": headers,
        "response_body": finding.evidence_body,
    }
    return mask(data)


def _entry_data(entry: ActivityLogEntry) -> dict:
    return {
        "id": entry.pk,
        "at": iso(entry.at),
        "actor": entry.actor,
        "user": str(entry.user or ""),
        "action": entry.action,
        "url_scan": entry.url_scan_id,
        "from_status": entry.from_status,
        "to_status": entry.to_status,
        **_reason_data("reason", entry.reason, Mask()),
        "text": sentence(entry),
        "data": entry.data,
    }
