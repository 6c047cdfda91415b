# SPDX-License-Identifier: GPL-2.0-or-later
# The file LICENSE beside it has the terms.
"""The addresses of one module, attacked several at a time, with the same findings as one after the other.

Modules follow each other as ever: what is stored by one is there when the next looks for it. Independent of Wapiti's
internals, except for the set of patterns in its mutator.
"""

import asyncio
import copy

# Modules that look at each answer by itself. The others send little, and compare answers with earlier ones (csrf,
# methods, sql), look for something stored (permanentxss, upload) or end after one address (cookieflags, csp,
# http_headers).
SIDE_BY_SIDE = set("backup crlf exec file htaccess ldap redirect shellshock spring4shell ssrf timesql xss xxe".split())
ONCE_PER_PATH = {"backup", "htaccess"}  # remember only at the end of an attack that its path is done


class Source:
    """Hands out addresses in their order, each once, whoever asks next."""

    def __init__(self, addresses, once_per_path):
        """`addresses` is an asynchronous iterator of pairs of a request and its response."""
        self.addresses = aiter(addresses)
        self.once_per_path = once_per_path
        self.drawing = asyncio.Lock()
        self.paths = {}  # under attack now, and what tells that each no longer is

    async def each(self):
        """Yield the next address, again and again. It counts as under attack until the next one is asked for."""
        while (drawn := await self.next()) is not None:
            path, done = drawn[0].path, asyncio.Event()
            self.paths[path] = done
            try:
                yield drawn
            finally:
                done.set()

    async def next(self):
        """Return the next address; None after the last."""
        async with self.drawing:
            drawn = await anext(self.addresses, None)
            if drawn is not None and self.once_per_path and drawn[0].path in self.paths:
                await self.paths[drawn[0].path].wait()
            return drawn


async def attack(attack_all, count):
    """Run this coroutine function so many times at once. Raises the first error of any; cancelling ends all."""
    try:
        async with asyncio.TaskGroup() as lanes:
            for _ in range(count):
                lanes.create_task(attack_all())
    except BaseExceptionGroup as group:
        raise group.exceptions[0] from None


class Taken:
    """The patterns of addresses that a module has attacked, as one address sees them: its own are not among them."""

    def __init__(self, patterns):
        self.patterns, self.own = patterns, set()
        self.claiming = True

    def __contains__(self, pattern):
        return pattern in self.patterns and pattern not in self.own

    def add(self, pattern):
        self.patterns.add(pattern)
        if self.claiming:
            self.own.add(pattern)
        else:
            self.own.discard(pattern)


def mutations(mutate, mutator, request, payloads):
    """Return the mutations of a request by `mutate`, a method of Wapiti's mutator.

    Addresses may share a pattern, which Wapiti attacks for the first one that comes to it. Here that is the first one
    in their order: an address claims its patterns as soon as its attack begins.
    """
    ours = copy.copy(mutator)
    ours._attack_hashes, ours._json_attack_hashes = Taken(mutator._attack_hashes), set()
    for _ in mutate(ours, request, []):
        pass
    ours._attack_hashes.claiming, ours._json_attack_hashes = False, mutator._json_attack_hashes
    return mutate(ours, request, payloads)
