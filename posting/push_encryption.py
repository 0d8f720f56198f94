"""Web push messages: encrypted for one browser (RFC 8291 over RFC 8188) and signed by their sender (RFC 8292)."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

CURVE = ec.SECP256R1()
CURVE_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
POINT_BYTES, AUTH_BYTES, SALT_BYTES = 65, 16, 16
RECORD_SIZE = 4096
SIGNED_FOR = timedelta(hours=12)
"""RFC 8292 allows a signature to be valid for a day at most."""


class KeyInvalid(ValueError):
    """The keys of a subscription are invalid."""


@dataclass(frozen=True, slots=True)
class BrowserKeys:
    """The keys of a browser's subscription: its public point on P-256, and a 16-byte shared secret."""

    point: bytes
    auth: bytes

    @classmethod
    def read(cls, p256dh: str, auth: str) -> BrowserKeys:
        """Decode from base64url. Raises `KeyInvalid`."""
        try:
            point, secret = from_base64url(p256dh), from_base64url(auth)
            ec.EllipticCurvePublicKey.from_encoded_point(CURVE, point)
        except ValueError as error:
            raise KeyInvalid("no point of P-256") from error
        if len(point) != POINT_BYTES or len(secret) != AUTH_BYTES:
            raise KeyInvalid("not the lengths of RFC 8291")
        return cls(point, secret)


def encrypted(message: bytes, to: BrowserKeys, *, own: ec.EllipticCurvePrivateKey, salt: bytes) -> bytes:
    """The body of a push request, `Content-Encoding: aes128gcm`. `own` and `salt` must be new for each message."""
    mine = point_of(own.public_key())
    theirs = ec.EllipticCurvePublicKey.from_encoded_point(CURVE, to.point)
    shared = own.exchange(ec.ECDH(), theirs)
    secret = hkdf(salt=to.auth, key=shared, info=b"WebPush: info\0" + to.point + mine, length=32)
    key, nonce = content_keys(secret, salt)
    sealed = AESGCM(key).encrypt(nonce, message + b"\x02", None)  # 2: the last record, no padding
    return salt + RECORD_SIZE.to_bytes(4, "big") + bytes([len(mine)]) + mine + sealed


def content_keys(secret: bytes, salt: bytes) -> tuple[bytes, bytes]:
    """Key and nonce of the only record (RFC 8188, 2.2 and 2.3)."""
    key = hkdf(salt=salt, key=secret, info=b"Content-Encoding: aes128gcm\0", length=16)
    return key, hkdf(salt=salt, key=secret, info=b"Content-Encoding: nonce\0", length=12)


class Sender:
    """A portal or gate as push services see it: a key derived from its secret, the same on every host with that secret."""

    def __init__(self, secret: bytes, contact: str) -> None:
        # 48 bytes: then the result modulo the curve order is uniform to within 2**-128.
        seed = hkdf(salt=b"", key=secret, info=b"okter web push p-256 v1", length=48)
        self._key = ec.derive_private_key(int.from_bytes(seed, "big") % (CURVE_ORDER - 1) + 1, CURVE)
        self._contact = contact
        self.public_key = to_base64url(point_of(self._key.public_key()))
        """For `applicationServerKey`: a browser's subscription is valid for this key only."""

    def authorization(self, endpoint: str, *, now: datetime) -> str:
        """The `Authorization` header of a request to `endpoint`: «vapid t=JWT, k=KEY»."""
        parts = urlsplit(endpoint)
        claims: dict[str, object] = {
            "aud": f"{parts.scheme}://{parts.netloc}",
            "exp": int((now + SIGNED_FOR).timestamp()),
            "sub": self._contact,
        }
        header: dict[str, object] = {"typ": "JWT", "alg": "ES256"}
        signed = f"{_segment(header)}.{_segment(claims)}"
        first, second = decode_dss_signature(self._key.sign(signed.encode(), ec.ECDSA(hashes.SHA256())))
        proof = to_base64url(first.to_bytes(32, "big") + second.to_bytes(32, "big"))
        return f"vapid t={signed}.{proof}, k={self.public_key}"


def fresh_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(CURVE)


def point_of(key: ec.EllipticCurvePublicKey) -> bytes:
    """A public key as an uncompressed point of 65 bytes."""
    return key.public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)


def hkdf(*, salt: bytes, key: bytes, info: bytes, length: int) -> bytes:
    return HKDF(algorithm=hashes.SHA256(), length=length, salt=salt, info=info).derive(key)


def to_base64url(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def from_base64url(text: str) -> bytes:
    """Decode base64url with or without padding. Raises ValueError."""
    return base64.b64decode(text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4), altchars=b"-_", validate=True)


def _segment(part: dict[str, object]) -> str:
    return to_base64url(json.dumps(part, separators=(",", ":")).encode())
