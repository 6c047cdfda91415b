"""Tests are handed out as they should be: what shares something costly together, all else one by one."""

from pathlib import Path

from tests.order import APART, GROUPS, InGroups

ROOT = Path(__file__).parents[1]


def test_every_file_of_a_group_is_there():
    assert not [file for file in GROUPS if not (ROOT / file).is_file()]


def test_a_group_stays_together_and_what_has_a_product_of_its_own_apart():
    scope_of = InGroups._split_scope
    broken = "tests/end_to_end/test_broken_sites.py"
    assert f"def {APART}(" in (ROOT / broken).read_text()
    assert scope_of(None, f"{broken}::test_one") == scope_of(None, f"{broken}::test_two") == "broken product"
    assert scope_of(None, f"{broken}::{APART}") == f"{broken}::{APART}"
    assert scope_of(None, "tests/transitions/test_bulk.py::test_one") == "tests/transitions/test_bulk.py::test_one"
