"""Findings on their way to the product."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from types import SimpleNamespace

from scans.engines.wapiti import adapter

DRIVER = Path(adapter.DRIVER).parent


def test_the_budget_of_findings_holds_though_several_are_found_at_once(monkeypatch, imported_flat):
    monkeypatch.setitem(sys.modules, "sqlalchemy", SimpleNamespace(func=None, select=None))
    found = imported_flat(DRIVER / "found.py")
    sent, ends, stored = [], [], []
    scan = SimpleNamespace(
        job={"url": "http://h/", "max_findings": 3},
        channel=SimpleNamespace(
            send=lambda event, **values: sent.append(values["parameter"]), masked=lambda text: text
        ),
        end=lambda outcome, reason, **facts: ends.append(facts),
    )
    findings = found.Found(scan, {}, (lambda request, left_margin: "GET / HTTP/1.1", dict))
    request = SimpleNamespace(method="GET", file_path="/")

    async def newest_request(persister):
        return request

    async def add_payload(persister, request, parameter, module, category, level):
        await asyncio.sleep(0)
        stored.append(parameter)

    async def find_all():
        findings.newest_request = newest_request
        every = [findings.on_finding(add_payload, None, request, f"p{one}", "xss", "XSS", 1) for one in range(8)]
        await asyncio.gather(*every)

    asyncio.run(find_all())
    assert stored == sent == ["p0", "p1", "p2"] and ends[0] == {"count": 3}
