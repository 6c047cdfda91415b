"""A pytest plugin: the order of the tests, and which stay in one process when several share them.

What takes long comes first, so that the end is never one process alone with it. Tests that share something costly
(a running product, a scan) stay together, or each process would make one of its own.
"""

import re
from functools import cache
from pathlib import Path

import pytest
from xdist.scheduler import LoadScopeScheduling


class InGroups(LoadScopeScheduling):
    """Hands out the groups, largest first, then each other test by itself, in the order of the collection.

    A file joins a group by `pytest.mark.together("its name")`. A test of it leaves the group by `pytest.mark.apart`.
    """

    def _split_scope(self, nodeid: str) -> str:
        file, _, test = nodeid.partition("::")
        group, apart = _marks_of(self.config.rootpath / file)
        return group if group and test not in apart else nodeid


@cache
def _marks_of(file: Path) -> tuple[str, list[str]]:
    """The group of a file, empty for none, and its tests that are apart, read from its text.

    The process that hands out tests knows only their names, because the others collect them.
    """
    text = file.read_text()
    group = re.search(r'pytest\.mark\.together\("(.+?)"\)', text)
    return group[1] if group else "", re.findall(r"^@pytest\.mark\.apart\b.*\n(?:@.*\n)*def (\w+)", text, re.MULTILINE)


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
