"""Where an attack's text stands in a page: as markup that a browser carries out, or as text that it only shows.

Pages are read as the HTML standard reads them (13.2.5, tokenization): nothing inside a comment, a text area, a title or
a script is an element. A parser that repairs pages would find elements there.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from urllib.parse import urljoin, urlsplit

_NAME = re.compile(r"[a-zA-Z][^\s/>]*+")
_ATTRIBUTE = re.compile(r"""[\s/]*+([^\s/>][^\s/>=]*+)(?:\s*+=\s*+("[^"]*+"|'[^']*+'|(?!["'])[^\s>]*+))?+""")
_TAG_END = re.compile(r"[\s/]*+>")
_OPEN_VALUE = re.compile(r"""[\s/]*+[^\s/>][^\s/>=]*+\s*+=\s*+["']""")  # a quote that nothing closes
_COMMENT_END = re.compile("--!?>")
# Elements with text and no elements inside, as far as a browser that runs scripts is concerned.
_TEXT_ONLY = frozenset("script style textarea title xmp iframe noembed noframes noscript".split())
_CLOSED = {name: re.compile(rf"</{name}(?=[\s/>])", re.IGNORECASE) for name in _TEXT_ONLY | {"template"}}
_ADDRESSES = {
    **{"href": ("a", "area"), "xlink:href": ("a",), "src": ("iframe", "frame", "embed"), "data": ("object",)},
    **{"action": ("form",), "formaction": ("button", "input")},
}
_SCRIPT_MOVES = re.compile(
    r"""location(?:\.href)?\s{0,9}=\s{0,9}["']([^"'<>]{1,2000})["']|location\.(?:replace|assign)\(\s{0,9}["']([^"'<>]{1,2000})["']"""
)
_REFRESH = re.compile(r"""^\s*[\d.]*\s*[;,]?\s*url\s*=\s*["']?([^"'>]+)""", re.IGNORECASE)


@dataclass(frozen=True)
class Tag:
    """A start tag: its name, its text in the page, its attributes, and the text inside if that is no markup."""

    name: str
    source: str
    attributes: dict[str, str]
    text: str = ""


def start_tags(page: str) -> Iterator[Tag]:
    """Yield the start tags of a page in order, without those that a browser only shows or ignores."""
    position = 0
    while (position := page.find("<", position)) >= 0:
        if page.startswith("<!--", position):
            position = _after_comment(page, position + 4)
        elif page[position + 1 : position + 2] in ("!", "?") or re.match(r"</[^a-zA-Z]", page[position : position + 3]):
            position = _after(page.find(">", position), 1)
        elif name := _NAME.match(page, position + (2 if page[position + 1 : position + 2] == "/" else 1)):
            attributes, end = _attributes(page, name.end())
            if end < 0:
                return
            position = end
            if page[name.start() - 1] == "/":
                continue
            tag = Tag(name[0].lower(), page[name.start() - 1 : end], attributes)
            inside, position = _inside(page, tag.name, end)
            yield Tag(tag.name, tag.source, tag.attributes, inside)
        else:
            position += 1
        if position < 0:
            return


def _after(found: int, length: int) -> int:
    return found + length if found >= 0 else -1


def _after_comment(page: str, begin: int) -> int:
    if page.startswith((">", "->"), begin):
        return page.index(">", begin) + 1
    end = _COMMENT_END.search(page, begin)
    return end.end() if end else -1


def _attributes(page: str, position: int) -> tuple[dict[str, str], int]:
    """Return the attributes that begin here and where their tag ends; -1 if it never does."""
    attributes: dict[str, str] = {}
    while not (end := _TAG_END.match(page, position)):
        found = _ATTRIBUTE.match(page, position)
        if not found or (found[2] is None and _OPEN_VALUE.match(page, position)):
            return attributes, -1
        value = found[2] or ""
        attributes.setdefault(found[1].lower(), unescape(value[1:-1] if value[:1] in ('"', "'") else value))
        position = found.end()
    return attributes, end.end()


def _inside(page: str, name: str, begin: int) -> tuple[str, int]:
    """Return the text inside an element that has no elements, and where to read on; -1 for nowhere."""
    if name == "plaintext":
        return page[begin:], -1
    if name not in _CLOSED:
        return "", begin
    close = _CLOSED[name].search(page, begin)
    return (page[begin : close.start()], close.start()) if close else (page[begin:], -1)


def runs(payload: str, page: str, mark: str) -> bool:
    """Return whether a browser runs the payload as a script of this page.

    `mark` is a word of the payload that no page has by itself, empty if it has none. Where the payload only stands in a
    string of a script, in a value or in a text, it does not run.
    """
    return any(
        (_is_active(tag) and _is_of(payload, tag, mark)) or _runs_in(payload, tag, mark) for tag in start_tags(page)
    )


def makes_element(payload: str, page: str, mark: str) -> bool:
    """Return whether the payload makes an element of this page. `mark` as above."""
    return any(_is_of(payload, tag, mark) for tag in start_tags(page))


def _is_of(payload: str, tag: Tag, mark: str) -> bool:
    """Whether this tag came with the payload: wholly, or the payload leaves it open and the page closes it."""
    if mark and mark not in tag.source:
        code = tag.text.strip()
        if mark not in code or code[: code.find(mark)] not in payload:
            return False  # the page's own script, with the payload in a string of it
    left_open = payload[payload.rfind("<") :] if payload.rfind("<") > payload.rfind(">") else ""
    return tag.source in payload or bool(left_open and tag.source.startswith(left_open))


def _is_active(tag: Tag) -> bool:
    return tag.name == "script" or any(True for _ in _codes(tag))


def _runs_in(payload: str, tag: Tag, mark: str) -> bool:
    """Whether the payload put code into an attribute of an element that the page has anyway."""
    plain = unescape(payload)
    for code in _codes(tag):
        end = code.find(mark) + len(mark) if mark else len(code)
        if end >= max(4, len(mark)) and code[:end] in plain:
            return True
    return False


def _codes(tag: Tag) -> Iterator[str]:
    """Yield the values of the attributes that a browser runs."""
    for name, value in tag.attributes.items():
        address = "".join(value.split()).lower()
        if name.startswith("on") and value:
            yield value
        elif tag.name in _ADDRESSES.get(name, ()) and address.startswith("javascript:"):
            yield value.strip()
        elif (tag.name, name) == ("script", "src") and value:
            yield value.strip()


def leads_to(page: str) -> Iterator[str]:
    """Yield the addresses that a page leads its visitor to, by a refresh or by a script."""
    for tag in start_tags(page):
        if tag.name == "meta" and tag.attributes.get("http-equiv", "").lower() == "refresh":
            if found := _REFRESH.match(tag.attributes.get("content", "")):
                yield found[1].strip()
        elif tag.name == "script":
            yield from (one[1] or one[2] for one in _SCRIPT_MOVES.finditer(tag.text))


def joined(page: str, address: str) -> str:
    """Return an address on a page as an absolute one; empty if it is none."""
    try:
        return urljoin(page, address)
    except ValueError:
        return ""


def host_of(address: str) -> str:
    """Return the host that a browser goes to for this address, empty for the site itself."""
    try:
        return (urlsplit(address.strip().replace("\\", "/")).hostname or "").lower()
    except ValueError:
        return ""
