"""When two findings are the same."""

from dataclasses import replace

import pytest

from scans.engines.events import FindingReported, Severity, identity

FINDING = FindingReported(
    category="SQL Injection",
    severity=Severity.CRITICAL,
    method="GET",
    url="http://h/item",
    parameter="id",
    module="sql",
    info="SQL Injection via injection in the parameter id",
    http_request="GET /item?id=1%27 HTTP/1.1",
)


@pytest.mark.parametrize("field", ["category", "method", "url", "parameter", "module", "info"])
def test_findings_that_differ_in_what_they_are_have_another_identity(field):
    assert identity(replace(FINDING, **{field: "other"})) != identity(FINDING)


def test_findings_that_differ_in_payload_and_evidence_are_the_same():
    other = replace(FINDING, http_request="GET /item?id=2", evidence_status=500, description="text")
    assert identity(other) == identity(FINDING)
    assert len(identity(FINDING)) == 64
