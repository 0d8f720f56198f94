"""Whom outgoing requests trust (`posting.trust`), over real HTTP."""

from __future__ import annotations

import ssl
from contextlib import suppress
from ipaddress import ip_network

import httpx
import pytest

from posting import own_address
from posting.post import NotTaken, Poster
from posting.reach import Reach
from posting.telegram import BotApi
from posting.trust import authorities
from tests.bot_api import TOKEN


def test_the_authorities_are_read_once_for_all_requests(bot, monkeypatch):
    """However many messages go out, and whoever sends them, the file of the authorities is read once for each kind of trust."""
    read = []
    make = httpx.create_ssl_context

    def counted(**how):
        read.append(how)
        return make(**how)

    authorities.cache_clear()
    monkeypatch.setattr(httpx, "create_ssl_context", counted)
    monkeypatch.setattr("httpx._transports.default.create_ssl_context", lambda *, verify, cert, trust_env: verify)
    monkeypatch.setattr("httpcore._ssl.default_ssl_context", lambda: pytest.fail("trust of httpx's own"))

    for _ in range(3):
        assert "okter_test_bot" == BotApi(TOKEN, bot.url).name()
        own_address.post(bot.url, within_s=60)
        with suppress(NotTaken):
            Poster(Reach((ip_network("127.0.0.0/8"),))).post(bot.url, {}, b"")

    assert sorted(how["trust_env"] for how in read) == [False, True]


@pytest.mark.parametrize("trust_env", [True, False])
def test_certificate_and_name_are_checked(trust_env):
    """What all requests share is a context that refuses a certificate of nobody's, and one of another name."""
    context = authorities(trust_env=trust_env)

    assert context.check_hostname
    assert ssl.CERT_REQUIRED == context.verify_mode
    assert context.get_ca_certs()
