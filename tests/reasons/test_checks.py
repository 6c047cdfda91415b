"""The names of checks."""

import pytest
from django.utils import translation

from scans.reasons import check_name


@pytest.mark.parametrize("step", ["target policy", "name resolution", "connection", "page", "login", "logout"])
def test_the_names_of_checks_are_worded(step):
    with translation.override("de"):
        assert str(check_name(step)) != step
        assert str(check_name(f"{step} and crawl script")).endswith(" und Crawl-Skript")
    assert str(check_name(step)) == step
