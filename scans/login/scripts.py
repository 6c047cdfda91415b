"""Tells whether the scripts of a page may change what its login form sends: only a browser knows what they do.

It errs on the side of the browser. A form sent as it stands, whose script would have replaced the password, counts at
the site as a wrong password.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from scans.login.page import Page

if TYPE_CHECKING:
    from bs4 import Tag

# Of a script that does none of this, nothing that the form sends can depend.
_REACHES = re.compile(
    r"submit|form|passw|value|cookie|eval|Function\s*\(|fetch|XMLHttp|ajax|jquery|\$\s*\(|Listener|\.on\w+\s*=|import"
    r"|createElement|inner|outer|insert|append|write|click|attribute|crypt|storage|location",
    re.IGNORECASE,
)
_ONLY_FOCUS = re.compile(
    r"(window\.)?(document\.)?[\w.]*(forms\[[^\]]*\]|getElementById\([^)]*\)|querySelector\([^)]*\)|\w+)"
    r"(\.elements\[[^\]]*\]|\.\w+|\[['\"]?\w+['\"]?\])*\.(focus|select)\(\)\s*;?"
)
_KINDS = ("", "module", "text/javascript", "application/javascript", "text/ecmascript", "application/ecmascript")
_TRIVIAL = re.compile(r"\s*(javascript:)?\s*(return(\s+true)?|void\(?0\)?)?\s*;?\s*", re.IGNORECASE)
_MOST, _LONGEST = 50, 64 * 1024


def may_change(page: Page, form: Tag, is_loaded: Callable[[str], bool]) -> bool:
    """Return whether scripts may change what a form of a page sends, or send it.

    `is_loaded` says whether a browser of ours would load a script from this address.
    """
    if any(_is_handler(name, str(value)) for tag in (form, *form.find_all(True)) for name, value in tag.attrs.items()):
        return True
    scripts = page.soup.find_all("script", limit=_MOST)
    if len(scripts) == _MOST or any(_runs(page, script, is_loaded) for script in scripts):
        return True
    body = page.soup.find("body")
    handlers = body.attrs.items() if body is not None else ()
    return any(name.startswith("on") and _is_reaching(str(value)) for name, value in handlers)


def _is_handler(name: str, value: str) -> bool:
    """Return whether an attribute inside a form runs something: onsubmit, onclick, or a link to a script."""
    runs = name.startswith("on") or (name in ("href", "action") and value.strip().lower().startswith("javascript:"))
    return runs and not _TRIVIAL.fullmatch(value) and bool(_ONLY_FOCUS.sub("", value).strip())


def _runs(page: Page, script: Tag, is_loaded: Callable[[str], bool]) -> bool:
    if str(script.get("type", "")).strip().lower() not in _KINDS:
        return False
    if source := str(script.get("src", "")).strip():
        return is_loaded(page.absolute(source))
    return _is_reaching(script.get_text()[:_LONGEST])


def _is_reaching(text: str) -> bool:
    return bool(_REACHES.search(_ONLY_FOCUS.sub("", text)))
