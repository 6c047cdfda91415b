"""The steps of the checks, by name."""

from django.utils import translation

from scans.models import TargetCheck


def test_a_step_has_its_name_in_the_readers_language():
    check = TargetCheck(step="name resolution", passed=False, reason="name_not_found")
    assert str(check.name) == "name resolution" and str(check) == "name resolution: name_not_found"
    with translation.override("de"):
        assert str(check.name) == "Namensauflösung"
    assert str(TargetCheck(step="page", passed=True)) == "page: passed"
