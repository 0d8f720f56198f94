"""The other end of `[webhook]`: takes a visit only if it is signed, fresh and new, and answers so that the gate knows.

    OKTER_SECRET=… python -m examples.webhook_receiver 8099

The same receiver takes a portal's webhooks: they are signed in the same way, with the secret that the portal shows once.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

from core.signed_body import ID_HEADER, SIGNATURE_HEADER, STAMP_HEADER, signature

FRESH_S = 300.0
"""A message older than this is a recording of one, or its sender's clock is wrong."""
MOST_BYTES = 100_000


class Inbox:
    """`take` answers with an HTTP status: 204 taken (or had already), 401 not from the gate, 400 not to be read."""

    def __init__(self, secret: str, visit: Callable[[dict[str, Any]], None], *, wall_s: Callable[[], float]) -> None:
        self._secret, self._visit, self._wall_s = secret, visit, wall_s
        self._seen: dict[str, None] = {}
        """Ids of the newest messages. A real receiver keeps them where it keeps the visits."""

    def take(self, headers: Mapping[str, str], body: bytes) -> int:
        stamp, message_id = headers.get(STAMP_HEADER, ""), headers.get(ID_HEADER, "")
        signed = headers.get(SIGNATURE_HEADER, "") == signature(self._secret, stamp, body)
        if not signed or not stamp.isdecimal() or abs(self._wall_s() - int(stamp)) > FRESH_S:
            return 401
        if message_id in self._seen:
            return 204  # our answer was lost, and the gate asks again
        try:
            self._visit(json.loads(body))
        except ValueError:
            return 400
        self._seen[message_id] = None
        while len(self._seen) > 1000:
            del self._seen[next(iter(self._seen))]
        return 204


def serve(inbox: Inbox, port: int) -> HTTPServer:
    """A server on this machine alone; https and the world are a proxy's work."""

    class Page(BaseHTTPRequestHandler):
        timeout = 10.0

        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            self.send_response(inbox.take(self.headers, self.rfile.read(length)) if length <= MOST_BYTES else 413)
            self.end_headers()

    return HTTPServer(("127.0.0.1", port), Page)


if __name__ == "__main__":
    told = Inbox(os.environ["OKTER_SECRET"], print, wall_s=time.time)
    serve(told, int(sys.argv[1])).serve_forever()
