"""Where a page that says nothing but "go there" leads, as a browser does: by a refresh or by a script."""

import re

from scans.login.page import LONGEST_REFRESH_SECONDS, Page

# Only a page that matches is parsed: that takes memory, and few pages lead anywhere.
_MAY_LEAD = re.compile(r"http-equiv|location", re.IGNORECASE)
_COMMENT = re.compile(r"/\*.*?\*/|^\s*//[^\n]*", re.DOTALL | re.MULTILINE)
_TEXT = r"""(["'`])((?:\\.|(?!\1).)*)\1"""
_GOES = re.compile(
    rf"""(?<![\w$-])location\s*(?:(?:\.\s*href\s*)?=(?!=)\s*|\.\s*(?:replace|assign)\s*\(\s*){_TEXT}""", re.DOTALL
)
# An address that a script puts together is not known here, unless it only takes this page's query along.
_GOES_ON = re.compile(r"\s*\+(?!\s*(?:window\.|document\.)?location\.(?:search|hash)\b)")
_ESCAPED = re.compile(r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|(.))", re.DOTALL)
_JAVASCRIPT = ("", "module", "text/javascript", "application/javascript", "text/ecmascript")
# Elements that a visitor reads, sees or uses: a page that has one says more than "go there".
_CONTENT = ["form", "input", "button", "select", "textarea", "frame", "iframe", "object", "embed", "canvas", "video"]
_LONGEST_SCRIPT = 2000  # characters; a longer script is an application, which goes there at some later moment
_MOST_TEXT = 300  # characters that a page which only leads elsewhere may say, such as "We have moved"
_MOST_LINKS = 20  # of such a page


def leads_to(page: Page) -> str:
    """Return the http address that a usable page sends a browser to; empty if the browser stays.

    A refresh within seconds leads; a later one, or a script, only if the page says nothing else. A page that reloads
    itself leads nowhere, unless it sets a cookie at once.
    """
    if page.status >= 400 or not ("refresh" in page.headers or _MAY_LEAD.search(page.html)):
        return ""
    address = _refreshed(page) or _by_script(page)
    return address if re.match(r"https?://[^/?#]", address) else ""


def _links(page: Page) -> set[str] | None:
    """Return the addresses that a page links to if it has at most a few words besides; None if it has more content."""
    links = page.soup.find_all("a", href=True, limit=_MOST_LINKS + 1)
    has_content = page.soup.find(_CONTENT) or page.soup.find("script", src=True) or len(links) > _MOST_LINKS
    if has_content or len(_shown(page)) > _MOST_TEXT:
        return None
    return {page.absolute(str(link["href"])) for link in links}


def _refreshed(page: Page) -> str:
    """Return the address of the page's refresh if a browser gets there before anybody can use the page."""
    if page.next_url:
        return page.next_url
    seconds, address = page.refresh
    if seconds <= LONGEST_REFRESH_SECONDS or address.split("?")[0] == page.url.split("?")[0]:
        return ""
    links = _links(page)
    return address if links is not None and links <= {address} else ""


def _by_script(page: Page) -> str:
    """Return the address that a script of a page without content goes to."""
    scripts = _scripts(page)
    links = _links(page) if scripts else None
    if links is None:
        return ""
    for script in scripts:
        code = _COMMENT.sub("", script)
        for found in _GOES.finditer(code):
            if _GOES_ON.match(code, found.end()):
                continue
            address = page.absolute(_ESCAPED.sub(_unescaped, found[2])) if found[2].strip() else ""
            if address and address != page.url.split("#")[0] and links <= {address}:
                return address
    return ""


def _scripts(page: Page) -> list[str]:
    """Return the scripts in a page, and what it does once it is loaded."""
    inside = [tag for tag in page.soup.find_all("script") if str(tag.get("type", "")).strip().lower() in _JAVASCRIPT]
    scripts = [tag.get_text() for tag in inside] + [str(tag["onload"]) for tag in page.soup.find_all(onload=True)]
    return scripts if sum(map(len, scripts)) <= _LONGEST_SCRIPT else []


def _shown(page: Page) -> str:
    """Return the text in the body that a browser with scripts shows."""
    hidden: set[int] = set()
    for tag in page.soup.find_all(["noscript", "title"]):
        if id(tag) not in hidden:  # each element is looked at once, however deep they are nested
            hidden.update(map(id, tag.descendants))
    texts = (text for text in page.soup.strings if id(text) not in hidden)  # scripts, styles, templates have none
    return " ".join(" ".join(texts).split())


def _unescaped(found: re.Match) -> str:
    code = found[1] or found[2]
    return chr(int(code, 16)) if code else found[3]
