"""What a page tells by its words and fields: ways in and out, and why somebody is not let in.

Words are looked for in the languages that most sites speak; a site in another one needs its login
page's address and a verification text given.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, unquote_plus, urlencode, urlsplit

from scans.login.page import Page
from scans.login.visit import MOST_FORMS

if TYPE_CHECKING:
    from bs4 import Tag

_IN = re.compile(
    r"log[ _-]?[io]n\b|sign[ _-]?in\b|signin|anmelden|einloggen|connexion|connecter|iniciar sesi|acceder|accedi\b"
    r"|entrar|inloggen|logga in|zaloguj|войти|登录|登入|ログイン|로그인",
    re.IGNORECASE,
)
_OUT = re.compile(
    r"log[ _-]?(out|off)\b|sign[ _-]?(out|off)\b|abmelden|ausloggen|d[ée]connexion|d[ée]connecter|cerrar sesi|esci\b"
    r"|terminar sess|\bsair\b|uitloggen|logga ut|wyloguj|выйти|退出|登出|ログアウト|로그아웃",
    re.IGNORECASE,
)
_LOCKED = re.compile(
    r"too many (failed |login |sign-?in |unsuccessful )*(attempts|tries|requests|logins)"
    r"|account (is |has been |was )?(now |currently |temporarily )*(locked|disabled|blocked|suspended|deactivated)"
    r"|(temporarily|permanently) (locked|blocked)|locked out|try again (later|in \d+)|rate limit"
    r"|zu viele (\w+ )?(versuche|anmeldeversuche)|konto (ist|wurde) (\w+ )?gesperrt",
    re.IGNORECASE,
)
# One of several reasons that a site does not tell apart, most often the wrong password.
_PERHAPS_LOCKED = re.compile(r"\bor (that |this |your |the )?(user )?account (is|has been|was) [^.<]*", re.IGNORECASE)
_CODE = re.compile(r"otp|2fa|mfa|one[_-]?time|second[_-]?factor|(verif\w*|auth\w*|security)[_-]?code", re.IGNORECASE)
_CAPTCHA_MAKERS = re.compile(r"recaptcha|hcaptcha|turnstile|friendly-?captcha|frc-captcha", re.IGNORECASE)
_MOST_PIECES, _LONGEST = 30, 500  # of what is looked at in one element: hostile pages have no bounds
_HTTP_LOCKED = (423, 429)  # RFC 4918 Locked, RFC 6585 Too Many Requests


def login_links(page: Page) -> list[str]:
    """Addresses of links that seem to lead to a login page, in the order of the page, each once."""
    links = [tag for tag in page.soup.find_all("a", href=True) if leads_in(tag)]
    return list(dict.fromkeys(page.absolute(str(link["href"])) for link in links))


def leads_in(tag: Tag) -> bool:
    """Whether a link or button says that it logs in."""
    return bool(_IN.search(_words(tag))) and not _leads_out(tag)


def logout_urls(page: Page) -> tuple[str, ...]:
    """Addresses of links and forms that seem to end a login; “#”, where a script does it, is no address."""
    addresses = [page.absolute(address) for address in _ways_out(page) if not address.startswith("#")]
    return tuple(dict.fromkeys(filter(None, addresses)))


def _ways_out(page: Page) -> list[str]:
    """Where links and forms that seem to end a login lead, as they stand there."""
    links = [str(tag["href"]) for tag in page.soup.find_all("a", href=True) if _leads_out(tag)]
    forms = [
        str(tag.get("action", ""))
        for tag in page.soup.find_all("form", limit=MOST_FORMS)
        if _OUT.search(_form_words(tag))
    ]
    return [address for address in links + forms if address]


def logout_marks(urls: Iterable[str]) -> tuple[str, ...]:
    """The addresses cut down to what ends a login: a path that says so, or parameters that do, at any path: “?do=out”.

    Where neither says so, it is the whole address.
    """
    return tuple(dict.fromkeys(_at_any_path(_mark(url, _OUT)) for url in urls))


def _at_any_path(mark: str) -> str:
    """The query alone, where it ends a login: each page may have a link to itself with it."""
    query = urlsplit(mark).query
    return f"?{query}" if _OUT.search(unquote_plus(query)) else mark


def login_mark(url: str) -> str:
    """The address of a login page cut down to what makes it one: where a visitor came from stands there too."""
    return _mark(url, _IN)


def _mark(url: str, words: re.Pattern[str]) -> str:
    parts = urlsplit(url)
    pairs = [pair for pair in parse_qsl(parts.query, keep_blank_values=True) if words.search("=".join(pair))]
    query = parts.query if not pairs else urlencode(pairs)
    return parts._replace(query="" if words.search(parts.path) else query).geturl()


def offers_logout(page: Page) -> bool:
    """Whether the page has something to end a login with."""
    buttons = page.soup.find_all(["button", "input"])
    return bool(_ways_out(page)) or any(_OUT.search(_words(button)) for button in buttons)


def logout_word(text: str) -> str:
    """The word in a text that stands for ending a login, or empty."""
    found = _OUT.search(text)
    return found[0] if found else ""


def speaks_of_login(text: str) -> bool:
    """Whether a text, such as an address, is about logging in."""
    return bool(_IN.search(text))


def is_locked(page: Page, before: Page) -> bool:
    """Whether the page, and not already the one before, says that the account or the visitor is locked out."""
    said = {match[0].lower() for match in _LOCKED.finditer(before.text)}
    says = _LOCKED.finditer(_PERHAPS_LOCKED.sub("", page.text))
    return page.status in _HTTP_LOCKED or any(match[0].lower() not in said for match in says)


def wants_code(page: Page) -> bool:
    """Whether the page asks for a one-time code."""
    return any(
        field.get("autocomplete") == "one-time-code" or _CODE.search(_name(field))
        for field in page.soup.find_all("input")
        if field.get("type", "text") in ("text", "tel", "number", "password")
    )


def wants_captcha(tag: Tag) -> bool:
    """Whether this form, or page, has a captcha to solve."""
    fields = tag.find_all("input", type=lambda kind: kind != "hidden")
    widgets = [*tag.find_all("iframe", src=_CAPTCHA_MAKERS), *tag.find_all(class_=_CAPTCHA_MAKERS)]
    return bool(widgets) or any("captcha" in _name(field).lower() for field in fields)


def _leads_out(tag: Tag) -> bool:
    return bool(_OUT.search(_words(tag)))


def _words(tag: Tag) -> str:
    """What a link or button says, to the eye and to a machine."""
    values = (str(tag.get(name, ""))[:_LONGEST] for name in ("href", "title", "aria-label", "value", "name", "id"))
    return " ".join([*_texts(tag), *values])


def _texts(tag: Tag, depth: int = 3) -> Iterator[str]:
    """The words inside, not too far down: looking through thousands of nested links takes minutes."""
    for piece in tag.contents[:_MOST_PIECES]:
        if isinstance(piece, str):
            yield from piece.split()
        elif depth:
            yield from _texts(piece, depth - 1)


def _form_words(form: Tag) -> str:
    return " ".join([str(form.get("action", "")), *map(_words, form.find_all(["button", "input"]))])


def _name(field: Tag) -> str:
    return f"{field.get('name', '')} {field.get('id', '')}"[:_LONGEST]
