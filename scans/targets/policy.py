"""The target policy: which URLs are well-formed targets, and which hosts and addresses may be scanned.

The decisions are pure, except `resolve`, which asks DNS, and `belongs_to_this_machine`. Callers apply them when a URL
is submitted and again when its scan starts. They pass the resolved addresses to the engine, which connects to no
others.
"""

import ipaddress
import re
import socket
from collections.abc import Callable, Iterable
from urllib.parse import SplitResult, urlsplit, urlunsplit

import idna
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from scans.harmless import one_line
from scans.reasons import Reasoned

MAX_URLS = 250
_DEFAULT_PORTS = {"http": 80, "https": 443}
_Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_Address = ipaddress.IPv4Address | ipaddress.IPv6Address

# Services that clouds offer to their own machines, besides the link-local ones; tests/targets/test_policy.py has the
# source of each.
_METADATA_NETWORKS = [
    ipaddress.ip_network(network)
    for network in (
        *("fd00:ec2::/32", "100.100.100.200", "192.0.0.192", "168.63.129.16"),
        *("fd20:ce::254", "fd00:c1::a9fe:a9fe", "fd00:42::42"),
    )
]
_METADATA_NAMES = {
    *("metadata.google.internal", "metadata.goog", "instance-data", "instance-data.ec2.internal"),
    *("metadata.tencentyun.com", "metadata.packet.net", "metadata.platformequinix.com", "api.metadata.cloud.ibm.com"),
}
# Addresses with these prefixes are an IPv4 address in their last four bytes: NAT64 (RFC 6052), and the translated and
# compatible forms (RFC 2765, RFC 4291).
_IPV4_AT_THE_END = [ipaddress.ip_network(network) for network in ("64:ff9b::/96", "::ffff:0:0:0/96", "::/96")]
_LOCAL_NAT64 = ipaddress.ip_network("64:ff9b:1::/48")  # RFC 8215: where the IPv4 address stands is up to the network
_ISATAP = (0x00005EFE, 0x02005EFE)  # RFC 5214: the four bytes before the IPv4 address
# Not public, although some releases of Python call them global.
_NOT_PUBLIC = [
    ipaddress.ip_network(network)
    for network in ("64:ff9b:1::/48", "fec0::/10", "2001::/32", "3fff::/20", "5f00::/16", "192.0.0.0/24")
]

MAX_URL_CHARACTERS = 2000
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
_SCHEME = re.compile(r"[a-z]+://", re.IGNORECASE)
_BRACKETED = re.compile(r"\[[0-9a-f:.]+\](:[0-9]*)?", re.IGNORECASE)


class TargetRefused(Reasoned, ValueError):
    """This URL may not be scanned; the reason names the URL and the rule."""


class _NoHost(Reasoned, ValueError):
    """This is not the name or address of a host."""


def parse_pattern(pattern: str) -> _Network | str:
    """Return an allow-list entry as a network, or as a host name or `*.` wildcard in lower case.

    Raises ValueError, with a sentence, for anything else.
    """
    text = pattern.strip().lower()
    try:
        return ipaddress.ip_network(text.strip("[]"), strict=False)
    except ValueError:
        name = text.removeprefix("*.")
    try:
        return ("*." if name != text else "") + _ascii_name(name)
    except ValueError as error:
        # Formatted lazily: settings are parsed here too, before a language is active.
        raise ValueError(
            format_lazy(
                _("“{pattern}” is not a host name, a wildcard such as *.example.com, an address or a network."),
                pattern=pattern,
            )
        ) from error


def normalise(url: str) -> str:
    """Return the canonical form of a target URL: lower-case scheme and host (IDN as ASCII), no default port, a path.

    Raises TargetRefused if it is not a plain http or https URL.
    """
    url = url.strip()
    if len(url) > MAX_URL_CHARACTERS:
        raise TargetRefused("url_too_long", url=shown(url))
    if not url.isprintable() or " " in url:
        raise TargetRefused("url_has_space", url=shown(url))
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        # Without the reason, which quotes the text before an @.
        raise TargetRefused("url_unreadable", url=shown(url)) from None
    if parts.scheme not in _DEFAULT_PORTS:
        raise TargetRefused("url_scheme", url=shown(url))
    if "@" in parts.netloc:
        raise TargetRefused("url_has_credentials", url=shown(url))
    if not parts.hostname:
        raise TargetRefused("url_without_host", url=shown(url))
    host = _ascii_host(parts, url)
    netloc = f"[{host}]" if ":" in host else host
    if port == 0:
        raise TargetRefused("url_port_zero", url=shown(url))
    if port and port != _DEFAULT_PORTS[parts.scheme]:
        netloc += f":{port}"
    normalised = urlunsplit((parts.scheme, netloc, parts.path or "/", parts.query, ""))
    if len(normalised) > MAX_URL_CHARACTERS:
        raise TargetRefused("url_too_long_in_full", url=shown(url))
    return normalised


