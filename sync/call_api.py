"""The API for voice and video calls, typed (`sync.call_wire`). For one thread, like the `CloudHttp` it uses."""

from __future__ import annotations

from sync import wire
from sync.answers import decoded
from sync.call_wire import CallReport, CallRing, CallTold
from sync.http import CloudHttp, Request

SPARE_S = 10.0
"""Extra time on top of the time that a report may wait at the cloud."""


class CallApi:
    """Every method may raise CloudError."""

    def __init__(self, http: CloudHttp) -> None:
        self._http = http

    def ring(self, ring: CallRing) -> CallTold:
        return decoded(CallTold, self._http.request(Request("POST", "/calls", body=wire.encode(ring))))

    def report(self, call_id: str, report: CallReport) -> CallTold:
        """Waits at the cloud for up to `report.wait_s` seconds until something changes."""
        body = wire.encode(report)
        asked = Request("POST", f"/calls/{call_id}", body=body, within_s=report.wait_s + SPARE_S)
        return decoded(CallTold, self._http.request(asked))

    def close(self) -> None:
        self._http.close()
