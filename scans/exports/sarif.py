"""Results as SARIF 2.1.0 (OASIS Standard with errata 01), which code hosts, trackers and editors read."""

from collections.abc import Iterator
from datetime import UTC, datetime
from http import HTTPStatus
from urllib.parse import quote

from django.utils.text import slugify

from scans.exports.data import url_scan_data
from scans.exports.results import Results
from scans.exports.streams import HERE, json_pieces
from scans.models import Finding, Mark, UrlScan

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
LEVELS = {"critical": "error", "high": "error", "medium": "warning", "low": "note", "info": "note"}
# Within the ranges of CVSS 3.1's ratings; code hosts sort by this number.
SECURITY_SEVERITY = {"critical": "9.5", "high": "8.0", "medium": "5.5", "low": "2.5", "info": "0.0"}
# Marks that hide a finding. Fixed does not: a fixed weakness that is found again must show again.
SUPPRESSING = (Mark.FALSE_POSITIVE, Mark.ACCEPTED)
FINGERPRINT = "dynamicAnalysesFinding/v1"
TAXONOMIES = {
    "CWE": ("MITRE", "Common Weakness Enumeration"),
    "WSTG": ("OWASP", "OWASP Web Security Testing Guide"),
}
_LEFT_AS_IT_IS = "%/:=&?~#+!$,;'@()*[]"  # in an address; everything else is percent-encoded (RFC 3986)


def as_sarif(results: Results) -> Iterator[str]:
    """Yield one run with an invocation for each URL scan. Findings are read while the file is sent."""
    rules = results.found.first_of_each_category()
    numbers = {finding.category: number for number, finding in enumerate(rules)}
    log = {"$schema": SCHEMA, "version": "2.1.0", "runs": [_run(results, rules)]}
    return json_pieces(log, (_result(finding, numbers[finding["category"]]) for finding in results.findings()))


def _run(results: Results, rules: list[Finding]) -> dict:
    head = results.head()
    return {
        "tool": {"driver": _driver(rules), "extensions": _engines(results.scans)},
        "automationDetails": {"id": f"{head['analysis']['name']}/run {head['analysis']['run']}"},
        "invocations": [_invocation(scan, results) for scan in results.scans],
        "taxonomies": [_taxonomy(name, rules) for name in TAXONOMIES],
        "results": [HERE],
        "properties": {name: head[name] for name in ("made_at", "state", "notices", "analysis", "counts")},
    }


def _driver(rules: list[Finding]) -> dict:
    return {
        "name": "Dynamic Analyses",
        "supportedTaxonomies": [{"name": name, "index": index} for index, name in enumerate(TAXONOMIES)],
        "rules": [_rule(finding) for finding in rules],
    }


def _engines(scans: list[UrlScan]) -> list[dict]:
    engines = sorted({(scan.engine, scan.engine_version) for scan in scans if scan.engine})
    return [{"name": name, **({"version": version} if version else {})} for name, version in engines]


def _invocation(scan: UrlScan, results: Results) -> dict:
    """Return whether the scan of one URL finished, and if not, the reason."""
    sentences = filter(None, [scan.info.label, str(scan.reason), str(scan.info.description)])
    told = results.masks[scan.pk](" ".join(f"{sentence.removesuffix('.')}." for sentence in sentences))
    complete = scan not in results.partial
    invocation = {
        "executionSuccessful": complete,
        "startTimeUtc": _utc(scan.started_at),
        "endTimeUtc": _utc(scan.ended_at),
        "toolExecutionNotifications": [] if complete else [{"level": "error", "message": {"text": told}}],
        "properties": {
            "url": scan.url,
            "status": scan.status,
            "label": scan.info.label,
            "notices": url_scan_data(scan, results.masks[scan.pk])["notices"],
        },
    }
    return {name: value for name, value in invocation.items() if value is not None}


