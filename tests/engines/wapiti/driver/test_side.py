"""The addresses of one module side by side: each is attacked once, and has the same patterns as one after the other."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
import time
from collections import Counter
from contextlib import closing, contextmanager
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import urlsplit

import pytest

from scans.engines.base import Command
from scans.engines.events import FindingReported, Outcome
from scans.engines.wapiti import adapter
from scans.sample_data.demo_site import DemoSite
from tests.sites.scripted import ScriptedSite

DRIVER = Path(adapter.DRIVER).parent
DEMO_HAS = {"Reflected Cross Site Scripting", "Stored Cross Site Scripting", "SQL Injection"}
MODULES = tuple("crlf csrf exec file permanentxss redirect sql upload xss".split())


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


def shop(asked):
    """Items, each of whose pages takes a parameter."""
    if asked.path == "/":
        return 200, "".join(f'<a href="/item/{number}?q=owl">item</a>' for number in range(30))
    time.sleep(0.01)
    return (200, f"<title>{asked.path}</title>") if asked.path.startswith("/item/") else (404, "no such page")


def items_done(directory):
    """The items with which the session says that the module is done."""
    with closing(sqlite3.connect(*directory.glob("session/*.db"))) as session:
        rows = session.execute(
            "select path from attack_logs join paths using (path_id) join params using (path_id) where module = 'file'"
        )
        return {urlsplit(path).path for (path,) in rows}


def attacks(site, since=0):
    """How many requests each item has had that were attacks."""
    return Counter(one.path for one in site.asked[since:] if "/item/" in one.path and one.query not in ("", "q=owl"))


@pytest.mark.engine
def test_a_checkpoint_knows_exactly_which_addresses_are_done(wapiti, start, job):
    with ScriptedSite(shop) as site:
        first = start(wapiti, job(site.url, modules=("file",)))
        first.until(lambda event: len(set(attacks(site))) > 12, 60)
        first.run.send(Command.CHECKPOINT)
        assert first.to_the_end().outcome == Outcome.CHECKPOINTED
        before, asked, done = attacks(site), len(site.asked), items_done(job().directory)

        second = start(wapiti, job(site.url, modules=("file",)))
        assert second.to_the_end(120).outcome == Outcome.COMPLETED
        after = attacks(site, asked)
    whole = max(after.values())
    assert 1 < whole == min(after.values()), "those under way are attacked again from the beginning"
    assert done and {item for item, count in before.items() if count == whole} >= done
    assert not done & after.keys() and len(done | after.keys()) == 30
    assert len(before.keys() - done) > 1, "several were under way"


@contextmanager
def demo_site():
    with DemoSite(port=0) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}).start()
        yield server.url
        server.shutdown()


@pytest.mark.engine
def test_the_demo_site_has_the_same_weaknesses_with_one_request_at_a_time_and_with_six(wapiti, start, job, tmp_path):
    found = []
    for count in (1, 6):
        with demo_site() as url:
            task = job(url, modules=MODULES, requests_at_once=count, directory=tmp_path / str(count))
            heard = start(wapiti, task)
            assert heard.to_the_end(300).outcome == Outcome.COMPLETED
        findings = heard.of(FindingReported)
        found.append({(one.category, one.method, urlsplit(one.url).path, one.parameter) for one in findings})
    assert found[0] == found[1]
    assert {category for category, *_ in found[0]} >= DEMO_HAS
