"""How much one token may ask for: so many requests a minute of each web process."""

from threading import Lock
from time import monotonic

from django.conf import settings
from rest_framework.throttling import BaseThrottle

WINDOW = 60  # seconds
MOST_TOKENS = 10_000  # that a process remembers
_lock = Lock()
_windows: dict[int, tuple[float, int]] = {}


class PerToken(BaseThrottle):
    """Counts requests in windows of a minute, each of which begins with a token's first request."""

    limit = remaining = reset = None

    def allow_request(self, request, view) -> bool:
        """Whether the token may ask once more. A login in the browser is not counted."""
        if request.auth is None:
            return True
        now, self.limit = monotonic(), settings.SCANS_API_REQUESTS_PER_MINUTE
        with _lock:
            began, count = _windows.get(request.auth.pk, (now, 0))
            if now - began >= WINDOW:
                began, count = now, 0
            if len(_windows) >= MOST_TOKENS:
                _windows.clear()
            _windows[request.auth.pk] = (began, count + 1)
        self.remaining, self.reset = max(0, self.limit - count - 1), WINDOW - (now - began)
        request._request.rate = self
        return count < self.limit

    def wait(self) -> float:
        """Seconds until the next window."""
        return self.reset

    @property
    def headers(self) -> dict[str, str]:
        """The usual headers, on every answer."""
        return {
            "RateLimit-Limit": str(self.limit),
            "RateLimit-Remaining": str(self.remaining),
            "RateLimit-Reset": str(int(self.reset) + 1),
        }


def forget() -> None:
    """Begin all windows anew."""
    _windows.clear()
