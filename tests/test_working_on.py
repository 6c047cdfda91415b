"""The ids in the lines of the log: they hold for one piece of work, in all its threads, and go with its errors."""

import ast
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.conf import settings

from scans.working_on import also_working_on, ids_in_work, ids_of_error, in_this_context, working_on


def test_ids_hold_until_their_block_ends():
    with working_on(task="t", analysis=None):
        with working_on(analysis=1):
            also_working_on(url_scan=2)
            assert ids_in_work() == {"task": "t", "analysis": 1, "url_scan": 2}
        assert ids_in_work() == {"task": "t"}
    assert ids_in_work() == {}


def test_an_error_carries_the_ids_of_its_innermost_block():
    with pytest.raises(ValueError, match="no") as caught, working_on(analysis=1), working_on(url_scan=2):
        raise ValueError("no")
    assert ids_of_error(caught.value) == {"analysis": 1, "url_scan": 2}
    assert ids_of_error(ValueError()) == {} == ids_of_error("no error at all")


def test_another_thread_has_the_ids_of_the_one_that_gave_it_the_work():
    with ThreadPoolExecutor(1) as pool, working_on(analysis=1):
        assert pool.submit(in_this_context(ids_in_work)).result() == {"analysis": 1}
        assert pool.submit(ids_in_work).result() == {}, "the thread keeps none"


def test_no_pool_of_threads_works_without_the_ids():
    calls = [
        (path.name, ast.unparse(node))
        for path in (Path(settings.BASE_DIR) / "scans").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call)
        and getattr(node.func, "attr", "") == "submit"
        and "pool" in ast.unparse(node.func)
    ]
    assert len(calls) >= 3
    assert [call for call in calls if "submit(in_this_context(" not in call[1]] == []
