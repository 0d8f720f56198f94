"""A gate's secrets: the pairing code that a manager reads out, and the device token exchanged for it. Pure."""

from __future__ import annotations

import re
import secrets

from cloud.domain.tokens import new_token, token_hash

SYMBOLS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""No 0/O, 1/I/L: the code is read out over the phone."""
LENGTH = 8


def make_code() -> str:
    """A new code, `XXXX-XXXX`: 40 bits, enough for a code that works once and expires soon."""
    drawn = "".join(secrets.choice(SYMBOLS) for _ in range(LENGTH))
    return f"{drawn[:4]}-{drawn[4:]}"


def code_hash(text: str) -> str:
    """The stored form of a code: SHA-256 of it in upper case, without dashes and spaces."""
    return token_hash("".join(symbol for symbol in text.upper() if symbol.isalnum()))


def make_token(code: str = "") -> str:
    """A new device token: the territory's code, from which the directory finds the cell (ADR 148), then 256 random bits."""
    return (f"{code}_" if code else "") + new_token()


def public_part(token: str) -> str:
    """The territory's code in a device token. Empty for tokens issued before they contained it."""
    found = re.match(r"[0-9]{3}-[0-9]{3}(?=_)", token)
    return found[0] if found else ""
