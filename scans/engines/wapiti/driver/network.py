# SPDX-License-Identifier: GPL-2.0-or-later
# The file LICENSE beside it has the terms.
"""The network limits of the engine process: it may connect to the job's addresses at the target's port only.

There are two walls, both below every library. Names resolve only to the addresses in the job, so DNS cannot lead a
scan elsewhere after the target was allowed. An audit hook of the interpreter, which no code can remove, refuses
connections and datagrams to any other address and port, DNS queries, and other programs (which would be outside these
walls).
"""

import ipaddress
import socket
import sys
from urllib.parse import urlsplit

# Wapiti's modules ask targets to call back here, and check here for calls. Nobody listens (RFC 863).
CLOSED_ENDPOINT = ("127.0.0.1", 9)

PROGRAMS = {"subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.fork", "pty.spawn"}
LOOK_UPS = {"socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr", "socket.getnameinfo"}
SENDS = {"socket.connect", "socket.sendto", "socket.sendmsg"}

resolve_by_system = socket.getaddrinfo


def ascii_name(host):
    """Return a host name as requested: lower case, in IDNA's ASCII form, without brackets or final dot."""
    name = (host.decode("ascii", "replace") if isinstance(host, bytes) else host).strip("[]").rstrip(".").lower()
    try:
        return name if name.isascii() else name.encode("idna").decode("ascii")
    except UnicodeError:
        return name


def address(text):
    """Return an IP address without its zone, so that spellings compare equal; None if it is not one."""
    try:
        return ipaddress.ip_address(str(text).partition("%")[0])
    except ValueError:
        return None


class Pins:
    """The only addresses that exist; `install` applies them to the whole process."""

    def __init__(self, resolve, port):
        self.names = {ascii_name(host): list(addresses) for host, addresses in resolve.items()}
        targets = {address(one) for addresses in resolve.values() for one in addresses}
        closed_host, closed_port = CLOSED_ENDPOINT
        self.addresses = targets | {address(closed_host)}
        self.reachable = {(one, port) for one in targets} | {(address(closed_host), closed_port)}

    @classmethod
    def of(cls, job):
        """Return the pins for a job: its hosts at its URL's port."""
        target = urlsplit(job["url"])
        return cls(job["resolve"], target.port or {"http": 80, "https": 443}[target.scheme])

    def install(self):
        """Replace name resolution and add the audit hook. This cannot be undone in this process."""
        socket.getaddrinfo = self.getaddrinfo
        sys.addaudithook(self.audit)

    def getaddrinfo(self, host, port, family=0, type=0, proto=0, flags=0):
        """Replace socket.getaddrinfo with the job's table. Raises socket.gaierror for every other name."""
        name = ascii_name(host or "")
        addresses = self.names.get(name) or ([name] if address(name) in self.addresses else [])
        found = []
        for one in addresses:
            try:
                found += resolve_by_system(one, port, family, type, proto, flags | socket.AI_NUMERICHOST)
            except socket.gaierror:  # the address has another family than requested
                continue
        if not found:
            raise socket.gaierror(socket.EAI_NONAME, f"{name!r} is not a host of this scan")
        return found

    def audit(self, event, arguments):
        """Refuse everything outside the walls. Raises PermissionError."""
        if event in SENDS:
            self.check_peer(*arguments[:2])
        elif event in PROGRAMS:
            raise PermissionError(f"{event} is not allowed in a scan")
        elif event in LOOK_UPS and address(arguments[0]) is None:
            raise PermissionError("names are not looked up in a scan")

    def check_peer(self, peer_socket, peer):
        """Refuse an internet address and port that is not the target's."""
        if peer is None or peer_socket.family not in (socket.AF_INET, socket.AF_INET6):
            return  # already connected, or within this machine
        if (address(peer[0]), peer[1]) not in self.reachable:
            raise PermissionError(f"{peer[0]} port {peer[1]} is not a target of this scan")
