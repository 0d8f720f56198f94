"""Which addresses the portal posts to: nobody asks through it what only it can reach."""

from __future__ import annotations

import ipaddress

import pytest

from posting.reach import Reach, Unreachable, is_everybodys, well_formed

PUBLIC = "93.184.215.14"
PRIVATE = (
    "127.0.0.1", "10.1.2.3", "192.168.0.1", "172.16.0.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
    "255.255.255.255", "::1", "::", "fe80::1", "fd00::1", "ff02::1", "::ffff:127.0.0.1", "64:ff9b::10.0.0.1",
    "2002:7f00:1::", "2001:db8::1",
)  # fmt: skip


@pytest.mark.parametrize("address", PRIVATE)
def test_a_private_address_is_not_everybodys(address):
    """Loopback, private, link-local, shared and multicast addresses are told, also wrapped into IPv6."""
    assert not is_everybodys(ipaddress.ip_address(address))
    with pytest.raises(Unreachable, match="private"):
        Reach(resolve=lambda *_: [address]).place_of("https://inside.example.ru/")


@pytest.mark.parametrize("address", [PUBLIC, "2a00:1450:4010::64", f"64:ff9b::{PUBLIC}"])
def test_a_public_address_is(address):
    """What everybody can reach may be asked; the address that was looked at is the one to connect to."""
    place = Reach(resolve=lambda *_: [address]).place_of("https://example.ru:8443/x")

    assert (str(ipaddress.ip_address(address)), "example.ru") == (place.address, place.host)


def test_one_private_address_is_enough():
    """A name that leads to both is a trick: it is not asked at all."""
    with pytest.raises(Unreachable):
        Reach(resolve=lambda *_: [PUBLIC, "127.0.0.1"]).place_of("https://example.ru/")


def test_a_number_in_disguise_is_looked_at_as_the_system_takes_it():
    """`http://2130706433/` and `http://0x7f.1/` are loopback for the system's resolver, and so they are for us."""
    for host in ("2130706433", "0x7f.1", "127.1", "localhost"):
        with pytest.raises(Unreachable, match="private"):
            Reach().place_of(f"https://{host}/")


def test_only_the_owners_networks_are_excepted():
    """A network that the portal's owner has named may be asked, without TLS too; the next one may not."""
    reach = Reach((ipaddress.ip_network("10.8.0.0/24"),), resolve=lambda host, _: [host])

    assert "10.8.0.7" == reach.place_of("http://10.8.0.7:9000/x").address
    for url in ("http://10.8.1.7/", f"http://{PUBLIC}/"):
        with pytest.raises(Unreachable):
            reach.place_of(url)


@pytest.mark.parametrize(
    "url",
    ["", "x", "ftp://example.ru/", "https://", "https:///x", "https://a:b@example.ru/", "https://example.ru:99999/",
     "https://[::1/", "https://example.ru/#x", "https://example.ru/ x", "https://пример.рф/", "https://e.ru/" + "x" * 1100,
     "https://example.ru\\@127.0.0.1/", "https://example.ru:0/"],
)  # fmt: skip
def test_what_is_no_address_is_refused(url):
    """A URL that could be read in two ways, or leads nowhere, is not kept."""
    assert not well_formed(url)


def test_what_is_an_address_is_kept():
    """Plain addresses with a port, a path and a query are fine."""
    assert all(map(well_formed, ("https://example.ru", "https://example.ru:8443/a/b?c=d", "http://[fd00::1]:80/")))
