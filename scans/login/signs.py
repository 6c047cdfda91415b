"""Signs on a page, by its words and fields: login and logout links, locked accounts, one-time codes, captchas.

The words are known in the languages of most sites. For a site in another language, a user gives the address of the
login page and a verification text.
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
# Part of a message with several possible reasons, such as "wrong password or the account is locked": not a sign.
_PERHAPS_LOCKED = re.compile(r"\bor (that |this |your |the )?(user )?account (is|has been|was) [^.<]*", re.IGNORECASE)
_CODE = re.compile(r"otp|2fa|mfa|one[_-]?time|second[_-]?factor|(verif\w*|auth\w*|security)[_-]?code", re.IGNORECASE)
_CAPTCHA_MAKERS = re.compile(r"recaptcha|hcaptcha|turnstile|friendly-?captcha|frc-captcha", re.IGNORECASE)
_MOST_PIECES, _LONGEST = 30, 500  # nodes, and characters of an attribute, read of one element; pages may be hostile
_HTTP_LOCKED = (423, 429)  # RFC 4918 Locked, RFC 6585 Too Many Requests


def login_links(page: Page) -> list[str]:
    """Return the addresses of links that seem to lead to a login page, in page order, each once."""
    links = [tag for tag in page.soup.find_all("a", href=True) if leads_in(tag)]
    return list(dict.fromkeys(page.absolute(str(link["href"])) for link in links))


def leads_in(tag: Tag) -> bool:
    """Return whether a link or button says that it logs in."""
    return bool(_IN.search(_words(tag))) and not _leads_out(tag)


def logout_urls(page: Page) -> tuple[str, ...]:
    """Return the addresses of links and forms that seem to log out; not “#”, which a script handles."""
    addresses = [page.absolute(address) for address in _ways_out(page) if not address.startswith("#")]
    return tuple(dict.fromkeys(filter(None, addresses)))


def _ways_out(page: Page) -> list[str]:
    """Return the addresses of links and forms that seem to log out, as the page has them."""
    links = [str(tag["href"]) for tag in page.soup.find_all("a", href=True) if _leads_out(tag)]
    forms = [
        str(tag.get("action", ""))
        for tag in page.soup.find_all("form", limit=MOST_FORMS)
        if _OUT.search(_form_words(tag))
    ]
    return [address for address in links + forms if address]


def logout_marks(urls: Iterable[str]) -> tuple[str, ...]:
    """Shorten logout addresses to the part that logs out: a path, or parameters at any path, such as “?do=logout”.

    An address without such a part stays as it is.
    """
    return tuple(dict.fromkeys(_at_any_path(_mark(url, _OUT)) for url in urls))


def _at_any_path(mark: str) -> str:
    """Return only the query if that logs out: each page may link to itself with it."""
    query = urlsplit(mark).query
    return f"?{query}" if _OUT.search(unquote_plus(query)) else mark


def login_mark(url: str) -> str:
    """Shorten the address of a login page to the part that makes it one, without the page to return to."""
    return _mark(url, _IN)


def _mark(url: str, words: re.Pattern[str]) -> str:
    parts = urlsplit(url)
    pairs = [pair for pair in parse_qsl(parts.query, keep_blank_values=True) if words.search("=".join(pair))]
    query = parts.query if not pairs else urlencode(pairs)
    return parts._replace(query="" if words.search(parts.path) else query).geturl()


def offers_logout(page: Page) -> bool:
    """Return whether the page has a logout link, form or button."""
    buttons = page.soup.find_all(["button", "input"])
    return bool(_ways_out(page)) or any(_OUT.search(_words(button)) for button in buttons)


def logout_word(text: str) -> str:
    """Return the word for logging out in a text, or an empty text."""
    found = _OUT.search(text)
    return found[0] if found else ""


def speaks_of_login(text: str) -> bool:
    """Return whether a text, such as an address, is about logging in."""
    return bool(_IN.search(text))


def is_locked(page: Page, before: Page) -> bool:
    """Return whether the page says that the account or the visitor is locked out, and `before` did not say so yet."""
    known = {match[0].lower() for match in _LOCKED.finditer(before.text)}
    matches = _LOCKED.finditer(_PERHAPS_LOCKED.sub("", page.text))
    return page.status in _HTTP_LOCKED or any(match[0].lower() not in known for match in matches)


def wants_code(page: Page) -> bool:
    """Return whether the page asks for a one-time code."""
    return any(
        field.get("autocomplete") == "one-time-code" or _CODE.search(_name(field))
        for field in page.soup.find_all("input")
        if field.get("type", "text") in ("text", "tel", "number", "password")
    )


def wants_captcha(tag: Tag) -> bool:
    """Return whether this form, or page, has a captcha."""
    fields = tag.find_all("input", type=lambda kind: kind != "hidden")
    widgets = [*tag.find_all("iframe", src=_CAPTCHA_MAKERS), *tag.find_all(class_=_CAPTCHA_MAKERS)]
    return bool(widgets) or any("captcha" in _name(field).lower() for field in fields)


def _leads_out(tag: Tag) -> bool:
    return bool(_OUT.search(_words(tag)))


def _words(tag: Tag) -> str:
    """Return the text of a link or button, and the attributes that describe it."""
    values = (str(tag.get(name, ""))[:_LONGEST] for name in ("href", "title", "aria-label", "value", "name", "id"))
    return " ".join([*_texts(tag), *values])


def _texts(tag: Tag, depth: int = 3) -> Iterator[str]:
    """Yield the words inside, to a limited depth: reading thousands of nested elements takes minutes."""
    for piece in tag.contents[:_MOST_PIECES]:
        if isinstance(piece, str):
            yield from piece.split()
        elif depth:
            yield from _texts(piece, depth - 1)


def _form_words(form: Tag) -> str:
    return " ".join([str(form.get("action", "")), *map(_words, form.find_all(["button", "input"]))])


def _name(field: Tag) -> str:
    return f"{field.get('name', '')} {field.get('id', '')}"[:_LONGEST]
