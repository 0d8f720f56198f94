"""An emulated ONVIF camera: answers a probe by UDP and four sentences by HTTP, with the digest it wants."""

from __future__ import annotations

import base64
import hashlib
import re
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

_ENVELOPE = (
    '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:t="urn:t"><s:Body>{body}</s:Body></s:Envelope>'
)
_TIME = (
    "<t:GetSystemDateAndTimeResponse><t:UTCDateTime><t:Time><t:Hour>9</t:Hour><t:Minute>30</t:Minute><t:Second>5</t:Second>"
    "</t:Time><t:Date><t:Year>2026</t:Year><t:Month>11</t:Month><t:Day>29</t:Day></t:Date></t:UTCDateTime>"
    "</t:GetSystemDateAndTimeResponse>"
)
_PROFILE = (
    '<t:Profiles token="{token}"><t:Name>{name}</t:Name><t:VideoEncoderConfiguration><t:Encoding>H264</t:Encoding>'
    "<t:Resolution><t:Width>{width}</t:Width><t:Height>{height}</t:Height></t:Resolution></t:VideoEncoderConfiguration></t:Profiles>"
)


class OnvifCamera:
    """On 127.0.0.1. `service`: what it says its address is; `media`: the same of its media service."""

    def __init__(
        self, *, user: str = "", password: str = "", service: str = "", media: str = "", body: str = ""
    ) -> None:
        self.user, self.password, self.body = user, password, body
        self.asked: list[str] = []
        camera = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                text = self.rfile.read(int(self.headers["Content-Length"])).decode()
                status, answer = camera.answer(text)
                self.send_response(status)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_: object) -> None:
                pass

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        own = f"http://127.0.0.1:{self._http.server_port}/onvif/device_service"
        self.service, self.media = service or own, media or own
        self._udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._udp.bind(("127.0.0.1", 0))
        self.target: tuple[str, int] = self._udp.getsockname()
        self._threads = [
            threading.Thread(target=self._http.serve_forever, args=(0.05,), daemon=True),
            threading.Thread(target=self._listen, daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._udp.close()

    def answer(self, text: str) -> tuple[int, bytes]:
        found = re.search(r"<s:Body><(\w+)", text)
        said = found[1] if found else ""
        self.asked.append(said)
        if said != "GetSystemDateAndTime" and self.user and not self._knows(text):
            return 400, _ENVELOPE.format(body="<s:Fault><s:Subcode>ter:NotAuthorized</s:Subcode></s:Fault>").encode()
        if self.body:
            return 200, self.body.encode()
        bodies = {
            "GetSystemDateAndTime": _TIME,
            "GetCapabilities": f"<t:Media><t:XAddr>{self.media}</t:XAddr></t:Media>",
            "GetProfiles": _PROFILE.format(token="main", name="Главный", width=1920, height=1080)
            + _PROFILE.format(token="sub", name="Второй", width=640, height=360),
            "GetStreamUri": f"<t:Uri>rtsp://admin:secret@127.0.0.1:554/{'main' if '>main<' in text else 'sub'}</t:Uri>",
        }
        return 200, _ENVELOPE.format(body=bodies.get(said, "")).encode()

    def _knows(self, text: str) -> bool:
        """The UsernameToken of the OASIS profile: Base64(SHA-1(nonce + created + password))."""
        name, digest, nonce, created = (
            (re.search(rf"<\w+:{tag}(?: [^>]*)?>([^<]*)<", text) or ["", ""])[1]
            for tag in ("Username", "Password", "Nonce", "Created")
        )
        wanted = hashlib.sha1(base64.b64decode(nonce) + created.encode() + self.password.encode()).digest()
        own_clock = created.startswith("2026-11-29T09:30")
        return name == self.user and digest == base64.b64encode(wanted).decode() and own_clock

    def _listen(self) -> None:
        while True:
            try:
                data, sender = self._udp.recvfrom(65535)
            except OSError:
                return
            if b"NetworkVideoTransmitter" in data:
                body = (
                    f"<t:ProbeMatch><t:Scopes>onvif://www.onvif.org/name/Gate%20Cam onvif://www.onvif.org/Profile/S</t:Scopes>"
                    f"<t:XAddrs>{self.service} http://[fe80::1]/onvif</t:XAddrs></t:ProbeMatch>"
                )
                self._udp.sendto(b"no xml at all", sender)
                self._udp.sendto(_ENVELOPE.format(body=body).encode(), sender)
