"""How many requests are under way at once."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx
import pytest

from scans.engines.wapiti import adapter
from tests.engines.wapiti.driver.conftest import SITE, answer

DRIVER = Path(adapter.DRIVER).parent
IN_LETTERS = str.maketrans("0123456789", "abcdefghij")  # pages that differ only in numbers count as alike


@pytest.fixture
def lanes(imported_flat):
    return imported_flat(DRIVER / "lanes.py")


def take_answers(lanes, count, seconds):
    for _ in range(count):
        lanes.answered(seconds)


class Watched:
    """Tasks that hold a lane until they are let go."""

    def __init__(self, lanes):
        self.lanes, self.inside, self.tasks = lanes, [], []

    async def come(self, name, alone=False):
        async def hold():
            async with self.lanes.lane(alone):
                self.inside.append(name)
                try:
                    await asyncio.Event().wait()
                finally:
                    self.inside.remove(name)

        self.tasks.append(asyncio.create_task(hold(), name=name))
        await self.settle()

    async def settle(self):
        for _ in range(5):
            await asyncio.sleep(0)

    async def go(self, name):
        next(task for task in self.tasks if task.get_name() == name).cancel()
        await self.settle()


def watch(lanes, work):
    async def run():
        watched = Watched(lanes)
        await work(watched)
        for task in watched.tasks:
            task.cancel()

    asyncio.run(asyncio.wait_for(run(), 10))


def test_no_more_pass_than_there_are_lanes_and_they_pass_in_their_order(lanes):
    two = lanes.Lanes(2)
    two.now = 2

    async def work(watched):
        for name in "abcd":
            await watched.come(name)
        assert watched.inside == ["a", "b"]
        await watched.go("b")
        assert watched.inside == ["a", "c"]

    watch(two, work)


def test_one_that_has_to_be_alone_waits_for_the_others_and_the_others_wait_for_it(lanes):
    six = lanes.Lanes(6)
    six.now = 6

    async def work(watched):
        await watched.come("a")
        await watched.come("alone", alone=True)
        await watched.come("b")
        assert watched.inside == ["a"], "nobody overtakes the one that waits to be alone"
        await watched.go("a")
        assert watched.inside == ["alone"]
        await watched.go("alone")
        assert watched.inside == ["b"]

    watch(six, work)


def test_one_that_gives_up_waiting_holds_up_nobody(lanes):
    six = lanes.Lanes(6)
    six.now = 6

    async def work(watched):
        await watched.come("a")
        await watched.come("alone", alone=True)
        await watched.come("b")
        await watched.go("alone")
        assert watched.inside == ["a", "b"]
        for name in "ab":
            await watched.go(name)
        assert six.busy == 0 and not six.queue

    watch(six, work)


def test_a_site_that_stays_fast_gets_as_many_as_allowed_and_no_more(lanes):
    six = lanes.Lanes(6)
    assert six.now == 1, "the first answers show how fast it is by itself"
    take_answers(six, 200, 0.02)
    assert six.now == 6


def test_a_site_that_gets_slower_with_more_gets_few(lanes):
    six, most = lanes.Lanes(6), []
    for _ in range(600):
        six.answered(0.4 * six.now)  # it does one request after the other
        most.append(six.now)
    assert max(most) <= 4 and sum(most) / len(most) < 3


def test_a_site_whose_other_pages_are_slow_by_themselves_gets_many_again(lanes):
    six = lanes.Lanes(6)
    take_answers(six, 200, 0.02)
    take_answers(six, 400, 0.9)
    assert six.now == 6


def test_with_one_at_once_it_stays_one(lanes):
    one = lanes.Lanes(1)
    take_answers(one, 100, 0.01)
    assert one.now == 1


def test_a_refusal_halves_the_requests_under_way(alone):
    driver = alone(lambda path: answer())
    driver.traffic.lanes.now = 6
    driver.traffic.refusals.slow_down(429, 1)
    assert driver.traffic.lanes.now == 3


def side_by_side(driver, paths, module="xss"):
    """Send requests all at once, as a module does. Returns the status of each, None without an answer."""
    driver.traffic.timing.module = module

    async def all_at_once():
        driver.traffic.lanes.now = 6
        return await asyncio.gather(*map(driver.get, paths))

    return driver.run(all_at_once())


class SlowSite:
    """Answers after a while, and counts how many requests it has at once."""

    def __init__(self, driver, late=lambda path, busy: False):
        self.busy, self.seen = 0, []
        self.late = late

        async def send(transport, request):
            path = str(request.url).removeprefix(SITE[:-1])
            self.busy += 1
            self.seen.append((path, self.busy))
            try:
                await asyncio.sleep(0.01)
                if self.late(path, self.busy):
                    raise httpx.ReadTimeout("late", request=request)
                return answer(body=f"<title>{path.translate(IN_LETTERS)}</title>")
            finally:
                self.busy -= 1

        driver.modules["traffic"].send_by_httpx = send

    def most(self, part=""):
        return max(busy for path, busy in self.seen if part in path)


def test_no_more_requests_are_under_way_than_allowed(alone):
    driver = alone(None)
    site = SlowSite(driver)
    assert side_by_side(driver, [f"/{number}" for number in range(40)]) == [200] * 40
    assert site.most() == 6 and driver.traffic.requests == 40 == driver.traffic.responses["2xx"]


def test_the_budget_of_requests_holds_to_the_last_one(alone):
    driver = alone(None)
    site = SlowSite(driver)
    driver.traffic.max_requests = 17
    side_by_side(driver, [f"/{number}" for number in range(40)])
    assert len(site.seen) == driver.traffic.requests == 17
    assert [outcome for outcome, *_ in driver.ends] == ["budget_used_up"]


def test_the_rate_holds_for_all_of_them_together(alone):
    driver = alone(None)
    SlowSite(driver)
    driver.traffic.refusals.pace.configured = 100
    began = asyncio.run(now())
    side_by_side(driver, [f"/{number}" for number in range(21)])
    assert asyncio.run(now()) - began >= 0.2


async def now():
    return asyncio.get_running_loop().time()
