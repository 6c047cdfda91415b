"""Whether the browser of scans runs unprotected: as root, and so without Chromium's sandbox."""

import os

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from scans.reasons.browser import SENTENCES

WARNING = _(
    "The browser of scans runs as root and without its sandbox: a hostile page that breaks out of it controls this "
    "machine. Run the dashboard as another user, or the browser as a service (SCANS_BROWSER_SOCKET)."
)
REFUSAL = SENTENCES["browser_as_root"]


def is_unprotected() -> bool:
    """Return whether a browser would be started as root by this process."""
    return os.geteuid() == 0 and bool(settings.SCANS_CHROMIUM) and not settings.SCANS_BROWSER_SOCKET


def is_refused() -> bool:
    """Return whether a browser is not started for that reason."""
    return is_unprotected() and not settings.SCANS_CHROMIUM_AS_ROOT


def warning() -> str:
    """Return the sentence about it; empty where the browser is protected."""
    if not is_unprotected():
        return ""
    return str(REFUSAL if is_refused() else WARNING)
