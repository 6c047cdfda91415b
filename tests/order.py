"""Which tests come first, and which stay in one process where several share them; a pytest plugin.

What takes long comes first, so that the end is never one process alone with it. Tests that share something costly
(a running product, a scan) stay together, or each process would make one of its own.
"""

import pytest

# Costly fixtures: the tests of each are a group. The product has two, for two processes: one breaks sites and parts.
COSTLY = {"product", "full_scan", "wiki", "calendars"}


def pytest_itemcollected(item) -> None:
    """Mark the groups, for `--dist=loadgroup`."""
    for fixture in COSTLY.intersection(item.fixturenames):
        broken = " of broken sites" if "broken_sites" in item.nodeid else ""
        item.add_marker(pytest.mark.xdist_group(f"{fixture}{broken}"))


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items) -> None:
    """Put the tests in order."""
    items.sort(key=_rank)


def _rank(item) -> int:
    """0 for what runs an engine, 1 a browser, 2 transactions, which often wait for something, and 3 all else."""
    marks = [item.get_closest_marker("engine"), item.get_closest_marker("browser")]
    database = item.get_closest_marker("django_db")
    marks.append(database and database.kwargs.get("transaction"))
    return next((rank for rank, mark in enumerate(marks) if mark), len(marks))
