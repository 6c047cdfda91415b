"""Pages without anything of their own: where a refresh or a script leads a browser, or what their frames show."""

import re
from urllib.parse import urlsplit

from scans.login.login_page import frames_of
from scans.login.page import LONGEST_REFRESH_SECONDS, Page

# Only a page that matches is parsed: that takes memory, and few pages lead anywhere.
_MAY_LEAD = re.compile(r"http-equiv|location", re.IGNORECASE)
_HAS_FRAMES = re.compile(r"<i?frame\b", re.IGNORECASE)
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
_CONTENT = ["form", "input", "button", "select", "textarea", "object", "embed", "canvas", "video"]
_FRAMES = ["frame", "iframe"]
_NOT_SHOWN = ["noscript", "noframes", "title", *_FRAMES]  # elements whose text a browser with scripts and frames hides
_FILLS = re.compile(r"fetch|XMLHttp|ajax|socket|inner|import|document\.write", re.IGNORECASE)
_LONGEST_SCRIPT = 2000  # characters; a longer script is an application, which goes there at some later moment
_MOST_TEXT = 300  # characters that a page which only leads elsewhere may say, such as "We have moved"
_MOST_TEXT_BESIDE_FRAMES = 100  # characters, such as "Click here if you see nothing"
_MOST_LINKS = 20  # of such a page


def leads_to(page: Page) -> str:
    """Return the http address that a usable page sends a browser to; empty if the browser stays.

    A refresh within seconds leads; a later one, or a script, only if the page says nothing else. A page that reloads
    itself leads nowhere, unless it sets a cookie at once.
    """
    if page.status >= 400 or not ("refresh" in page.headers or _MAY_LEAD.search(page.html)):
        return ""
    address = _refreshed(page) or _by_script(page)
    return address if _is_http(address) else ""


def framed(page: Page) -> list[str]:
    """Return the http addresses of the frames of a usable page that has nothing besides; none for any other page."""
    if page.status >= 400 or not _HAS_FRAMES.search(page.html):
        return []
    frames = frames_of(page)
    addresses = [page.absolute(str(tag.get("src", ""))) for tag in frames]
    if not all(map(_is_http, addresses)) or any(tag.get("srcdoc") for tag in frames) or _may_be_filled(page):
        return []
    links = _links(page, most_text=_MOST_TEXT_BESIDE_FRAMES)
    return [] if links is None or any(_is_of_this_host(page, link) for link in links) else addresses


def _may_be_filled(page: Page) -> bool:
    """Return whether scripts may put something of the page's own host into it."""
    sources = [page.absolute(str(tag["src"])) for tag in page.soup.find_all("script", src=True)]
    inside = _inside(page)
    is_long = sum(map(len, inside)) > _LONGEST_SCRIPT
    return is_long or any(map(_FILLS.search, inside)) or any(_is_of_this_host(page, source) for source in sources)


def _is_of_this_host(page: Page, address: str) -> bool:
    return urlsplit(address)[:2] == urlsplit(page.url)[:2] and address != page.url.split("#")[0]


def _is_http(address: str) -> bool:
    return re.match(r"https?://[^/?#]", address) is not None


def _links(page: Page, *, most_text: int = _MOST_TEXT) -> set[str] | None:
    """Return the addresses that a page links to if it has at most a few words besides; None if it has more content.

    Frames and scripts from elsewhere are for the caller to judge.
    """
    links = [
        tag for tag in page.soup.find_all("a", href=True, limit=_MOST_LINKS + 1) if not tag.find_parent("noframes")
    ]
    has_content = page.soup.find(_CONTENT) or len(links) > _MOST_LINKS
    if has_content or len(_shown(page)) > most_text:
        return None
    return {page.absolute(str(link["href"])) for link in links}


def _links_alone(page: Page) -> set[str] | None:
    """Return the addresses that a page links to if it has neither frames, nor scripts of files, nor more content."""
    return None if page.soup.find(_FRAMES) or page.soup.find("script", src=True) else _links(page)


def _refreshed(page: Page) -> str:
    """Return the address of the page's refresh if a browser gets there before anybody can use the page."""
    if page.next_url:
        return page.next_url
    seconds, address = page.refresh
    if seconds <= LONGEST_REFRESH_SECONDS or address.split("?")[0] == page.url.split("?")[0]:
        return ""
    links = _links_alone(page)
    return address if links is not None and links <= {address} else ""


def _by_script(page: Page) -> str:
    """Return the address that a script of a page without content goes to."""
    scripts = _scripts(page)
    links = _links_alone(page) if scripts else None
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
    """Return the scripts in a page, and what it does once it is loaded; none if they are an application."""
    scripts = _inside(page)
    return scripts if sum(map(len, scripts)) <= _LONGEST_SCRIPT else []


def _inside(page: Page) -> list[str]:
    tags = [tag for tag in page.soup.find_all("script") if str(tag.get("type", "")).strip().lower() in _JAVASCRIPT]
    return [tag.get_text() for tag in tags] + [str(tag["onload"]) for tag in page.soup.find_all(onload=True)]


def _shown(page: Page) -> str:
    """Return the text in the body that a browser with scripts shows."""
    hidden: set[int] = set()
    for tag in page.soup.find_all(_NOT_SHOWN):
        if id(tag) not in hidden:  # each element is looked at once, however deep they are nested
            hidden.update(map(id, tag.descendants))
    texts = (text for text in page.soup.strings if id(text) not in hidden)  # scripts, styles, templates have none
    return " ".join(" ".join(texts).split())


def _unescaped(found: re.Match) -> str:
    code = found[1] or found[2]
    return chr(int(code, 16)) if code else found[3]
