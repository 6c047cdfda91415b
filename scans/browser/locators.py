"""Translating a recorder's locators to Playwright's. Runs in the child process; standard library only."""

import json


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


def is_locator(target: str) -> bool:
    """Return whether a locator is of a known kind."""
    try:
        return bool(selector(target))
    except Failed:
        return False


def quoted(text: str) -> str:
    """Return a text as a CSS string. It must not have JSON's escapes for letters beyond ASCII."""
    return json.dumps(text, ensure_ascii=False)


def selector(target: str) -> str:
    """Return a recorder's locator as one of Playwright. Raises Failed for an unknown kind."""
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
        raise Failed("locator_unknown", target=target[:100])
    return kinds[kind]
