"""The addresses of one module side by side: each is attacked once, and has the same patterns as one after the other."""

from __future__ import annotations

import asyncio
from pathlib import Path
from types import SimpleNamespace

import pytest

from scans.engines.wapiti import adapter

DRIVER = Path(adapter.DRIVER).parent


@pytest.fixture
def side(imported_flat):
    return imported_flat(DRIVER / "side.py")


async def addresses(paths):
    for path in paths:
        yield SimpleNamespace(path=path), None


def attacked(side, paths, *, lanes=3, once_per_path=False, fails=()):
    """The beginnings and ends of attacks on these paths, in the order in which they happened."""
    seen = []

    async def run():
        source = side.Source(addresses(paths), once_per_path)

        async def attack_all():
            async for request, _ in source.each():
                seen.append(f"+{request.path}")
                await asyncio.sleep(0.01)
                if request.path in fails:
                    raise ValueError(request.path)
                seen.append(f"-{request.path}")

        await side.attack(attack_all, lanes)

    asyncio.run(asyncio.wait_for(run(), 10))
    return seen


def test_addresses_are_attacked_in_their_order_each_once_and_several_at_once(side):
    seen = attacked(side, "abcdefgh")
    assert seen[:4] == ["+a", "+b", "+c", "-a"]
    assert [one for one in seen if one[0] == "+"] == [f"+{path}" for path in "abcdefgh"]
    assert sorted(one for one in seen if one[0] == "-") == [f"-{path}" for path in "abcdefgh"]


def test_with_one_lane_they_follow_each_other(side):
    assert attacked(side, "abc", lanes=1) == ["+a", "-a", "+b", "-b", "+c", "-c"]


def test_a_path_that_a_module_attacks_once_is_not_begun_again_before_it_is_done(side):
    seen = attacked(side, "aab", once_per_path=True)
    assert seen[:3] == ["+a", "-a", "+a"]


def test_an_error_ends_all_and_is_the_same_as_without_lanes(side):
    with pytest.raises(ValueError, match="b"):
        attacked(side, "abcdefgh", fails="b")


def test_a_pattern_that_addresses_share_is_attacked_for_the_first_of_them(side):
    class Mutator:
        """As Wapiti's: remembers the patterns that it has attacked when it comes to them."""

        def __init__(self):
            self._attack_hashes, self._json_attack_hashes = set(), set()

        def mutate(self, request, payloads):
            for pattern in request.patterns:
                if pattern not in self._attack_hashes:
                    self._attack_hashes.add(pattern)
                    for payload in payloads:
                        yield request.name, pattern, payload

    first = SimpleNamespace(name="first", patterns=["a", "shared", "b", "b"])
    second = SimpleNamespace(name="second", patterns=["shared", "c"])
    one_by_one = Mutator()
    expected = [one for request in (first, second) for one in one_by_one.mutate(request, ["x", "y"])]

    mutator = Mutator()
    walks = [side.mutations(Mutator.mutate, mutator, request, ["x", "y"]) for request in (first, second)]
    seen = [*walks[1], *walks[0]]  # the second is faster
    assert sorted(seen) == sorted(expected)
    assert ("first", "shared", "x") in seen and not any(name == "second" and p == "shared" for name, p, _ in seen)
    assert mutator._attack_hashes == one_by_one._attack_hashes
