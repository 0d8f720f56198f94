"""How a webhook proves its origin: one scheme for gate and portal, so that one receiver can check both."""

from __future__ import annotations

import hashlib
import hmac

ID_HEADER, STAMP_HEADER, SIGNATURE_HEADER = "X-Okter-Id", "X-Okter-Timestamp", "X-Okter-Signature"


def signature(secret: str, stamp: str, body: bytes) -> str:
    """The value of header `X-Okter-Signature`: HMAC-SHA256 of `STAMP.BODY`, as `sha256=HEX`."""
    return "sha256=" + hmac.new(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()


def signed_headers(secret: str, stamp: str, message_id: str, body: bytes) -> dict[str, str]:
    """The headers of one delivery. `stamp` is the sender's time, in whole seconds since 1970."""
    return {
        "Content-Type": "application/json",
        ID_HEADER: message_id,
        STAMP_HEADER: stamp,
        SIGNATURE_HEADER: signature(secret, stamp, body),
    }
