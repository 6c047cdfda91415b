"""The driver's rules for every request."""

import sys
from pathlib import Path

import pytest

from scans.engines.wapiti import adapter
from scans.targets.http_client import USER_AGENT
from scans.targets.request_rules import REFUSED_HEADERS


def test_the_driver_refuses_the_same_headers(monkeypatch):
    monkeypatch.syspath_prepend(str(Path(adapter.DRIVER).parent))
    monkeypatch.delitem(sys.modules, "rules", raising=False)
    import rules as of_driver  # noqa: PLC0415

    assert of_driver.REFUSED_HEADERS == REFUSED_HEADERS and of_driver.STAND_IN == USER_AGENT
    monkeypatch.delitem(sys.modules, "rules")
    with pytest.raises(ValueError, match="Host") as caught:
        of_driver.Rules({"headers": [["Host", "inside.example"]], "left_out": []})
    assert "inside" not in str(caught.value)
