"""Translating a recorder's locators to Playwright's. Runs in the child process; standard library only."""

import json
import re

_ESCAPED = {"\\\\": "\\", "\\n": "\n", "\\r": "\r"}


class Failed(Exception):
    """A command failed. `detail` is a reason: a code of scans.reasons and its facts."""

    def __init__(self, code: str, **facts):
        super().__init__(code)
        self.detail = reason(code, **facts)


def reason(code: str, **facts) -> dict:
    """Return a reason in the form in which the parent process reads it (see scans.reasons)."""
    return {"code": code, "facts": facts}


def without(detail: dict, hidden: dict[str, str]) -> dict:
    """Return a reason with these texts replaced in all its facts, in the order given."""
    facts = {}
    for name, fact in detail["facts"].items():
        if isinstance(fact, dict):
            fact = without(fact, hidden)
        elif isinstance(fact, str):
            for text, instead in hidden.items():
                fact = fact.replace(text, instead)
        facts[name] = fact
    return {**detail, "facts": facts}


def number(text: str) -> float:
    """Return the number that a text is. Raises Failed for any other text."""
    if not re.fullmatch(r"\s*[+-]?[0-9]+(\.[0-9]+)?\s*", text):
        raise Failed("not_a_number", text=text[:100])
    return float(text)


def is_locator(target: str) -> bool:
    """Return whether a locator is of a known kind."""
    try:
        return bool(selector(target))
    except Failed:
        return False


def quoted(text: str) -> str:
    """Return a text as a CSS string. It must not have JSON's escapes for letters beyond ASCII."""
    return json.dumps(text, ensure_ascii=False)


def unescaped(text: str) -> str:
    """Return a text whose line breaks may be named, as Selenium IDE reads it."""
    return re.sub(r"\\[\\nr]", lambda match: _ESCAPED[match[0]], text)


def matches(seen: str, expected: str) -> bool:
    """Return whether a text is as expected: equal but for white space, or matching a pattern with * or `regexp:`."""
    return any(_matches(" ".join(seen.split()), one) for one in {expected, unescaped(expected)})


def _matches(seen: str, expected: str) -> bool:
    kind, _, rest = expected.partition(":")
    if kind in ("regexp", "regexpi"):
        return re.search(rest, seen, re.IGNORECASE if kind == "regexpi" else 0) is not None
    if kind in ("exact", "glob", "mostly-equals"):
        expected = re.sub(r"\\(\W)", r"\1", rest) if kind == "mostly-equals" else rest
    expected = " ".join(expected.split())
    if seen == expected or kind in ("exact", "mostly-equals"):
        return seen == expected
    first, *others = map(re.escape, expected.split("*"))
    between = "".join(f"(?>.*?{text})" for text in others[:-1])  # atomic: no pattern takes long
    return re.fullmatch(first + between + (f".*{others[-1]}" if others else ""), seen, re.DOTALL) is not None


def selector(target: str) -> str:
    """Return a recorder's locator as one of Playwright. Raises Failed for an unknown kind.

    Links are found by `link_pattern` among these.
    """
    target = target.strip()
    kind, equals, rest = target.partition("=")
    if target.startswith(("/", "(/")):
        return f"xpath={target}"
    text = quoted(rest)
    kinds = {
        "id": f"[id={text}]",
        "name": f"[name={text}]",
        "identifier": f"[id={text}], [name={text}]",
        "css": f"css={rest}",
        "xpath": f"xpath={rest}",
        "class": f".{rest}",
        "className": f".{rest}",
        "tagName": f"css={rest}",
        "linkText": "css=a",
        "link": "css=a",
        "partialLinkText": f"a:has-text({text})",
    }
    if not equals and re.fullmatch(r"[\w.:-]+", target):  # as the first recorders wrote ids
        return f"[id={quoted(target)}], [name={quoted(target)}]"
    if kind not in kinds or not rest:
        raise Failed("locator_unknown", target=target[:100])
    return kinds[kind]


def link_pattern(target: str) -> re.Pattern | None:
    """Return what the whole text of a link is like, for a locator of a link; None for any other."""
    kind, _, rest = target.strip().partition("=")
    if kind not in ("linkText", "link"):
        return None
    prefix, _, pattern = rest.partition(":")
    if prefix == "regexp":
        return re.compile(pattern)
    text, stars = (pattern, prefix == "glob") if prefix in ("exact", "glob") else (rest, False)
    between = r"[\s\u00a0]"  # as JavaScript understands it, in which the pattern is looked for
    words = [f"{between}+".join(map(re.escape, part.split())) for part in (text.split("*") if stars else [text])]
    return re.compile(f"^{between}*{'.*'.join(words)}{between}*$")
