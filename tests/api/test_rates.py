"""How much one token may ask for."""

import pytest

from scans.api import rates

pytestmark = pytest.mark.django_db
ME = "/api/v1/me/"


def test_every_answer_says_how_much_is_left_and_then_that_it_is_too_much(program, settings):
    settings.SCANS_API_REQUESTS_PER_MINUTE = 2
    client, other = program(), program()
    answers = [client.get(ME) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert [answer["RateLimit-Remaining"] for answer in answers] == ["1", "0", "0"]
    assert answers[0]["RateLimit-Limit"] == "2" and 0 < int(answers[0]["RateLimit-Reset"]) <= 61
    assert answers[2].json()["code"] == "too_many_requests" and int(answers[2]["Retry-After"]) > 0
    assert other.get(ME).status_code == 200


def test_after_a_minute_everything_may_be_asked_for_again(program, settings, monkeypatch):
    settings.SCANS_API_REQUESTS_PER_MINUTE = 1
    client = program()
    now = rates.monotonic()
    monkeypatch.setattr(rates, "monotonic", lambda: now)
    assert [client.get(ME).status_code for _ in range(2)] == [200, 429]
    monkeypatch.setattr(rates, "monotonic", lambda: now + rates.WINDOW)
    assert client.get(ME).status_code == 200


def test_a_process_remembers_no_more_tokens_than_it_has_room_for(program, monkeypatch):
    monkeypatch.setattr(rates, "MOST_TOKENS", 1)
    for _ in range(3):
        program().get(ME)
    assert len(rates._windows) == 1
