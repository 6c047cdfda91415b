"""Rows of a table of URLs give each URL its own login, left-out addresses and headers, a column each."""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from scans.configuration.fields import invalid
from scans.configuration.options import OPTIONS
from scans.configuration.per_url import joined
from scans.forms.access import REMOVE, AccessForm
from scans.login.base import Method
from scans.models import TargetLogin

# The form's fields that a column fills in, and other names that people give such a column.
_ACCESS = {name: name for name in AccessForm.base_fields if not name.endswith("_script")}
_ACCESS |= dict.fromkeys(["username", "user name", "benutzername"], "login_username")
_ACCESS |= dict.fromkeys(["password", "passwort", "kennwort"], "login_password")
_ACCESS |= {"login": "login_method", "anmeldung": "login_method", "cookies": "login_cookies"}
_OPTIONS = {option.name: option for option in OPTIONS if option.own_lines("/")}
_NAMES = {"left-out addresses": "left_out", "left out": "left_out", "header": "headers"}
_SECRET = {"login_password", "login_headers", "login_cookies", "headers"}

Cells = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Own:
    """The settings of one URL alone. `has_login` says whether its login is its own: None is no login then."""

    has_login: bool = False
    login: TargetLogin | None = None
    values: dict[str, Any] = field(default_factory=dict)


class OwnSettings:
    """Reads the rows of one list; rows with the same login share it."""

    def __init__(self):
        self._logins: dict[Cells, TargetLogin | None] = {}

    def read(self, cells: Cells, url: str, *, typed: bool) -> Own:
        """Return what a row says of its URL; raises ValidationError, which names columns and never a secret.

        A secret that was typed into the page, and not given in a file, is refused: the page would show it again.
        """
        access, lines = {}, defaultdict(list)
        for name, cell in cells:
            known = _ACCESS.get(name) or _NAMES.get(name, name)
            if typed and known in _SECRET:
                raise invalid(_("the column “{column}” holds secrets: give it in a file."), column=name)
            if known in _ACCESS:
                access[known] = cell
            elif known in _OPTIONS:
                lines[known] += _OPTIONS[known].own_lines(cell)
        values = {name: self._value(name, url, own) for name, own in lines.items()}
        return Own(bool(access), self._login(access) if access else None, values)

    @staticmethod
    def _value(name: str, url: str, lines: list[str]) -> Any:
        option = _OPTIONS[name]
        try:
            return option.value({name: "\n".join(joined(url, line) for line in lines)}, None)
        except ValidationError as error:
            raise invalid("{label}: {problem}", label=option.label, problem=error.messages[0]) from None

    def _login(self, access: dict[str, str]) -> TargetLogin | None:
        key = tuple(sorted(access.items()))
        if key not in self._logins:
            self._logins[key] = _login_of(access)
        return self._logins[key]


def _login_of(access: dict[str, str]) -> TargetLogin | None:
    """The login of a row, checked as that of the form; without a method, the one that its columns are for."""
    if access.get("login_method", "").lower() == REMOVE:
        return None
    by_headers = access.keys() & {"login_headers", "login_cookies"}
    method = access.get("login_method", "").lower() or (Method.HEADERS if by_headers else Method.FORM)
    form = AccessForm({**access, "login_method": method})
    for name, errors in form.errors.items():
        raise invalid("{label}: {problem}", label=form.fields[name].label, problem=errors[0])
    return form.login()
