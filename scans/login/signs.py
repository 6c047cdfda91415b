"""Signs on a page, by its words and fields: login and logout links, locked accounts, one-time codes, captchas.

The words are known in the languages of most sites. For a site in another language, a user gives the address of the
login page and a verification text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, unquote_plus, urlencode, urlsplit

from scans.browser import field_words
from scans.login.page import Page
from scans.login.visibility import Visibility
from scans.login.visit import MOST_FORMS
from scans.reasons import Reason

if TYPE_CHECKING:
    from bs4 import Tag

_IN = re.compile(field_words.IN, re.IGNORECASE)
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
# A site says that user name or password is wrong: something negative about one of them, in one piece of text.
_WRONG = re.compile(
    r"wrong|incorrect|invalid|inval[io]d[ea]s?|\bbad\b|mismatch|unknown|no such|denied"
    r"|\bnot? (been )?(a )?(valid|correct|right|match\w*|recogni[sz]ed|found|exist|registered|known)"
    r"|(does|do|did)(n['’]?t| not) (match|exist|recogni\w+)|(enter|provide) (a |the )?(correct|valid)|check your"
    r"|falsch|fehlerhaft|ung(ü|ue)ltig|unbekannt|(nicht|kein) (korrekt|richtig|gefunden|erkannt|bekannt|g(ü|ue)ltig)"
    r"|stimm\w+ nicht|erron[eé]|non (valid|reconnu)|inv[áa]lid|incorret|inexist|err[aá]t[oi]|sbagliat|onjuist|ongeldig"
    r"|verkeerd|felaktig|niepraw|b[łl][ęe]dn|невер|неправ|错误|不正确|無効|誤り|正しくあ",
    re.IGNORECASE,
)
_CREDENTIAL = re.compile(
    r"user|e-?mail|account|pass ?word|pass ?phrase|credential|log-?[io]n\b|sign-?in|benutzer|kennwort|passwort|anmelde"
    r"|zugang|konto|contrase|usuario|mot de passe|identifiant|senha|utente|wachtwoord|gebruiker|l[öo]senord|has[łl]o"
    r"|парол|логин|密码|密碼|用户|账号|パスワード|ユーザ",
    re.IGNORECASE,
)
_NOT_CREDENTIALS = re.compile(r"csrf|token|expired|session|captcha|cookie|javascript|forgery", re.IGNORECASE)
_FAILED = re.compile(
    r"fail|error|denied|refused|unable|could ?n['’o]t|cannot|not allowed|sorry|rejected|expired|csrf|javascript|cookie"
    r"|fehl|gescheitert|verweigert|leider|[ée]chou|erreur|fall[óo]|errore|fout|misslyck|ошибк|失败|失敗",
    re.IGNORECASE,
)
_MESSAGE = re.compile(r"error|alert|message|msg|notice|warn|feedback|flash|invalid|fehler|danger|toast", re.IGNORECASE)
_LONGEST_MESSAGE = 200
_FEW, _MOST_TEXTS = 3, 3000  # fresh texts of which one is the message, and texts of a page that are read
_MOST_LOOKED_AT = 50  # texts of which it is found out whether they are shown: that takes long
_UNREAD = ("script", "style", "template", "title", "option", "textarea", "noscript", "button", "label")
_IN_LINES = ("b", "strong", "i", "em", "span", "a", "font", "small", "u", "code", "mark", "abbr")
_MOST_PIECES, _LONGEST = 30, 500  # nodes, and characters of an attribute, read of one element; pages may be hostile
HTTP_LOCKED = (423, 429)  # RFC 4918 Locked, RFC 6585 Too Many Requests


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


def said_new(page: Page, before: Iterable[Page], *, by_scripts: bool = False) -> str:
    """Return the message that a page shows after a login and no page `before` did; or an empty text.

    Hidden text is not shown, and a text that was hidden before is new.

    It is a text about a failure, or one that stands where messages do, or almost the only new one; not this if scripts
    made the page, which those `before` are without. It may contain the password: see `quoted`.
    """
    texts, known = _Texts(page), [_Texts(one) for one in before]
    about = next(_news(texts, known, says_wrong), "") or next(_news(texts, known, _FAILED.search), "")
    if not about:
        known_boxes = {text for one in known for text in one.of_boxes()}
        boxes = (text for text in texts.of_boxes() if not any(one.shows(text) for one in known))
        about = next((text for text in boxes if text not in known_boxes), "")
    if not about and not by_scripts:
        is_fresh = _is_on_none_of(known)
        fresh = list(islice(_news(texts, known, is_fresh), _FEW + 1))
        about = fresh[0] if 0 < len(fresh) <= _FEW else ""
    return about[:_LONGEST_MESSAGE]


def _news(texts: _Texts, known: list[_Texts], is_it: Callable[[str], object]) -> Iterator[str]:
    """Yield the texts of this kind that are shown, and that none of the `known` pages shows."""
    candidates = ((text, block) for text, block in texts.blocks if is_it(text))
    for text, block in islice(candidates, _MOST_LOOKED_AT):
        shown = texts.shown(block)
        if shown and is_it(shown) and not any(one.shows(text, shown) for one in known):
            yield shown


def _is_on_none_of(known: list[_Texts]) -> Callable[[str], bool]:
    return lambda text: not any(text in one.by_text for one in known)


class _Texts:
    """The texts of one page's blocks: what stands inside one element, with the elements inside lines."""

    def __init__(self, page: Page):
        self._page, self._visibility = page, Visibility(page)

    @cached_property
    def blocks(self) -> list[tuple[str, Tag]]:
        """Each text with its element, shown or not, in page order."""
        soup = self._page.soup
        found = soup.find_all(string=_is_read, limit=_MOST_TEXTS)
        blocks = {id(block): block for block in map(_block_of, found)}
        return [(_plain(" ".join(_texts(block))), block) for block in blocks.values()]

    @cached_property
    def by_text(self) -> dict[str, list[Tag]]:
        """The elements of each text."""
        elements: dict[str, list[Tag]] = {}
        for text, block in self.blocks:
            elements.setdefault(text, []).append(block)
        return elements

    def shown(self, block: Tag) -> str:
        """Return the part of an element's text that a visitor sees; or an empty text."""
        if self._visibility.hides(block, self._page.soup):
            return ""
        return _plain(" ".join(_texts(block, lambda tag: self._visibility.hides(tag, block))))

    def shows(self, *texts: str) -> bool:
        """Return whether the page shows one of these texts."""
        blocks = [block for text in texts for block in self.by_text.get(text, [])[:_FEW]]
        return any(self.shown(block) in texts for block in blocks)

    def of_boxes(self) -> list[str]:
        """Return the texts that are shown where messages stand."""
        shown = map(self.shown, self._page.soup.find_all(_is_message_box, limit=_MOST_PIECES))
        return [text for text in shown if text]


