"""A real headless Chromium that plays recorded scripts, fills in login forms and takes pictures. No database."""

from scans.browser.base import LoginForm, Played, Task
from scans.browser.session import play
from scans.browser.side import Recording, ScriptError, parse

__all__ = ["LoginForm", "Played", "Recording", "ScriptError", "Task", "parse", "play"]
