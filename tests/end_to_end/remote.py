"""A browser for tests that also use the database: Playwright in a thread of its own.

Playwright keeps an event loop in the thread that started it, and Django refuses its database there.
"""

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from playwright import sync_api

_thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="playwright")
_PLAIN = (str, bytes, int, float, bool, dict, type(None))


class Remote:
    """Stands for an object of Playwright's: what is asked of it happens in its thread, and so do callbacks."""

    def __init__(self, thing):
        self._thing = thing

    def __getattr__(self, name: str):
        return _do(getattr, self._thing, name)

    def __call__(self, *args, **kwargs):
        return _do(self._thing, *args, **kwargs)

    def __enter__(self):
        return _do(self._thing.__enter__)

    def __exit__(self, *error):
        return _do(self._thing.__exit__, *error)


def _do(function, *args, **kwargs):
    args = [arg._thing if isinstance(arg, Remote) else arg for arg in args]
    return _far(_thread.submit(function, *args, **kwargs).result())


def _far(result):
    if isinstance(result, list):
        return [_far(one) for one in result]
    return result if isinstance(result, _PLAIN) else Remote(result)


expect = Remote(sync_api.expect)


@contextmanager
def remote_browser(**options):
    """A Chromium that this thread may use without an event loop in it; `options` are those of `launch`."""
    with Remote(sync_api.sync_playwright()) as playwright:
        browser = playwright.chromium.launch(**options)
        yield browser
        browser.close()
