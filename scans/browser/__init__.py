"""A real headless Chromium: plays recorded scripts, fills in login forms, takes pictures, prints. No database."""

from scans.browser.base import LoginForm, Played, Task
from scans.browser.session import CannotPrint, is_there, play, print_page
from scans.browser.side import Recording, ScriptError, parse