def _rule(finding: Finding) -> dict:
    """Return a category of weakness, described by its first finding. `worst` is its highest severity."""
    help_text = "\n\n".join(filter(None, [finding.description, finding.solution])) or finding.category
    links = [address for _, address in finding.references if address.startswith(("http://", "https://"))]
    return {
        "id": _rule_id(finding.category),
        "name": finding.category,
        "shortDescription": {"text": finding.category},
        "fullDescription": {"text": finding.description or finding.category},
        "help": {"text": help_text},
        **({"helpUri": _uri(links[0])} if links else {}),
        "defaultConfiguration": {"level": LEVELS[finding.worst]},
        "relationships": [{"target": taxon, "kinds": ["relevant"]} for taxon in _taxa(finding.cwe, finding.wstg)],
        "properties": {
            "tags": ["security", *(f"external/cwe/cwe-{number:03}" for number in finding.cwe)],
            "security-severity": SECURITY_SEVERITY[finding.worst],
        },
    }


def _rule_id(category: str) -> str:
    return slugify(category) or category


def _taxa(cwe: list[int], wstg: list[str]) -> list[dict]:
    """Return references to the weakness in other catalogues."""
    named = [("CWE", str(number)) for number in cwe] + [("WSTG", number) for number in wstg]
    order = list(TAXONOMIES)
    return [{"id": number, "toolComponent": {"name": name, "index": order.index(name)}} for name, number in named]


def _taxonomy(name: str, rules: list[Finding]) -> dict:
    organization, full_name = TAXONOMIES[name]
    every = [taxon for rule in rules for taxon in _taxa(rule.cwe, rule.wstg)]
    numbers = {taxon["id"] for taxon in every if taxon["toolComponent"]["name"] == name}
    taxa = [{"id": number} for number in sorted(numbers)]
    return {"name": name, "organization": organization, "fullName": full_name, "isComprehensive": False, "taxa": taxa}


def _result(finding: dict, rule: int) -> dict:
    """Return one finding, from its plain data."""
    result = {
        "ruleId": _rule_id(finding["category"]),
        "ruleIndex": rule,
        "level": LEVELS[finding["severity"]],
        "message": {"text": finding["info"] or finding["category"]},
        "locations": [_location(finding)],
        "partialFingerprints": {FINGERPRINT: finding["fingerprint"]},
        "taxa": _taxa(finding["cwe"], finding["wstg"]),
        "webRequest": _request(finding),
        "webResponse": _response(finding),
        "suppressions": _suppressions(finding),
        "properties": {
            "security-severity": SECURITY_SEVERITY[finding["severity"]],
            **{name: finding[name] for name in ("severity", "replay", "replay_reason", "mark", "target", "module")},
        },
    }
    return {name: value for name, value in result.items() if value is not None}


def _location(finding: dict) -> dict:
    location = {"physicalLocation": {"artifactLocation": {"uri": _uri(finding["url"])}}}
    if finding["parameter"]:
        location["logicalLocations"] = [{"name": finding["parameter"], "kind": "parameter"}]
    return location


def _request(finding: dict) -> dict | None:
    """Return the parts of the request as the engine recorded it."""
    head, _, body = finding["http_request"].replace("\r\n", "\n").partition("\n\n")
    first, *lines = head.split("\n")
    method, _, rest = first.partition(" ")
    target, _, protocol = rest.rpartition(" ")
    if not target:
        return None
    pairs = [line.partition(":") for line in lines if ":" in line]
    return {
        "protocol": "HTTP",
        "version": protocol.partition("/")[2],
        "method": method,
        "target": target,
        "headers": {name.strip(): value.strip() for name, _, value in pairs},
        "body": {"text": body},
    }


def _response(finding: dict) -> dict | None:
    status = finding["response_status"]
    if not status:
        return None
    known = status in HTTPStatus._value2member_map_
    return {
        "statusCode": status,
        **({"reasonPhrase": HTTPStatus(status).phrase} if known else {}),
        "headers": dict(finding["response_headers"]),
        "body": {"text": finding["response_body"]},
    }


def _suppressions(finding: dict) -> list[dict]:
    """Return a reviewer's decision to hide the finding; an empty list means that nobody decided so."""
    if finding["mark"] not in SUPPRESSING:
        return []
    why = ": ".join(filter(None, [str(Mark(finding["mark"]).label), finding["mark_comment"]]))
    return [{"kind": "external", "status": "accepted", "justification": why}]


def _uri(address: str) -> str:
    return quote(address, safe=_LEFT_AS_IT_IS)


def _utc(moment: datetime | None) -> str | None:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z") if moment else None
