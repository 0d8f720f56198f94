"""A bucket that speaks S3's protocol on loopback (moto's server), and one that is away."""

from __future__ import annotations

import logging
import socketserver
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
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


@dataclass
class Silent:
    """A server that accepts, reads, and says nothing until it is let to: then it closes."""

    address: str = ""
    heard: list[bytes] = field(default_factory=list)
    """The first line of each request."""
    let: threading.Event = field(default_factory=threading.Event)


@contextmanager
def silent_server() -> Iterator[Silent]:
    """A bucket's address where somebody listens and nobody answers."""
    silent = Silent()

    class Connection(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            silent.heard.append(self.rfile.readline())
            silent.let.wait()

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        request_queue_size = 64

    with Server(("127.0.0.1", 0), Connection) as server:
        silent.address = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield silent
        finally:
            silent.let.set()
            server.shutdown()
            thread.join()
