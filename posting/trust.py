"""Whom outgoing requests trust. Reading the file of 140 authorities costs 20 ms of a PC's core and far more of a box's: once a process.

A context holds no connection and no session, and threads may share it.
"""

from __future__ import annotations

import ssl
from functools import cache

import httpx


@cache
def authorities(*, trust_env: bool = False) -> ssl.SSLContext:
    """The authorities of certifi; certificate and name are checked. `trust_env`: instead those of `SSL_CERT_FILE` or `SSL_CERT_DIR`, if set.

    An update of certifi comes with another environment, and so with another process.
    """
    return httpx.create_ssl_context(trust_env=trust_env)
