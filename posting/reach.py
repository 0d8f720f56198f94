"""Which addresses may be posted to: public ones, and private ones in networks that the owner has named.

A person who may set an address must not be able to reach, through portal or gate, what only those can reach: the machine
itself, its neighbours, a cloud's metadata service. So the name is resolved first, and the checked address itself is used.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Resolve = Callable[[str, int], Iterable[str]]
LONGEST_URL = 1024
TRANSLATED = ipaddress.IPv6Network("64:ff9b::/96")
"""NAT64: the last 32 bits are an IPv4 address."""
PORTS = {"http": 80, "https": 443}


class Unreachable(OSError):
    """An address that cannot or must not be contacted; the message is one line for the person who set it."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a URL leads: the checked address, and the host name that the certificate must have."""

    address: str
    host: str


def resolve(host: str, port: int) -> list[str]:
    """The addresses of a name, from the system's resolver."""
    return [str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


@dataclass(frozen=True, slots=True)
class Reach:
    """What may be contacted: public addresses over https, and the `private` networks that the owner has named."""

    private: tuple[Network, ...] = ()
    resolve: Resolve = resolve

    def place_of(self, url: str) -> Place:
        """Where to connect for `url`. Raises `Unreachable`."""
        parts = urlsplit(url)
        if parts.hostname is None:
            raise Unreachable("no host")
        host = parts.hostname
        try:
            found = [ipaddress.ip_address(one.partition("%")[0]) for one in self.resolve(host, _port(url))]
        except (OSError, UnicodeError, ValueError) as error:
            raise Unreachable(f"{host}: no such name") from error
        if not found:
            raise Unreachable(f"{host}: no such name")
        # One forbidden address is enough to refuse: a name with both kinds is likely an attack.
        for one in found:
            if not self._named(one):
                if not is_everybodys(one):
                    raise Unreachable(f"{host}: a private address")
                if parts.scheme != "https":
                    raise Unreachable(f"{host}: https is wanted")
        return Place(str(found[0]), host)

    def _named(self, address: Address) -> bool:
        return any(address in network for network in self.private)


def is_everybodys(address: Address) -> bool:
    """Whether an address belongs to the public internet. An IPv4 address embedded in an IPv6 one is checked instead."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo and address.teredo[1])
        if inner is None and address in TRANSLATED:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner:
            return is_everybodys(inner)
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


def well_formed(url: str) -> bool:
    """Whether a URL could be posted to: http or https, with a host, without user, password or fragment."""
    if not (0 < len(url) <= LONGEST_URL and url.isascii() and url.isprintable()) or " " in url or "\\" in url:
        return False
    try:
        parts = urlsplit(url)
        port = _port(url)
    except ValueError:  # an unclosed bracket, or a port beyond 65535
        return False
    return bool(parts.scheme in PORTS and parts.hostname and port and "@" not in parts.netloc and not parts.fragment)


def _port(url: str) -> int:
    parts = urlsplit(url)
    return PORTS.get(parts.scheme, 443) if parts.port is None else parts.port
