"""Readers for settings.py, each for one environment variable. A wrong value ends the process with one clear line.

Spaces around a value are ignored. An empty value means the default, because compose files pass unset variables so.
"""

import logging
import os
import re
import stat
import sys
from contextlib import suppress
from ipaddress import ip_network
from pathlib import Path
from typing import NoReturn

from environ import Env

from scans.targets.policy import parse_pattern
from scans.targets.zones import DEFAULT_NAME, MAX_ZONE_CHARACTERS, parse_zone

WRONG_SETTING = 3  # the exit code; 1 and 2 are results of `manage.py submit`
FLAGS = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}
# The supported databases. Checked first, because other code may print the address, which may hold a password.
DATABASE = re.compile(r"sqlite:///.|(postgres|postgresql|psql|pgsql)://")


def refuse(name: str, allowed: str, held: str = "") -> NoReturn:
    """End the process with one line about a wrong value. Pass the value as `held` unless it may be a secret."""
    holds = f"holds {held[:200]!r}, but " if held else ""
    print(f"{name} {holds}must be {allowed}. Correct this environment variable and start again.", file=sys.stderr)
    sys.exit(WRONG_SETTING)


def text(name: str, default: str = "") -> str:
    return os.environ.get(name, "").strip() or default


def flag(name: str, default: bool) -> bool:
    """True or false, in any spelling of FLAGS."""
    given = text(name, str(default))
    if given.lower() not in FLAGS:
        refuse(name, "true or false (yes or no, on or off, 1 or 0)", given)
    return FLAGS[given.lower()]


def number(name: str, default: int | float, lowest: int | float, highest: int | float) -> int | float:
    """A number from `lowest` to `highest`; a whole number if the default is one."""
    given, kind = text(name, str(default)), type(default)
    try:
        value = kind(given)
    except ValueError:
        value = float("nan")  # fails the check of the bounds
    if not lowest <= value <= highest:
        refuse(name, f"a {'whole number' if kind is int else 'number'} from {lowest} to {highest}", given)
    return value


def items(name: str, default: list[str]) -> list[str]:
    """A list of texts, separated by commas."""
    return [item.strip() for item in text(name).split(",") if item.strip()] or default


def hosts(name: str, default: list[str]) -> list[str]:
    """Host names for ALLOWED_HOSTS. Refuses a scheme, path or port, with which a name would never match."""
    given = items(name, default)
    for host in given:
        if not re.fullmatch(r"\*|\.?[^/:\s]+|\[[0-9a-fA-F:.]+\]", host):
            refuse(name, "host names without scheme and port, such as scans.example.com,127.0.0.1,[::1]", host)
    return given


def origins(name: str) -> list[str]:
    """Origins as browsers send them: with their scheme."""
    given = items(name, [])
    for origin in given:
        found = re.fullmatch(r"https?://(?:[^/:\s]+|\[[0-9a-fA-F:.]+\])(?::([0-9]{1,5}))?", origin)
        if not found or int(found[1] or 1) not in range(1, 65536):
            refuse(name, "origins such as https://scans.example.com, with commas", origin)
    return given


def contacts(name: str) -> list[str]:
    """Addresses where people are reached, as security.txt wants them: with their scheme, without spaces."""
    given = items(name, [])
    for contact in given:
        if not re.fullmatch(r"(mailto:[!-~]+@[!-~]+|https://[!-~]+|tel:\+?[0-9-]+)", contact):
            refuse(
                name, "addresses such as mailto:security@example.com,https://example.com/report, with commas", contact
            )
    return given


def networks(name: str) -> list[str]:
    """Addresses and networks, with commas."""
    given = items(name, [])
    for network in given:
        try:
            ip_network(network)
        except ValueError:
            refuse(name, "addresses and networks such as 10.0.0.7,172.18.0.0/16, with commas", network)
    return given


def targets(name: str, default: list[str]) -> list[str]:
    """Patterns of hosts. With a default, and unlike elsewhere, an empty value means none."""
    patterns = items(name, [] if name in os.environ else default)
    for pattern in patterns:
        try:
            parse_pattern(pattern)
        except ValueError:
            refuse(name, "host names, wildcards such as *.example.com, addresses and networks, with commas", pattern)
    return patterns


