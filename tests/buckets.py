"""A bucket that speaks S3's protocol on loopback (moto's server), and one that is away."""

from __future__ import annotations

import logging
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count

from moto.server import ThreadedMotoServer

from cloud.pictures import BucketSettings

NUMBERS = count()
AWAY = BucketSettings("away", "key", "the bucket's secret", endpoint="http://127.0.0.1:9")  # nobody serves «discard»


@contextmanager
def s3_server() -> Iterator[str]:
    """The address of a server without buckets."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        yield f"http://{host}:{port}"
    finally:
        server.stop()


def new_bucket(address: str, *, public: bool = False) -> BucketSettings:
    """An empty bucket of that server; `public`: browsers reach it there too."""
    name = f"pictures-{next(NUMBERS)}"
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(urllib.request.Request(f"{address}/{name}", method="PUT")) as answer:
        assert answer.status == 200
    return BucketSettings(name, "key", "secret", endpoint=address, public=address if public else "")