def shown(url: str) -> str:
    """Return a URL for a message: quoted, shortened, without invisible characters and without a possible password."""
    if "@" in url:
        scheme = _SCHEME.match(url)
        url = f"{scheme[0] if scheme else ''}…@{url.rpartition('@')[2]}"
    visible = one_line(url)
    return f"“{visible[:200]}…”" if len(visible) > 200 else f"“{visible}”"


def _ascii_host(parts: SplitResult, url: str) -> str:
    """Return the host in lower-case ASCII; an address in its canonical form."""
    host = parts.hostname or ""
    try:
        if "[" in parts.netloc:
            if not _BRACKETED.fullmatch(parts.netloc):
                raise _NoHost("host_brackets")
            return str(ipaddress.IPv6Address(host))
        return str(address_or_none(host) or _ascii_name(host))
    except ValueError as error:
        raise TargetRefused("url_host_invalid", url=shown(url), error=error) from error


def _ascii_name(name: str) -> str:
    """Return a host name in lower-case ASCII without a final dot. Raises ValueError."""
    text = name.lower() if name.isascii() else idna.encode(name, uts46=True).decode()
    text = text.removesuffix(".")
    labels = text.split(".")
    if len(text) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise _NoHost("host_letters")
    if all(label.isdigit() or label.startswith("0x") for label in labels):
        # Such as 2130706433 or 127.1: libraries interpret these differently, so they are refused.
        raise _NoHost("host_numbers")
    return text


def origin(url: str) -> tuple[str, int]:
    """Return host and port of a normalised URL."""
    parts = urlsplit(url)
    return parts.hostname or "", parts.port or _DEFAULT_PORTS[parts.scheme]


def is_same_site(url: str, other: str) -> bool:
    """Return whether two URLs have the same scheme, host and port; false for what is no http address."""
    try:
        return origin(url) == origin(other) and urlsplit(url).scheme == urlsplit(other).scheme
    except (KeyError, ValueError):
        return False


def resolve(host: str) -> tuple[str, ...]:
    """Return the addresses of a host, in the order the system prefers. Raises OSError if there are none."""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except UnicodeError as error:  # Python's error for a name that DNS cannot carry
        raise OSError(str(error)) from error
    return tuple(dict.fromkeys(str(info[4][0]) for info in found))


def belongs_to_this_machine(address: _Address) -> bool:
    """Return whether an interface of this machine has this address. Nobody can listen here on any other."""
    family = socket.AF_INET6 if address.version == 6 else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as ours:
            ours.bind((str(address), 0))
    except OSError:
        return False
    return True


