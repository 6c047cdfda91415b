"""Time is measured while nothing else is under way."""

from __future__ import annotations

import asyncio

import pytest

from tests.engines.wapiti.driver.test_lanes import SlowSite, side_by_side


def test_a_request_that_tells_the_site_to_wait_is_sent_alone(alone):
    driver = alone(None)
    site = SlowSite(driver)
    side_by_side(driver, [*"abc", "/?q=a;sleep 60;", *"def"], module="exec")
    assert site.most("sleep") == 1 and site.most() == 3


def test_an_ordinary_request_that_an_attack_is_compared_with_is_sent_alone(alone):
    driver = alone(None)
    site = SlowSite(driver)

    async def compare():
        with driver.traffic.timing.measured():
            return await driver.get("/compared")

    async def all_at_once():
        driver.traffic.lanes.now = 6
        await asyncio.gather(*map(driver.get, "abc"), compare(), *map(driver.get, "def"))

    driver.run(all_at_once())
    assert site.most("compared") == 1 and site.most() == 3


@pytest.mark.parametrize("module", ["timesql", "file"])
def test_a_request_that_got_no_answer_beside_others_is_repeated_alone(alone, module):
    """The site is late only because of the others: Wapiti, which repeats a request twice, must not believe it."""
    driver = alone(None)
    site = SlowSite(driver, late=lambda path, busy: "item" in path and busy > 1)

    async def patient(path):
        for _ in range(3):
            if status := await driver.get(path):
                return status
        return None

    async def all_at_once():
        driver.traffic.timing.module = module
        driver.traffic.lanes.now = 6
        return await asyncio.gather(*map(patient, [*"abc", "/item?id=1", *"def"]))

    assert driver.run(all_at_once()) == [200] * 7
    assert [busy for path, busy in site.seen if "item" in path][-1] == 1
    assert driver.traffic.lanes.now == 1, "a site without an answer gets one request at a time"


def test_hundreds_of_attacks_on_a_database_are_sent_side_by_side(alone):
    driver = alone(None)
    site = SlowSite(driver)
    side_by_side(driver, [f"/?id=sleep({number})" for number in range(20)], module="timesql")
    assert site.most() == 6
