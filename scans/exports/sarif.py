"""Results as SARIF 2.1.0 (OASIS Standard with errata 01), which code hosts, trackers and editors read.

The file also keeps to the published rules of GitHub's and GitLab's code scanning, which refuse a file otherwise; a test
has them as a list.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from http import HTTPStatus

from django.utils.text import slugify

from scans.exports.addresses import as_path, uri
from scans.exports.data import notice_data
from scans.exports.results import Results
from scans.exports.streams import HERE, json_pieces
from scans.harmless import harmless
from scans.models import Finding, Mark, UrlScan

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
LEVELS = {"critical": "error", "high": "error", "medium": "warning", "low": "note", "info": "note"}
# Within the ranges of CVSS 3.1's ratings; code hosts sort by this number.
SECURITY_SEVERITY = {"critical": "9.5", "high": "8.0", "medium": "5.5", "low": "2.5", "info": "0.0"}
# Marks that hide a finding. Fixed does not: a fixed weakness that is found again must show again.
SUPPRESSING = (Mark.FALSE_POSITIVE, Mark.ACCEPTED)
FINGERPRINT = "dynamicAnalysesFinding/v2"
TAXONOMIES = {
    "CWE": ("MITRE", "Common Weakness Enumeration"),
    "WSTG": ("OWASP", "OWASP Web Security Testing Guide"),
}
# The limits of GitHub's code scanning, beyond which it refuses a file or does not show a text.
MOST_RESULTS, MOST_PLACES, MOST_TAGS, LONGEST_NAME, LONGEST_DESCRIPTION = 25_000, 1000, 20, 255, 1024
# Characters of requests and answers in one file, in equal shares: compressed, a file may have 10 MB.
MOST_EVIDENCE = 30_000_000
# Code hosts compare locations with the files of a repository. None matches, so they show the path alone.
BASE = "%SRCROOT%"
_PROPERTIES = ("url", "severity", "subject", "kind", "replay", "replay_reason", "mark", "target", "module")
FIRST_CHARACTER = {"startLine": 1, "startColumn": 1, "endLine": 1, "endColumn": 2}


def as_sarif(results: Results) -> Iterator[str]:
    """Yield one run with an invocation for each URL scan. Findings are read while the file is sent."""
    rules = results.found.first_of_each_category()
    numbers = {finding.category: number for number, finding in enumerate(rules)}
    log = {"$schema": SCHEMA, "version": "2.1.0", "runs": [_run(results, rules)]}
    room = MOST_EVIDENCE // max(1, sum(results.counts.values())) // 2
    return json_pieces(log, (_result(finding, numbers[finding["category"]], room) for finding in results.findings()))


def _run(results: Results, rules: list[Finding]) -> dict:
    head = results.head()
    # A code host replaces the results that it has of the same category: everything before the last slash.
    category = "/".join([head["analysis"]["name"], *([results.url_scan.url] if results.url_scan else [])])
    run = {
        "tool": {"driver": _driver(rules), "extensions": _engines(results.scans)},
        "automationDetails": {"id": f"{category}/run {head['analysis']['run']}"},
        "invocations": [_invocation(scan, results) for scan in results.scans],
        "taxonomies": [_taxonomy(name, rules) for name in TAXONOMIES],
        "results": [HERE],
        "properties": {name: head[name] for name in ("made_at", "state", "notices", "analysis", "counts", "places")},
    }
    return _shown(run)


def _shown(value):
    """Return the same data with all texts made harmless: viewers show them as they are."""
    if isinstance(value, dict):
        return {key: _shown(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [_shown(entry) for entry in value]
    return harmless(value) if isinstance(value, str) else value


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
            "notices": [notice_data(notice, results.masks[scan.pk]) for notice in scan.notices],
        },
    }
    return {name: value for name, value in invocation.items() if value is not None}


def _rule(finding: Finding) -> dict:
    """Return a category of weakness, described by its first finding. `worst` is its highest severity."""
    help_text = "\n\n".join(filter(None, [finding.description, finding.solution])) or finding.category
    links = [address for _, address in finding.references if address.startswith(("http://", "https://"))]
    return {
        "id": _rule_id(finding.category),
        "name": finding.category[:LONGEST_NAME],
        "shortDescription": {"text": _cut(finding.category, LONGEST_DESCRIPTION)},
        "fullDescription": {"text": _cut(finding.description or finding.category, LONGEST_DESCRIPTION)},
        "help": {"text": help_text},
        **({"helpUri": uri(links[0])} if links else {}),
        "defaultConfiguration": {"level": LEVELS[finding.worst]},
        "relationships": [{"target": taxon, "kinds": ["relevant"]} for taxon in _taxa(finding.cwe, finding.wstg)],
        "properties": {
            "tags": ["security", *(f"external/cwe/cwe-{number:03}" for number in finding.cwe)][:MOST_TAGS],
            "security-severity": SECURITY_SEVERITY[finding.worst],
        },
    }


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


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


def _result(finding: dict, rule: int, room: int) -> dict:
    """Return one finding, from its plain data, with at most `room` characters of each of request and answer."""
    result = {
        "ruleId": _rule_id(finding["category"]),
        "ruleIndex": rule,
        "level": LEVELS[finding["severity"]],
        "message": {"text": finding["info"].strip() or finding["category"]},
        "locations": [_location(finding)],
        "relatedLocations": [_location(place) for place in finding["places"][1:MOST_PLACES]],
        "occurrenceCount": len(finding["places"]),
        "partialFingerprints": _fingerprints(finding),
        "taxa": _taxa(finding["cwe"], finding["wstg"]),
        "suppressions": _suppressions(finding),
        "properties": {
            "security-severity": SECURITY_SEVERITY[finding["severity"]],
            **{name: finding[name] for name in _PROPERTIES},
        },
    }
    evidence = {"webRequest": _request(finding, room), "webResponse": _response(finding, room)}
    return _shown(result) | {name: value for name, value in evidence.items() if value is not None}


def _fingerprints(finding: dict) -> dict[str, str]:
    """Return our own, and the only one that GitHub reads: without it, two weaknesses of a page become one alert."""
    return {FINGERPRINT: finding["fingerprint"], "primaryLocationLineHash": f"{finding['fingerprint'][:16]}:1"}


def _location(finding: dict) -> dict:
    """Return the page as if it were a file: GitHub refuses a file that holds a web address as a location."""
    file = {"uri": as_path(finding["url"]), "uriBaseId": BASE}
    location = {
        "physicalLocation": {"artifactLocation": file, "region": FIRST_CHARACTER},
        "message": {"text": finding["url"] or finding["target"]},
    }
    if finding["parameter"]:
        location["logicalLocations"] = [{"name": finding["parameter"], "kind": "parameter"}]
    return location


def _request(finding: dict, room: int) -> dict | None:
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
        "body": {"text": body[:room]},
    }


def _response(finding: dict, room: int) -> dict | None:
    status = finding["response_status"]
    if not status:
        return None
    known = status in HTTPStatus._value2member_map_
    return {
        "statusCode": status,
        **({"reasonPhrase": HTTPStatus(status).phrase} if known else {}),
        "headers": dict(finding["response_headers"]),
        "body": {"text": finding["response_body"][:room]},
    }


def _suppressions(finding: dict) -> list[dict]:
    """Return a reviewer's decision to hide the finding; an empty list means that nobody decided so."""
    if finding["mark"] not in SUPPRESSING:
        return []
    why = ": ".join(filter(None, [str(Mark(finding["mark"]).label), finding["mark_comment"]]))
    return [{"kind": "external", "status": "accepted", "justification": why}]


def _utc(moment: datetime | None) -> str | None:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z") if moment else None
