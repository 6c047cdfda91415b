"""Tests are handed out as they should be: what shares something costly together, all else one by one."""

from types import SimpleNamespace

import pytest

from tests.order import InGroups

SHARED = """
pytestmark = [pytest.mark.engine, pytest.mark.together("a product")]


@pytest.mark.apart  # it takes longest
@pytest.mark.timeout(9)
def test_alone(): ...


def test_one(): ...
"""


@pytest.fixture
def scope_of(tmp_path):
    """A function from the name of a test to what it is handed out with."""
    for name, text in {
        "test_first.py": SHARED,
        "test_second.py": SHARED,
        "test_other.py": "def test_one(): ...",
    }.items():
        (tmp_path / name).write_text(text)
    handing_out = SimpleNamespace(config=SimpleNamespace(rootpath=tmp_path))
    return lambda nodeid: InGroups._split_scope(handing_out, nodeid)


def test_files_that_name_the_same_group_stay_together(scope_of):
    assert scope_of("test_first.py::test_one") == scope_of("test_second.py::test_one[x]") == "a product"


def test_a_test_that_is_apart_and_one_of_a_file_without_a_group_are_handed_out_alone(scope_of):
    for alone in ("test_first.py::test_alone", "test_other.py::test_one"):
        assert scope_of(alone) == alone


def test_the_products_tests_are_in_groups(pytestconfig):
    real = SimpleNamespace(config=pytestconfig)
    broken = "tests/end_to_end/test_broken_sites.py::"
    assert InGroups._split_scope(real, f"{broken}test_x") == "broken product"
    apart = f"{broken}test_a_machine_that_reboots_goes_on_with_its_scans"
    assert InGroups._split_scope(real, apart) == apart
