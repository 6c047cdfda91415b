"""Requests that a site refuses with 429 or 503: they are sent again, and only what lasts ends a scan."""

import asyncio
import itertools
import time

from tests.engines.wapiti.driver import conftest


def answer(status=200, body="", **headers):
    """A response that looks like no other."""
    return conftest.answer(status, body or f"<title>{'abcdefghijklmnop'[next(numbers) % 16]}</title>", **headers)


numbers = itertools.count()


def limited(rate, burst, **headers):
    """A site that takes `rate` requests a second, and `burst` at once."""
    left, last = [float(burst)], [time.monotonic()]

    def site(path):
        now = time.monotonic()
        left[0], last[0] = min(burst, left[0] + rate * (now - last[0])), now
        if left[0] < 1:
            return answer(429, "Too many requests", **headers)
        left[0] -= 1
        return answer()

    return site


def all_of(alone, *paths):
    async def get_all():
        return await asyncio.gather(*(alone.get(path) for path in paths))

    return alone.run(get_all())


def test_refused_requests_are_sent_again_and_none_is_lost(alone):
    driver = alone(limited(100, 10, retry_after="0"))
    assert set(all_of(driver, *(f"/page/{number}" for number in range(60)))) == {200}
    refusals = driver.traffic.refusals
    assert refusals.count > 0 and refusals.lost == 0 and not driver.ends
    assert refusals.slowed > 0 and any("429" in line for line in driver.said.lines)


def test_while_the_site_refuses_its_start_page_nothing_else_is_sent(alone):
    closed_for = [3]  # looks at the start page, after which it is open again

    def site(path):
        closed_for[0] -= path == "/"
        return answer(429) if len(driver.asked) >= 5 and closed_for[0] > 0 else answer()

    driver = alone(site)
    driver.modules["refusals"].SECONDS_UNTIL_FOR_GOOD = 60
    assert set(all_of(driver, *(f"/page/{number}" for number in range(20)))) == {200}
    during = driver.asked[driver.asked.index("/") :]
    assert driver.traffic.refusals.waits_until and "/" in during and driver.traffic.refusals.settled == 1


def test_one_address_that_refuses_for_good_is_given_up_and_the_rest_is_scanned(alone):
    driver = alone(lambda path: answer(429, retry_after="90") if path.startswith("/api") else answer())
    seen = all_of(driver, *(f"/api?id={number}" for number in range(5)), "/a", "/b", "/c")
    assert seen == [429] * 5 + [200] * 3 and not driver.ends
    assert (driver.traffic.refusals.count, driver.traffic.refusals.lost) == (5, 5)


def test_a_site_that_refuses_for_good_ends_the_scan_and_says_why(alone):
    driver = alone(lambda path: answer(429) if len(driver.asked) > 3 else answer())
    all_of(driver, *(f"/page/{number}" for number in range(8)))
    (outcome, reason, facts), *_ = driver.ends
    assert (outcome, reason, facts["status"]) == ("unreachable", "site_refuses_for_good", 429)


def test_it_does_so_too_if_only_its_start_page_is_given(alone):
    driver = alone(lambda path: answer() if path == "/" else answer(429))

    all_of(driver, *(f"/page/{number}" for number in range(8)))
    assert driver.ends[0][:2] == ("unreachable", "site_refuses_for_good")


def test_a_site_that_asks_for_an_hour_is_not_waited_for(alone):
    driver = alone(lambda path: answer(503, retry_after="3600") if len(driver.asked) > 1 else answer())
    all_of(driver, "/a", "/b")
    assert driver.ends[0][1] == "site_refuses_for_good"


def test_a_503_of_one_address_is_an_error_of_it_and_no_refusal(alone):
    driver = alone(lambda path: answer(503) if path == "/broken" else answer())
    assert all_of(driver, "/broken", "/a") == [503, 200]
    assert driver.traffic.refusals.count == 0 and not driver.ends


def test_the_end_of_the_scan_ends_the_waiting(alone):
    driver = alone(lambda path: answer(429, retry_after="500") if len(driver.asked) > 1 else answer())

    async def end_soon():
        asking = asyncio.ensure_future(driver.get("/a"))
        second = asyncio.ensure_future(driver.get("/b"))
        await asyncio.sleep(0.1)
        driver.traffic.stop()
        return await asyncio.gather(asking, second)

    assert driver.run(end_soon()) == [200, None]
