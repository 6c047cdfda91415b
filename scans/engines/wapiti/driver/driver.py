# SPDX-License-Identifier: GPL-2.0-or-later
# The file LICENSE beside it has the terms.
"""Runs Wapiti in its own process, using the product's line protocol (scans/engines/wire.py).

It runs Wapiti's command line, given in this program's arguments, with hooks. The scan is the same as one with these
options by hand, but it can be paused, stopped, checkpointed and monitored.

    python driver.py --version              prints {"engine": …, "version": …}
    python driver.py <Wapiti's options>     one job on stdin, then commands
"""

import asyncio
import json
import resource
import sys
import traceback
from pathlib import Path

import addresses
import cookies
from channel import Channel
from network import Pins
from scan import Scan


def main():
    """Run one scan, or print the version."""
    if sys.argv[1:] == ["--version"]:
        from hooks import WAPITI_VERSION

        print(json.dumps({"engine": "Wapiti", "version": WAPITI_VERSION}))
        return
    channel = Channel()
    try:
        job = channel.read_job()
        channel.listen(job["seconds_to_stay"])
        limit_memory(job["memory_limit_bytes"])
        Pins.of(job).install()
        asyncio.run(run(channel, job))
    except Exception as error:
        traceback.print_exc()
        channel.end("technical", f"{type(error).__name__}: {error}")


def limit_memory(limit):
    """Limit the address space of this process, in bytes. A lower limit that is already set stays."""
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    limit = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


async def run(channel, job):
    """Load Wapiti within the limits and walls that are now set, and run its command line with our hooks."""
    from hooks import Hooks, wapiti_main

    addresses.install()
    cookies.install()
    scan = Scan(channel, job)
    Hooks(scan, Path(job["directory"]) / "session").install()
    await scan.run(wapiti_main)


if __name__ == "__main__":
    main()
