"""Reads Wapiti's final JSON report and validates everything in it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from scans.engines.base import Report, ReportError
from scans.engines.events import FindingReported, Severity, identity
from scans.engines.shared import places
from scans.engines.wapiti.traits import completed
from scans.engines.wire import plain_text

LARGEST_REPORT = 50 * 1024**2  # bytes
LONGEST_REQUEST = 32 * 1024  # characters; the driver cuts the same, so that both produce equal findings
# Wapiti's levels 0 to 4: wapitiCore/language/vulnerability.py
_BY_LEVEL = (Severity.INFO, Severity.LOW, Severity.MEDIUM, Severity.HIGH, Severity.CRITICAL)
NO_TEXTS = {"desc": "", "sol": "", "ref": {}}
SECTIONS = ("vulnerabilities", "anomalies", "additionals")


def read_report(path: Path) -> Report:
    """Read the report file. Raises ReportError, whose code names the problem."""
    text = _read(path)
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ReportError("report_not_json", name=path.name, error=str(error)) from error
    try:
        return _report(document)
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
        what = f"{error.args[0]!r} is missing" if isinstance(error, KeyError) else str(error)
        raise ReportError("report_malformed", name=path.name, error=what) from error


def _read(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_REPORT + 1) if path.stat().st_size <= LARGEST_REPORT else None
    except FileNotFoundError as error:
        raise ReportError("report_missing", name=path.name) from error
    except OSError as error:
        raise ReportError("report_unreadable", name=path.name, error=str(error.strerror)) from error
    if content is None or len(content) > LARGEST_REPORT:
        raise ReportError("report_too_large", name=path.name, count=LARGEST_REPORT // 1024**2)
    if not content.strip():
        raise ReportError("report_empty", name=path.name)
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise ReportError("report_not_text", name=path.name) from error


def _report(document: dict[str, Any]) -> Report:
    infos = document["infos"]
    pages = infos["crawled_pages_nbr"]
    if not isinstance(pages, int) or isinstance(pages, bool) or pages < 0:
        raise ValueError("crawled_pages_nbr is no count")
    # As in the live events, the same weakness counts once.
    findings = {identity(finding): finding for finding in reversed(list(_findings(document)))}
    return Report(
        findings=tuple(reversed(findings.values())),
        urls_crawled=pages,
        version=plain_text(infos["version"]).removeprefix("Wapiti "),
    )


def _findings(document: dict[str, Any]) -> Iterator[FindingReported]:
    target = urlsplit(plain_text(document["infos"]["target"]))
    origin = f"{target.scheme}://{target.netloc}"
    for section in SECTIONS:
        for category, found in document[section].items():
            if not isinstance(found, list):
                raise ValueError(f"{section} / {category} is no list")
            texts = document["classifications"].get(category, NO_TEXTS)
            for values in found:
                yield completed(_finding(category, values, texts, origin))


def _finding(category: str, values: dict[str, Any], texts: dict[str, Any], origin: str) -> FindingReported:
    level = values["level"]
    if level not in range(len(_BY_LEVEL)) or isinstance(level, bool):
        raise ValueError(f"level {level!r:.20} is none of 0 to 4")
    if not isinstance(wstg := values["wstg"] or [], list):
        raise ValueError("wstg is no list")
    method, path, request = (plain_text(values[name]) for name in ("method", "path", "http_request"))
    module, parameter = plain_text(values["module"]), plain_text(values["parameter"] or "")
    return FindingReported(
        category=plain_text(category),
        severity=_BY_LEVEL[level],
        method=method,
        url=plain_text(origin + places.address(method, path, request, parameter, module)),
        parameter=parameter,
        module=module,
        info=plain_text(values["info"] or ""),
        http_request=plain_text(request, LONGEST_REQUEST),
        description=plain_text(texts["desc"]),
        solution=plain_text(texts["sol"]),
        references=tuple((plain_text(title), plain_text(address)) for title, address in texts["ref"].items()),
        wstg=tuple(plain_text(number) for number in wstg),
    )
