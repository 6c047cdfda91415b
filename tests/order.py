"""A pytest plugin: the order of the tests, and which stay in one process when several share them.

What takes long comes first, so that the end is never one process alone with it. Tests that share something costly
(a running product, a scan) stay together, or each process would make one of its own.
"""

import pytest
from xdist.scheduler import LoadScopeScheduling

# The files of each group. The product has two groups, for two processes: one breaks sites and parts.
TOGETHER = {
    "broken product": ["end_to_end/test_broken_sites.py"],
    "product": [
        f"end_to_end/test_{name}.py" for name in ("browser", "command_line", "list_in_browser", "pages_in_browser")
    ],
    "full scan": ["engines/wapiti/test_adapter.py"],
    "real logins": ["end_to_end/test_real_logins.py"],
    "upgraded databases": ["test_upgrade.py"],
    "many analyses": ["analysis_list/test_plans.py", "analysis_list/test_ordering.py"],
}
GROUPS = {f"tests/{file}": group for group, files in TOGETHER.items() for file in files}
# It has a product of its own, and takes longest of all.
APART = "test_a_machine_that_reboots_goes_on_with_its_scans"


class InGroups(LoadScopeScheduling):
    """Hands out the groups, largest first, then each other test by itself, in the order of the collection."""

    def _split_scope(self, nodeid: str) -> str:
        file, _, test = nodeid.partition("::")
        return nodeid if test == APART else GROUPS.get(file, nodeid)


def pytest_xdist_make_scheduler(config, log) -> InGroups:
    """Hand out tests in groups, whichever `--dist` is asked for."""
    return InGroups(config, log)


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
