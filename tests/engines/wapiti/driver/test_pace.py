"""The pace of requests: half as fast after a refusal, then faster bit by bit."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from scans.engines.wapiti import adapter
from scans.targets.refusal import seconds_to_wait

NOW = datetime(2026, 11, 30, 12, 0, tzinfo=UTC)


@pytest.fixture
def driver_pace(imported_flat):
    return imported_flat(Path(adapter.DRIVER).parent / "pace.py")


@pytest.fixture
def moment():
    return [100.0]


@pytest.fixture
def pace(driver_pace, moment):
    return driver_pace.Pace(0, clock=lambda: moment[0])


def take(pace, moment, count, seconds):
    for _ in range(count):
        moment[0] += seconds / count
        pace.took()


def test_without_a_refusal_there_is_no_limit_but_the_configured_one(driver_pace, pace, moment):
    take(pace, moment, 1000, 2)
    assert pace.rate == 0 and driver_pace.Pace(7).rate == 7


def test_a_refusal_halves_the_rate_at_which_the_site_took_requests(pace, moment):
    take(pace, moment, 40, 4)
    pace.refused()
    assert pace.rate == pytest.approx(5)
    take(pace, moment, 1, 0.1)
    pace.refused()
    assert pace.rate < 2.6


def test_it_grows_by_the_same_amount_each_second_until_it_is_forgotten(pace, moment):
    take(pace, moment, 40, 4)
    pace.refused()
    rates = []
    for _ in range(3):
        moment[0] += 1
        rates.append(pace.rate)
    assert rates == pytest.approx([5 + 10 / 6, 5 + 20 / 6, 10])
    moment[0] += 60
    assert pace.rate == 0


def test_it_never_exceeds_the_configured_rate_and_never_stands_still(driver_pace, moment):
    pace = driver_pace.Pace(3, clock=lambda: moment[0])
    for _ in range(50):
        pace.refused()
    assert 0 < pace.rate <= 3
    moment[0] += 10_000
    assert pace.rate == 3


@pytest.mark.parametrize(
    "headers",
    [
        {"retry-after": "8"},
        {"retry-after": "Mon, 30 Nov 2026 12:01:00 GMT"},
        {"retry-after": "Mon, 30 Nov 2026 12:01:00 GMT", "date": "Mon, 30 Nov 2026 12:00:50 GMT"},
        {"retry-after": "soon"},
        {},
    ],
)
def test_driver_and_product_read_retry_after_alike(driver_pace, headers):
    assert driver_pace.seconds_asked(headers, NOW) == seconds_to_wait(headers, NOW)
