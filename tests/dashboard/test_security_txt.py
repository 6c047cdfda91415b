"""security.txt tells anybody whom to tell about a weakness, as RFC 9116 has it."""

from datetime import UTC, datetime, timedelta

import pytest

pytestmark = pytest.mark.django_db
ADDRESS = "/.well-known/security.txt"


def fields(answer):
    """The file's fields, in order."""
    return [tuple(line.split(": ", 1)) for line in answer.content.decode().splitlines()]


def test_anybody_reads_the_contacts_without_a_login(client, settings):
    settings.SCANS_SECURITY_CONTACT = ["mailto:security@example.com", "https://example.com/report"]
    answer = client.get(ADDRESS)
    assert (answer.status_code, answer["Content-Type"]) == (200, "text/plain; charset=utf-8")
    assert fields(answer)[:2] == [("Contact", contact) for contact in settings.SCANS_SECURITY_CONTACT]
    assert dict(fields(answer))["Preferred-Languages"] == "en, de"
    assert not answer.cookies


def test_it_expires_once_within_a_year_however_late_it_is_asked_for(client, settings, time_machine):
    settings.SCANS_SECURITY_CONTACT = ["mailto:security@example.com"]
    for today in (datetime(2026, 12, 1, tzinfo=UTC), datetime(2031, 5, 31, 23, 59, tzinfo=UTC)):
        time_machine.move_to(today)
        (expires,) = [value for name, value in fields(client.get(ADDRESS)) if name == "Expires"]
        assert timedelta(days=90) < datetime.fromisoformat(expires) - today < timedelta(days=365)


def test_there_is_none_without_a_contact(client, settings):
    settings.SCANS_SECURITY_CONTACT = []
    assert client.get(ADDRESS).status_code == 404


def test_nobody_sends_anything_there(client, settings):
    settings.SCANS_SECURITY_CONTACT = ["mailto:security@example.com"]
    assert client.post(ADDRESS).status_code == 405
