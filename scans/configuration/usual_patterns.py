"""The patterns of addresses that are offered to be left out, by what such addresses usually do.

An analysis stores `usual:` and the code in place of the patterns.
"""

from collections.abc import Iterable, Iterator

from django.utils.functional import lazy
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from scans.configuration.per_url import holding

USUAL = "usual:"
_format_html = lazy(format_html, str)
_EXAMPLES = 4
# By code: what the addresses do, and words that such an address has, in the languages of most sites.
_WORDS = {
    "logout": (
        _("log out"),
        "logout log-out log_out logoff log-off log_off signout sign-out sign_out signoff sign-off end-session "
        "end_session endsession abmelden abmeldung ausloggen déconnexion deconnexion déconnecter deconnecter "
        "cerrar-sesion cerrar_sesion cerrarsesion cerrar-sesión desconectar disconnetti terminar-sessao "
        "encerrar-sessao uitloggen afmelden logga-ut loggaut logg-ut loggut log-ud logud kirjaudu-ulos wyloguj "
        "odhlasit kijelentkezes выйти выход 退出 登出 ログアウト 로그아웃",
    ),
    "delete": (
        _("delete or remove something"),
        "delete remove destroy erase löschen loeschen entfernen supprimer eliminar borrar verwijder usun удалить 删除",
    ),
    "switch": (
        _("switch something on or off"),
        "toggle enable disable activate harden aktivieren einschalten ausschalten abschalten activer activar",
    ),
    "reset": (_("reset, restart or shut something down"), "reset restart reboot shutdown shut-down uninstall"),
}
_SHORT = {"logout": ("*/salir", "*/sair", "*/esci", "*/quit", "*/exit")}  # other words have these letters, too
PATTERNS = {
    code: (*(f"*{word}*" for word in words.split()), *_SHORT.get(code, ())) for code, (_label, words) in _WORDS.items()
}
LABELS = {code: label for code, (label, _words) in _WORDS.items()}
CHOICES = [
    (code, _format_html("{} (<code>{}</code> …)", label, ", ".join(words.split()[:_EXAMPLES])))
    for code, (label, words) in _WORDS.items()
]


def patterns_for(lines: Iterable[str], url: str) -> Iterator[tuple[str, str]]:
    """Yield the patterns that hold for this URL, each after the URL that it was given for; empty: for all URLs."""
    for level, line in holding(lines, url):
        for pattern in PATTERNS.get(line.removeprefix(USUAL), (line,)) if line.startswith(USUAL) else (line,):
            yield level, pattern
