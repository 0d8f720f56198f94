"""A push service and a browser behind it, for tests: real HTTP on loopback, and it believes nothing it cannot verify."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from posting.push_encryption import content_keys, from_base64url, hkdf, point_of, to_base64url


class Browser:
    """What a browser keeps of its subscription: a key pair and a secret; it reads what was encrypted for it."""

    def __init__(self, private: ec.EllipticCurvePrivateKey | None = None, auth: bytes = b"sixteen bytes ok") -> None:
        self.private = private or ec.generate_private_key(ec.SECP256R1())
        self.auth = auth
        self.point = point_of(self.private.public_key())

    def read(self, body: bytes) -> bytes:
        """The receiver's half of RFC 8291, written from its section 3.4."""
        salt, size, length = body[:16], int.from_bytes(body[16:20], "big"), body[20]
        sender, sealed = body[21 : 21 + length], body[21 + length :]
        assert len(sealed) <= size
        shared = self.private.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), sender))
        secret = hkdf(salt=self.auth, key=shared, info=b"WebPush: info\0" + self.point + sender, length=32)
        key, nonce = content_keys(secret, salt)
        padded = AESGCM(key).decrypt(nonce, sealed, None)
        message, mark = padded.rstrip(b"\0")[:-1], padded.rstrip(b"\0")[-1]
        assert mark == 2
        return message


def verified(authorization: str) -> dict[str, object]:
    """The claims of a header of RFC 8292; raises when its signature is not by the key it names."""
    scheme, _, rest = authorization.partition(" ")
    assert scheme == "vapid"
    parts = dict(part.strip().split("=", 1) for part in rest.split(","))
    signed, _, proof = parts["t"].rpartition(".")
    both = from_base64url(proof)
    assert len(both) == 64
    key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), from_base64url(parts["k"]))
    signature = encode_dss_signature(int.from_bytes(both[:32], "big"), int.from_bytes(both[32:], "big"))
    key.verify(signature, signed.encode(), ec.ECDSA(hashes.SHA256()))
    header, claims = (json.loads(from_base64url(part)) for part in signed.split("."))
    assert header == {"typ": "JWT", "alg": "ES256"}
    return claims


@dataclass
class PushService:
    """Where browsers' messages arrive: a path stands for a browser; `answers` makes one fail."""

    url: str = ""
    browsers: dict[str, Browser] = field(default_factory=dict)
    answers: dict[str, list[int]] = field(default_factory=dict)
    shown: list[tuple[str, dict[str, str], dict[str, str]]] = field(default_factory=list)
    """Path, headers, and the notice as the browser read it."""

    def browser(self, name: str) -> dict[str, str]:
        """What a browser would send to the portal after subscribing."""
        self.browsers[f"/{name}"] = one = Browser()
        return {"endpoint": f"{self.url}/{name}", "p256dh": to_base64url(one.point), "auth": to_base64url(one.auth)}

    def take(self, path: str, headers: dict[str, str], body: bytes) -> int:
        if self.answers.get(path):
            return self.answers[path].pop(0)
        if path not in self.browsers:
            return 410
        claims = verified(headers["authorization"])
        now = datetime.now(UTC).timestamp()
        if claims["aud"] != self.url or not now < float(str(claims["exp"])) <= now + 86_400:
            return 403
        assert headers["content-encoding"] == "aes128gcm"
        assert int(headers["ttl"]) >= 0
        self.shown.append((path, headers, json.loads(self.browsers[path].read(body))))
        return 201


@contextmanager
def push_service() -> Iterator[PushService]:
    service = PushService()

    class Talk(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            self.send_response(service.take(self.path, headers, body))
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Talk)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    service.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield service
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
