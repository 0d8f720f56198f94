"""Which addresses are posted to: those that are everybody's, and of the private ones those the owner has named.

Whoever may name an address must not be able to ask, through portal or gate, what only that can reach: itself, the
machines beside it, a cloud's metadata. So a name is resolved first, and the very address that was looked at is used.
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
    """An address that cannot or must not be asked; the message is one line for whoever named it."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a URL leads: the address that was looked at, and the name that its certificate must bear."""

    address: str
    host: str


def resolve(host: str, port: int) -> list[str]:
    """The addresses of a name, as the system knows them."""
    return [str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


@dataclass(frozen=True, slots=True)
class Reach:
    """What may be asked: everybody's addresses over TLS, and the `private` networks that the owner has named."""

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
        # One address that must not be asked is enough: a name that leads to both is somebody's trick.
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
    """Whether an address is of the public internet, also when it is wrapped into another."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo and address.teredo[1])
        if inner is None and address in TRANSLATED:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner:
            return is_everybodys(inner)
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


def well_formed(url: str) -> bool:
    """Whether a URL is one that could be posted to: http or https, a host, nobody's password, no fragment."""
    if not (0 < len(url) <= LONGEST_URL and url.isascii() and url.isprintable()) or " " in url or "\\" in url:
        return False
    try:
        parts = urlsplit(url)
        port = _port(url)
    except ValueError:  # a bracket that does not close, a port beyond 65535
        return False
    return bool(parts.scheme in PORTS and parts.hostname and port and "@" not in parts.netloc and not parts.fragment)


def _port(url: str) -> int:
    parts = urlsplit(url)
    return PORTS.get(parts.scheme, 443) if parts.port is None else parts.port
