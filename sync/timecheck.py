"""Time recovery: what to believe when the cloud's certificate starts in the future.

A Pi without a battery clock starts at some past date. Until NTP answers, and for ever where NTP is blocked, every TLS
handshake then fails. So the cloud is asked for the time over a connection on which everything except the time is
checked: the chain up to the trusted authority, and the name. No token is sent. The answer's Date is only believed
within the certificate's own validity, and only as a floor: it makes no clock trusted. Whoever could forge it holds the
cloud's (old) key, and gains no more than from a gate whose clock shows that date.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime

import httpcore
import httpx

from sync import wire
from sync.answers import server_date
from sync.deadline import DeadlineBackend, DeadlineTransport
from sync.settings import CloudSettings
from sync.tls import timeless_context, validity


@dataclass(frozen=True, slots=True)
class HeardTime:
    date: datetime
    mono: float


def hear_time(settings: CloudSettings) -> HeardTime | None:
    """The cloud's time, or None if no credible answer comes."""
    assert settings.url is not None
    backend = DeadlineBackend()
    backend.deadline = time.monotonic() + settings.request_s
    transport = DeadlineTransport(context=timeless_context(settings.ca_file), backend=backend)
    url = settings.url.rstrip("/") + wire.BASE + "/passes"
    try:
        with (
            httpx.Client(transport=transport, trust_env=False, follow_redirects=False) as client,
            client.stream("GET", url, timeout=settings.connect_s) as response,
        ):
            tls = response.extensions["network_stream"].get_extra_info("ssl_object")
            date = server_date(response.headers.get("date", ""))
            begin, end = validity(tls.getpeercert())
    except (httpx.HTTPError, httpcore.ConnectError, OSError):
        return None
    return HeardTime(date, time.monotonic()) if date is not None and begin <= date <= end else None
