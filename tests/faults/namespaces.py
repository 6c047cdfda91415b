"""Hosts as network namespaces, each with a link to the database that can be cut."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

BRIDGE, NETWORK = "faults0", "10.77.0"
ADDRESS = f"{NETWORK}.1"  # of this machine, where the database and the site are


class NotAllowed(Exception):
    """Namespaces cannot be made here; str() says why."""


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True, text=True)


class Link:
    """A host of its own, and the link from it to this machine."""

    def __init__(self, name: str, number: int):
        self.name, self._here, there = name, f"{name}-here", f"{name}-there"
        self.prefix = ("ip", "netns", "exec", name)
        _ip("netns", "add", name)
        _ip("link", "add", self._here, "type", "veth", "peer", "name", there, "netns", name)
        _ip("link", "set", self._here, "master", BRIDGE, "up")
        for words in (
            ("addr", "add", f"{NETWORK}.{number}/24", "dev", there),
            ("link", "set", there, "up"),
            ("link", "set", "lo", "up"),
        ):
            _ip("-n", name, *words)

    def cut(self) -> None:
        """Nothing passes any more, and nobody is told."""
        _ip("link", "set", self._here, "down")

    def mend(self) -> None:
        """Everything passes again."""
        _ip("link", "set", self._here, "up")


@contextmanager
def links(*names: str) -> Iterator[list[Link]]:
    """Make a host for each name; remove all. Raises NotAllowed."""
    if os.geteuid() != 0 or not shutil.which("ip"):
        raise NotAllowed("network namespaces need root and the command ip (package iproute2)")
    _remove(names)
    try:
        _ip("link", "add", BRIDGE, "type", "bridge")
        _ip("addr", "add", f"{ADDRESS}/24", "dev", BRIDGE)
        _ip("link", "set", BRIDGE, "up")
        yield [Link(name, number) for number, name in enumerate(names, 2)]
    except subprocess.CalledProcessError as error:
        raise NotAllowed(f"network namespaces are not allowed here: {error.stderr.strip()}") from error
    finally:
        _remove(names)


def _remove(names: tuple[str, ...]) -> None:
    for name in names:
        subprocess.run(["ip", "netns", "del", name], capture_output=True)
        subprocess.run(["ip", "link", "del", f"{name}-here"], capture_output=True)
    subprocess.run(["ip", "link", "del", BRIDGE], capture_output=True)
