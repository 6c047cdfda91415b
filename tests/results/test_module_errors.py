"""Errors inside the engine: stored once and up to a limit, and summed up in notices."""

import pytest

from scans.engines.events import ModuleFailed
from scans.reasons import Notice, Reason
from scans.results import module_errors
from scans.results.module_errors import MAX_ERRORS
from tests import factories

pytestmark = pytest.mark.django_db


def failed(module="xss", path="a", error="TypeError: owl"):
    return ModuleFailed(module=module, method="GET", url=f"http://shop.example/{path}", error=error)


@pytest.fixture
def scan():
    return factories.running().url_scans.get()


def test_an_error_is_stored_once_with_its_address(scan):
    for _ in range(2):
        module_errors.store(scan, [failed(), failed()])
    [error] = scan.module_errors.all()
    assert (error.module, error.method, error.url) == ("xss", "GET", "http://shop.example/a")
    assert str(error.error) == "TypeError: owl"


def test_notices_name_the_modules_and_count_what_was_dropped(scan):
    broke = ModuleFailed(module="sql", error="MemoryError: ")
    crawl = [failed("crawl", "a", "KeyError: 1"), failed("crawl", "b", "page_too_large")]
    notices = module_errors.store(scan, [failed(), failed(path="b"), broke, *crawl])
    assert notices == [
        Notice("modules_broke", names="sql, xss", count="3"),
        Notice("addresses_dropped", count="1"),
        Notice("pages_read_in_part", count="1"),
    ]
    assert scan.module_errors.last().error == Reason("page_too_large")
    assert module_errors.store(scan, []) == notices


def test_no_more_than_a_hundred_are_stored_and_the_notice_says_that_there_may_be_more(scan):
    [notice] = module_errors.store(scan, [failed(path=str(number)) for number in range(MAX_ERRORS + 5)])
    assert scan.module_errors.count() == MAX_ERRORS and notice.facts["count"] == f"{MAX_ERRORS}+"


def test_without_errors_there_is_no_notice(scan):
    assert module_errors.store(scan, []) == []
