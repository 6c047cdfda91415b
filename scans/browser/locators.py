"""Locators of a recorder as playwright writes them. Runs in the child process; standard library only."""

from __future__ import annotations

import json


class Failed(Exception):
    """What a command wanted is not so."""


def is_locator(target: str) -> bool:
    """Whether a locator is of a known kind."""
    try:
        return bool(selector(target))
    except Failed:
        return False


def quoted(text: str) -> str:
    """A text as CSS quotes it; JSON's escapes of letters beyond ASCII are none there."""
    return json.dumps(text, ensure_ascii=False)


def selector(target: str) -> str:
    """A recorder's locator as playwright writes it; raises Failed for one of no known kind."""
    kind, _, rest = target.partition("=")
    if target.startswith(("//", "(//")):
        return f"xpath={target}"
    text = quoted(rest)
    kinds = {
        "id": f"[id={text}]",
        "name": f"[name={text}]",
        "css": f"css={rest}",
        "xpath": f"xpath={rest}",
        "class": f".{rest}",
        "className": f".{rest}",
        "tagName": f"css={rest}",
        "linkText": f"a:text-is({text})",
        "link": f"a:text-is({text})",
        "partialLinkText": f"a:has-text({text})",
    }
    if kind not in kinds:
        raise Failed(f"{target[:100]} is no locator that is known")
    return kinds[kind]
