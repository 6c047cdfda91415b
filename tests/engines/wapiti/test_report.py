"""Reading Wapiti's report: real ones of both releases, and every way in which one can be broken."""

from __future__ import annotations

import copy
import json
from pathlib import Path

import pytest

from scans.engines.base import ReportError
from scans.engines.events import Severity, identity
from scans.engines.wapiti.report import LARGEST_REPORT, read_report

SAMPLES = Path(__file__).parents[2] / "samples"
SAMPLE = SAMPLES / "wapiti_3_2_3.json"


@pytest.fixture
def written(tmp_path):
    """Writes a report file, from bytes, text or a document, and gives its path."""

    def write(content) -> Path:
        path = tmp_path / "report.json"
        if not isinstance(content, bytes):
            content = (content if isinstance(content, str) else json.dumps(content)).encode()
        path.write_bytes(content)
        return path

    return write


@pytest.mark.parametrize(("name", "version"), [("wapiti_3_2_3", "3.2.3"), ("wapiti_3_3_2", "3.3.2")])
def test_a_real_report_of_each_release_is_read(name, version):
    report = read_report(SAMPLES / f"{name}.json")
    assert report.version == version
    assert report.urls_crawled > 3
    by_category = {finding.category: finding for finding in report.findings}
    injection = by_category["SQL Injection"]
    assert injection.severity == Severity.CRITICAL
    assert injection.method == "GET"
    assert injection.url.startswith("http://127.0.0.1:") and injection.url.endswith("/item")
    assert injection.parameter == "id"
    assert injection.module == "sql"
    assert injection.cwe == (89,)
    assert injection.wstg == ("WSTG-INPV-05",)
    assert injection.http_request.startswith("GET /item?id=")
    assert injection.description and injection.solution
    assert all(address.startswith("http") for _, address in injection.references)
    assert by_category["Clickjacking Protection"].cwe == (1021,)


def test_the_same_weakness_is_given_once():
    findings = read_report(SAMPLE).findings
    assert len({identity(finding) for finding in findings}) == len(findings)
    document = json.loads(SAMPLE.read_text())
    written = sum(len(found) for section in SECTIONS for found in document[section].values())
    assert len(findings) < written


def test_a_missing_report_is_named(tmp_path):
    with pytest.raises(ReportError, match="report_missing"):
        read_report(tmp_path / "report.json")


def test_a_report_that_is_a_folder_cannot_be_read(tmp_path):
    with pytest.raises(ReportError, match="report_unreadable.*Is a directory"):
        read_report(tmp_path)


@pytest.mark.parametrize("content", [b"", b" \n"])
def test_an_empty_report_is_named(written, content):
    with pytest.raises(ReportError, match="report_empty"):
        read_report(written(content))


@pytest.mark.parametrize("share", [0.01, 0.3, 0.7, 0.999])
def test_a_truncated_report_is_named(written, share):
    whole = SAMPLE.read_bytes()
    with pytest.raises(ReportError, match="report_not_json"):
        read_report(written(whole[: int(len(whole) * share)]))


@pytest.mark.parametrize("content", ["<html>", "[" * 100_000, "{'a': 1}", "\x00" * 10])
def test_what_is_not_json_is_named(written, content):
    with pytest.raises(ReportError, match="report_not_json"):
        read_report(written(content))


def test_what_is_not_utf8_is_named(written):
    with pytest.raises(ReportError, match="report_not_text"):
        read_report(written(b'{"a": "\xff"}'))


def test_a_report_over_the_limit_is_refused_unread(tmp_path):
    path = tmp_path / "report.json"
    with path.open("wb") as file:
        file.truncate(LARGEST_REPORT + 1)  # sparse: takes no disk, and would take its size in memory if read
    with pytest.raises(ReportError, match="report_too_large"):
        read_report(path)


SECTIONS = ("vulnerabilities", "anomalies", "additionals")
FINDING = ("vulnerabilities", "SQL Injection", 0)


@pytest.mark.parametrize(
    ("where", "value"),
    [
        ((), []),
        ((), None),
        ((), 7),
        (("infos",), None),
        (("infos",), []),
        (("infos", "target"), None),
        (("infos", "version"), 3),
        (("infos", "crawled_pages_nbr"), "many"),
        (("infos", "crawled_pages_nbr"), -1),
        (("vulnerabilities",), []),
        (("vulnerabilities", "SQL Injection"), {}),
        (("vulnerabilities", "SQL Injection"), "x"),
        (("classifications",), []),
        (("classifications", "SQL Injection"), None),
        (("classifications", "SQL Injection", "ref"), []),
        (("classifications", "SQL Injection", "desc"), None),
        (FINDING, None),
        (FINDING, []),
        ((*FINDING, "level"), 5),
        ((*FINDING, "level"), -1),
        ((*FINDING, "level"), "high"),
        ((*FINDING, "level"), True),
        ((*FINDING, "level"), 1.5),
        ((*FINDING, "method"), None),
        ((*FINDING, "path"), None),
        ((*FINDING, "path"), {}),
        ((*FINDING, "parameter"), 3),
        ((*FINDING, "wstg"), "WSTG"),
        ((*FINDING, "wstg"), [1]),
        ((*FINDING, "http_request"), []),
    ],
)
def test_a_report_of_another_shape_is_named(written, where, value):
    document = json.loads(SAMPLE.read_text())
    if where:
        inner = document
        for step in where[:-1]:
            inner = inner[step]
        inner[where[-1]] = value
    else:
        document = value
    with pytest.raises(ReportError, match="report_malformed"):
        read_report(written(document))


@pytest.mark.parametrize("key", ["infos", "vulnerabilities", "anomalies", "additionals", "classifications"])
def test_a_report_that_lacks_a_part_is_named(written, key):
    document = json.loads(SAMPLE.read_text())
    del document[key]
    with pytest.raises(ReportError, match=f"'{key}' is missing"):
        read_report(written(document))


def test_texts_are_cut_and_cleaned(written):
    document = copy.deepcopy(json.loads(SAMPLE.read_text()))
    finding = document["vulnerabilities"]["SQL Injection"][0]
    finding["http_request"] = "x" * 100_000
    finding["info"] = "a\x00b\ud800"
    read = {one.category: one for one in read_report(written(document)).findings}["SQL Injection"]
    assert len(read.http_request) == 32 * 1024
    assert read.info == "a\ufffdb?"
