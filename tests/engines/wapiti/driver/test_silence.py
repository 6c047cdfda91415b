"""Requests without an answer: a site that an attack told to wait is busy, one that accepts no connection is gone."""

import httpx
import pytest

from tests.engines.wapiti.driver.conftest import answer

DELAYS = ["/item?id=1+or+sleep(11)%231", "/item?id=%27%3B+WAITFOR+DELAY+%270:0:11%27", "/ping?host=a;sleep%2060;"]


def raising(error, until=10_000):
    def site(path):
        if len(driver[0].asked) <= until:
            raise error("no answer")
        return answer()

    driver = []
    return site, driver


@pytest.mark.parametrize("path", DELAYS)
def test_an_attack_that_tells_the_site_to_wait_is_known(alone, path):
    driver = alone(lambda path: answer())
    request = httpx.Request("GET", httpx.URL("http://shop.example/").join(path))
    form = httpx.Request("POST", "http://shop.example/", data={"id": "1 or sleep(11)#1"})
    plain = httpx.Request("GET", "http://shop.example/asleep?page=2")
    is_delay = driver.modules["silence"].is_delay
    assert is_delay(request) and is_delay(form) and not is_delay(plain)


@pytest.mark.parametrize(
    ("error", "path", "patient"),
    [
        (httpx.ReadTimeout, DELAYS[0], True),
        (httpx.ReadTimeout, "/item", False),
        (httpx.ConnectError, DELAYS[0], False),
    ],
)
def test_silence_after_such_an_attack_is_waited_for(alone, error, path, patient):
    site, it = raising(error, until=12)
    driver = alone(site)
    it.append(driver)

    async def work():
        assert await driver.get(path) is None
        return await driver.traffic.silence.site_answers()

    assert driver.run(work()) is patient and driver.traffic.silence.delaying is (path in DELAYS)


def test_it_is_not_waited_for_for_ever(alone):
    site, it = raising(httpx.ReadTimeout)
    driver = alone(site)
    it.append(driver)

    async def work():
        await driver.get(DELAYS[0])
        return await driver.traffic.silence.site_answers()

    assert driver.run(work()) is False


def test_an_answer_ends_the_doubt(alone):
    site, it = raising(httpx.ReadTimeout, until=1)
    driver = alone(site)
    it.append(driver)

    async def work():
        await driver.get(DELAYS[0])
        assert driver.traffic.silence.delaying
        return await driver.get("/")

    assert driver.run(work()) == 200 and not driver.traffic.silence.delaying
