"""The parts of a finding's event."""

from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest

from scans.engines.events import FindingReported, identity
from scans.engines.wapiti import adapter

FORM = SimpleNamespace(method="POST", file_path="/list")
VALUES = {"category": "CSRF", "level": 2, "parameter": None, "module": "csrf", "info": "Lack of anti CSRF token"}


@pytest.fixture
def findings(imported_flat):
    return imported_flat(Path(adapter.DRIVER).parent / "findings.py")


def test_two_forms_of_one_path_have_two_places_and_two_identities(findings):
    texts = [f"POST /list?{query} HTTP/1.1" for query in ("action=add", "action=drop", "action=add")]
    assert [findings.place(FORM, text, VALUES) for text in texts[:2]] == ["/list?action=add", "/list?action=drop"]
    add, drop, again = (findings.key(FORM, text, VALUES) for text in texts)
    assert add == again != drop


def test_the_key_has_what_identity_hashes(findings):
    given = {**VALUES, "parameter": "name", "severity": "medium", "method": "POST", "url": "/list", "http_request": ""}
    del given["level"]

    def differ(name, value):
        other = identity(FindingReported(**{**given, name: value}))
        values = {**VALUES, "parameter": "name", **({"level": 3} if name == "severity" else {name: value})}
        keys = [findings.key(FORM, "", one) for one in ({**VALUES, "parameter": "name"}, values)]
        return other != identity(FindingReported(**given)), keys[0] != keys[1]

    for name in ("category", "severity", "parameter", "module", "info"):
        assert differ(name, "high" if name == "severity" else "other") == (True, True), name


def test_evidence_is_masked_before_it_is_cut(findings):
    body = "x" * (findings.LONGEST_BODY - 3) + "s3cret"
    response = SimpleNamespace(status=500, headers=httpx.Headers({"a": "b"}), content=body)
    kept = findings.evidence(response, lambda text: text.replace("s3cret", "***"))
    assert kept["evidence_body"].endswith("x***") and kept["evidence_status"] == 500
    assert findings.evidence(None, str) == {}