def zones(name: str) -> list[str]:
    """Names of zones; the default zone if there are none."""
    given = items(name, [DEFAULT_NAME])
    for zone in given:
        try:
            parse_zone(zone)
        except ValueError:
            refuse(name, f"zones of up to {MAX_ZONE_CHARACTERS} letters, digits and hyphens, with commas", zone)
    return list(dict.fromkeys(map(parse_zone, given)))


def log_level(name: str, default: str) -> str:
    """The name of a level of Python's logging, in upper or lower case."""
    given, levels = text(name, default), logging.getLevelNamesMapping()
    if given.upper() not in levels:
        refuse(name, f"one of {', '.join(levels)}", given)
    return given.upper()


def database(name: str, default: str) -> dict:
    """Django's settings of the database at this address. The address is never shown: it may hold a password."""
    address = text(name, default)
    allowed = (
        "an address such as postgres://user:password@host/name or sqlite:////path/to/file "
        "(in a password, write %2F for / and so on)"
    )
    if not DATABASE.match(address):
        refuse(name, allowed)
    try:
        found = Env.db_url_config(address)
    except ValueError:
        refuse(name, allowed)
    if not (found["NAME"] or "service" in found.get("OPTIONS", {})):
        refuse(name, allowed)
    return found


def private_folder(name: str, default: Path) -> Path:
    """A folder to write to, which only its owner can enter. Creates it if it is missing.

    Closes a folder that an older version left open, if this user owns it; but never a shared one, such as /tmp.
    """
    path = Path(text(name, str(default)))
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = path.stat()
    except OSError as error:
        refuse(name, f"a folder that can be made or is there ({error.strerror})", str(path))
    if not os.access(path, os.R_OK | os.W_OK | os.X_OK, effective_ids=True):
        refuse(name, "a folder that this user may read and write", str(path))
    if found.st_mode & 0o077 and found.st_uid == os.geteuid() and not found.st_mode & stat.S_ISVTX:
        with suppress(OSError):  # not every file system can do this; `manage.py check` warns
            path.chmod(0o700)
    return path


class Hidden(str):
    """A secret text: whatever shows the object itself, such as a page or a log of errors, shows stars."""

    def __repr__(self) -> str:
        return "'********'"


def issuer(name: str) -> str:
    """The address of an OpenID Connect provider, or nothing. Plain HTTP is for loopback alone."""
    given = text(name)
    allowed = "the provider's issuer: an https address of up to 200 characters, or http on loopback"
    if given and (len(given) > 200 or not re.fullmatch(r"https?://[^\s?#@]+", given)):
        refuse(name, allowed, given)
    if given.startswith("http:") and not re.match(r"http://(localhost|127\.0\.0\.1|\[::1\])([:/]|$)", given):
        refuse(name, allowed, given)
    return given


def one_of(name: str, choices: tuple[str, ...]) -> str:
    """One of the choices; the first is the default."""
    given = text(name, choices[0])
    if given not in choices:
        refuse(name, " or ".join(choices), given)
    return given


def roles(name: str, known: tuple[str, ...]) -> list[str]:
    """A list of roles, in upper or lower case."""
    return [_role(name, role, known) for role in items(name, [])]


def group_roles(name: str, known: tuple[str, ...]) -> list[tuple[str, str]]:
    """Pairs of a group and its role, such as `security=reviewer,everybody=viewer`.

    A semicolon separates pairs as well; where there is one, commas belong to the groups.
    """
    given = text(name)
    pairs = [pair.strip() for pair in re.split(";" if ";" in given else ",", given) if pair.strip()]
    split = [pair.rpartition("=") for pair in pairs]
    for group, _, role in split:
        if not group:
            refuse(name, "pairs of group=role, with commas, such as security=reviewer,everybody=viewer", role)
    return [(group.strip(), _role(name, role.strip(), known)) for group, _, role in split]


def _role(name: str, given: str, known: tuple[str, ...]) -> str:
    if given.capitalize() not in known:
        refuse(name, f"made of the roles {', '.join(known).lower()}", given)
    return given.capitalize()
