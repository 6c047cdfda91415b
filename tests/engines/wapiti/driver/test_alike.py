"""Answers that look alike: the product is asked whether the site turns us away, and seldom without need."""

import asyncio

import pytest

from tests.engines.wapiti.driver.conftest import answer

BANNED = "<title>Forbidden</title>Your address was banned."


def ask(driver, count, word=()):
    """Send so many requests one after another; give the product's `word` of each doubt."""

    async def product():
        while True:
            if driver.traffic.alike.waiting:
                for command in word:
                    await command()
                driver.traffic.resume()
            await asyncio.sleep(0.001)

    async def get_all():
        listening = asyncio.ensure_future(product())
        seen = [await driver.get(f"/page/{number}") for number in range(count)]
        listening.cancel()
        return seen

    return driver.run(get_all())


@pytest.mark.parametrize("blocked", [(403, BANNED), (406, BANNED), (200, BANNED), (200, "Solve the captcha")])
def test_a_block_page_raises_a_doubt_and_is_counted_and_the_last_request_sent_again(alone, blocked):
    banned = [True]
    driver = alone(lambda path: answer(*blocked) if banned[0] and len(driver.asked) > 5 else answer())

    async def let_in():
        await driver.traffic.alike.refused_so_far()
        banned[0] = False

    seen = ask(driver, 40, [let_in])
    assert [one["event"] for one in driver.said.events] == ["doubted"]
    assert driver.traffic.alike.refused == 20 and seen[-10:] == [200] * 10
    assert driver.asked.count("/page/24") == 2, "it was refused, and sent again"


@pytest.mark.parametrize("status", [403, 404])
def test_errors_of_an_attack_raise_no_doubt_as_long_as_the_start_page_is_given(alone, status):
    driver = alone(lambda path: answer() if path == "/" else answer(status, "not here"))
    assert set(ask(driver, 300)) == {status}
    assert not driver.said.events and driver.asked.count("/") < 6
    assert driver.traffic.alike.refused == 0


def test_a_site_whose_pages_all_look_alike_is_doubted_less_and_less_often(alone):
    driver = alone(lambda path: answer())
    assert set(ask(driver, 400)) == {200}
    assert len(driver.said.events) <= 5 and driver.traffic.alike.refused == 0
    assert len(driver.asked) == 400 + driver.asked.count("/")


def test_no_request_is_sent_while_the_product_looks(alone):
    driver = alone(lambda path: answer(403))

    async def wait_for_word():
        asking = [asyncio.ensure_future(driver.get(f"/page/{number}")) for number in range(60)]
        await asyncio.sleep(0.2)
        held, asked = driver.traffic.alike.waiting, len(driver.asked)
        late = asyncio.ensure_future(driver.get("/late"))
        await asyncio.sleep(0.1)
        assert held and len(driver.asked) == asked and not late.done()
        driver.traffic.stop()
        await asyncio.gather(*asking, late)

    driver.run(wait_for_word())