class TargetPolicy:
    """The rules for what may be scanned: the allow-list, and where the dashboard itself may answer.

    `own_hosts` are names and addresses of the dashboard, as in ALLOWED_HOSTS; `own_origins` are those by which browsers
    know it, as in CSRF_TRUSTED_ORIGINS; `own_port` is where it listens. `last_word` is the allow-list of this host's
    workers: if there is one, a target has to be on both lists.
    """

    def __init__(
        self,
        allowed: Iterable[str],
        own_hosts: Iterable[str] = (),
        own_port: int = 8000,
        own_origins: Iterable[str] = (),
        is_own_address: Callable[[_Address], bool] = belongs_to_this_machine,
        last_word: Iterable[str] = (),
    ):
        patterns = [parse_pattern(pattern) for pattern in allowed]
        self._names = [pattern for pattern in patterns if isinstance(pattern, str)]
        self._networks = [pattern for pattern in patterns if not isinstance(pattern, str)]
        places = [(host, port) for host in own_hosts for port in (own_port, *_DEFAULT_PORTS.values())]
        for parts in map(urlsplit, own_origins):
            host = parts.netloc.rpartition(":")[0] if parts.port else parts.netloc
            places.append((host.replace("*", "", 1), parts.port or _DEFAULT_PORTS[parts.scheme]))
        self._own = {(_own_name(host), port) for host, port in places if not is_loopback_name(host)}
        self._own_addresses = {(address, port) for host, port in self._own if (address := address_or_none(host))}
        self._own_port = own_port
        self._has_any_name = "*" in own_hosts
        self._is_own_address = is_own_address
        last_word = [*last_word]
        self._of_worker = TargetPolicy(last_word, own_port=own_port) if last_word else None

    def check(self, url: str, addresses: Iterable[str] = ()) -> None:
        """Raise TargetRefused unless this normalised URL, at these addresses, may be scanned.

        Without addresses only the name is checked; the sender of a request must check the addresses too.
        """
        host, port = origin(url)
        resolved = [_address(address.split("%")[0]) for address in addresses]
        literal = address_or_none(host)
        if literal is not None:
            resolved.append(literal)
        meant = [meaning for address in resolved for meaning in (address, *_inside(address))]
        for address in meant:
            _refuse_forbidden(url, address)
        if host in _METADATA_NAMES:
            raise TargetRefused("is_metadata_service", url=url)
        self._refuse_dashboard(url, host, port, meant)
        self._refuse_not_allowed(url, host, resolved)
        if self._of_worker:
            try:
                self._of_worker._refuse_not_allowed(url, host, resolved)
            except TargetRefused as refusal:
                raise TargetRefused("worker_refuses", worker=socket.gethostname(), error=refusal.why) from refusal

    def _refuse_dashboard(self, url: str, host: str, port: int, addresses: list[_Address]) -> None:
        here = is_loopback_name(host) or any(map(self._is_here, addresses))
        known = {(host, port), (f".{host}", port)} & self._own
        known |= {(address, port) for address in addresses} & self._own_addresses
        if known or (here and port == self._own_port):
            raise TargetRefused("is_this_dashboard", url=url)
        below = any(name.startswith(".") and host.endswith(name) and port == own for name, own in self._own)
        # With ALLOWED_HOSTS=* a proxy on this machine may pass on every name that leads here.
        if below or (self._has_any_name and here and port in _DEFAULT_PORTS.values()):
            raise TargetRefused("may_be_this_dashboard", url=url)

    def _is_here(self, address: _Address) -> bool:
        return address.is_loopback or self._is_own_address(address)

    def _refuse_not_allowed(self, url: str, host: str, addresses: list[_Address]) -> None:
        named = any(host == name or (name.startswith("*.") and host.endswith(name[1:])) for name in self._names)
        local = is_loopback_name(host)
        # An allowed name must not lead into a private network that is not allowed, whatever its DNS says.
        expected = {a for a in addresses if named and (_is_public(a) or (local and a.is_loopback))}
        allowed = {a for a in addresses if any(a in network for network in self._networks)}
        outside = [a for a in addresses if a not in expected | allowed]
        if named and outside:
            raise TargetRefused("leads_to_private", url=url, address=outside[0])
        if not named and (outside or not addresses):
            raise TargetRefused("host_not_allowed", url=url, host=host)


def is_loopback_name(host: str) -> bool:
    """Return whether this name means the machine itself by definition (RFC 6761, section 6.3)."""
    return host == "localhost" or host.endswith(".localhost") or host in ("127.0.0.1", "::1", "[::1]")


def _own_name(host: str) -> str:
    """Return a host of the settings in the spelling of normalised URLs; with its dot if it stands for a domain."""
    host = host.strip("[]").lower()
    dot = "." if host.startswith(".") else ""
    try:
        return str(address_or_none(host) or dot + _ascii_name(host.removeprefix(".")))
    except ValueError:
        return host


def _address(text: str) -> _Address:
    """Return the address. An IPv4 address inside IPv6 (::ffff:127.0.0.1, 64:ff9b::7f00:1) counts as IPv4."""
    address = ipaddress.ip_address(text)
    if address.version == 4:
        return address
    if any(address in network for network in _IPV4_AT_THE_END) and int(address) > 0xFFFF:  # not :: and ::1
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address


def _inside(address: _Address) -> list[_Address]:
    """Return the IPv4 addresses to which a tunnel or translator may carry packets for this address."""
    if address.version == 4:
        return []
    found = list(address.teredo or ())
    bits = int(address)
    if bits >> 32 & 0xFFFFFFFF in _ISATAP:
        found.append(ipaddress.IPv4Address(bits & 0xFFFFFFFF))
    if address in _LOCAL_NAT64:
        found += _translated(bits)
    return found


def _translated(bits: int) -> list[_Address]:
    """Return the IPv4 address in each of the places that RFC 6052 (section 2.2) has for it, by length of the prefix."""
    octets = bits.to_bytes(16)
    places = (octets[6:8] + octets[9:11], octets[7:8] + octets[9:12], octets[9:13], octets[12:])
    return [ipaddress.IPv4Address(place) for place in places if any(place)]


def _is_public(address: _Address) -> bool:
    return address.is_global and not any(address in network for network in _NOT_PUBLIC)


def address_or_none(host: str) -> _Address | None:
    """Return the address that a host of a URL is; None for a name."""
    try:
        return _address(host)
    except ValueError:
        return None


def _refuse_forbidden(url: str, address: _Address) -> None:
    if address.is_link_local or _is_site_local(address) or any(address in network for network in _METADATA_NETWORKS):
        raise TargetRefused("leads_to_link_local", url=url, address=address)
    if address.is_multicast or address.is_unspecified:
        raise TargetRefused("leads_to_no_site", url=url, address=address)


def _is_site_local(address: _Address) -> bool:
    return address.version == 6 and address.is_site_local
