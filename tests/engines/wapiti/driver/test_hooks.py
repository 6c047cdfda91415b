"""Our hooks in Wapiti."""

from __future__ import annotations

import pytest

from scans.engines.base import (
    Outcome,
)

pytestmark = pytest.mark.engine


def test_modules_that_do_not_exist_are_a_technical_end(wapiti, weak_site, start, job):
    heard = start(wapiti, job(weak_site().url, modules=("csp", "nonsense")))
    assert heard.to_the_end().outcome == Outcome.TECHNICAL
