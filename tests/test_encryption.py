"""Secrets at rest: sealed, opened again, moved to a new key, and lost with their key."""

import pytest

from scans.encryption import KeyLost, reseal, seal, unseal

SECRET = "owls fly by night ü"
OLD, NEW = "an old key of more than 32 characters", "a new key of more than 32 characters"


@pytest.fixture(autouse=True)
def _one_key(settings):
    settings.SCANS_SECRET_KEYS = [OLD]


def test_what_is_sealed_comes_back_and_looks_different_each_time():
    first, second = seal(SECRET), seal(SECRET)
    assert unseal(first) == unseal(second) == SECRET
    assert first != second and "owls" not in first


def test_an_older_key_still_opens_and_the_newest_seals(settings):
    sealed = seal(SECRET)
    settings.SCANS_SECRET_KEYS = [NEW, OLD]
    assert unseal(sealed) == SECRET
    moved = reseal(sealed)
    settings.SCANS_SECRET_KEYS = [NEW]
    assert unseal(moved) == SECRET
    with pytest.raises(KeyLost):
        reseal(sealed)


@pytest.mark.parametrize("token", ["", "nonsense", "ü", "gAAAAA=="])
def test_what_nobody_sealed_is_refused(token):
    with pytest.raises(KeyLost):
        unseal(token)


def test_a_changed_token_is_refused():
    sealed = seal(SECRET)
    changed = sealed[:40] + ("A" if sealed[40] != "A" else "B") + sealed[41:]
    with pytest.raises(KeyLost):
        unseal(changed)


def test_a_lost_key_says_what_to_do_and_gives_nothing_away(settings):
    sealed = seal(SECRET)
    settings.SCANS_SECRET_KEYS = [NEW]
    with pytest.raises(KeyLost) as lost:
        unseal(sealed)
    said = f"{lost.value} {lost.value!r} {lost.value.__cause__!r}"
    assert "SCANS_SECRET_KEYS" in said and "enter the login again" in said
    assert not any(secret in said for secret in (SECRET, OLD, NEW, sealed))