def said(answer: str) -> str:
    """Return what an answer to a script says, without its JSON's signs."""
    return _plain(re.sub(r"[{}\[\]\"_]+", " ", answer))[:_LONGEST_MESSAGE]


def quoted(url: str, text: str, password: str) -> Reason:
    """Return the reason that quotes a page; only what it means if the password is in its words."""
    if password and password in text:
        return Reason("page_says_wrong" if says_wrong(text) else "page_says_something", url=url)
    return Reason("page_says", url=url, text=text)


def says_wrong(text: str) -> bool:
    """Return whether a message says that user name or password is wrong."""
    is_about = _WRONG.search(text) and _CREDENTIAL.search(text)
    return bool(is_about) and not _NOT_CREDENTIALS.search(text)


def _is_read(text) -> bool:
    return text.parent.name not in _UNREAD and not _is_comment(text) and bool(text.strip())


def _is_comment(text) -> bool:
    from bs4.element import PreformattedString  # noqa: PLC0415 - as late as BeautifulSoup itself

    return isinstance(text, PreformattedString)


def _block_of(text) -> Tag:
    """Return the element around a text that is more than part of a line."""
    block = text.parent
    while block.name in _IN_LINES and block.parent is not None:
        block = block.parent
    return block


def _is_message_box(tag: Tag) -> bool:
    if tag.name in ("html", "body", "form", "input", "script", "style", "meta", "link"):
        return False
    words = " ".join(str(tag.get(name, "")) for name in ("class", "id", "role"))
    return bool(_MESSAGE.search(words[:_LONGEST]))


def _plain(text: str) -> str:
    return " ".join(text.split())[: 4 * _LONGEST_MESSAGE]


def is_locked(page: Page, *before: Page) -> bool:
    """Return whether the page shows that the account or the visitor is locked out, and none `before` showed that."""
    known = {match[0].lower() for one in before for text in _of_lock(one) for match in _LOCKED.finditer(text)}
    said = (_PERHAPS_LOCKED.sub("", text) for text in _of_lock(page))
    return page.status in HTTP_LOCKED or any(
        match[0].lower() not in known for text in said for match in _LOCKED.finditer(text)
    )


def _of_lock(page: Page) -> Iterator[str]:
    return _news(_Texts(page), [], _LOCKED.search)


def wants_code(page: Page) -> bool:
    """Return whether the page shows a field for a one-time code."""
    visibility = Visibility(page)
    return any(
        field.get("autocomplete") == "one-time-code" or _CODE.search(_name(field))
        for field in page.soup.find_all("input")
        if field.get("type", "text") in ("text", "tel", "number", "password") and not visibility.hides(field, page.soup)
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


def _texts(tag: Tag, hides: Callable[[Tag], bool] = lambda _: False, depth: int = 3) -> Iterator[str]:
    """Yield the words inside, without what is hidden, to a limited depth: thousands of nested elements take minutes."""
    for piece in tag.contents[:_MOST_PIECES]:
        if isinstance(piece, str):
            yield from [] if _is_comment(piece) else piece.split()
        elif depth and not hides(piece):
            yield from _texts(piece, hides, depth - 1)


def _form_words(form: Tag) -> str:
    return " ".join([str(form.get("action", "")), *map(_words, form.find_all(["button", "input"]))])


def _name(field: Tag) -> str:
    return f"{field.get('name', '')} {field.get('id', '')}"[:_LONGEST]
