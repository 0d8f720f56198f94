"""Second factor: time-based codes (RFC 6238: SHA-1, six digits, thirty seconds), and recovery codes."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import struct
from datetime import datetime, timedelta
from urllib.parse import quote

from cloud.db.models import Account
from cloud.domain.limits import Backoff
from cloud.domain.pairing import SYMBOLS
from cloud.domain.tokens import token_hash

STEP_S = 30
DIGITS = 6
SKEW_STEPS = 1
"""Tolerance for the clocks of telephones, in steps."""
RECOVERY_CODES = 10
TRIES = Backoff("second-factor", 10, timedelta(minutes=1), timedelta(hours=1), timedelta(days=1))
"""Per account, in total: three of a million codes are valid at a time."""
RECOVERY_TRIES = Backoff("recovery", 10, timedelta(minutes=1), timedelta(hours=1), timedelta(days=1))


def new_secret() -> str:
    """A secret in the form for authenticator apps: base32 of 160 bits."""
    return base64.b32encode(secrets.token_bytes(20)).decode()


def code_at(secret: str, step: int) -> str:
    """The code of one 30-second step since 1970 (RFC 4226, section 5.3)."""
    digest = hmac.new(base64.b32decode(secret), struct.pack(">Q", step), hashlib.sha1).digest()
    start = digest[-1] & 15
    number = struct.unpack(">I", digest[start : start + 4])[0] & 0x7FFFFFFF
    return f"{number % 10**DIGITS:0{DIGITS}}"


def step_of(secret: str, typed: str, *, now: datetime, used: int | None) -> int | None:
    """The step of the typed code, if it is current and later than the last one `used`: a code works once."""
    digits = "".join(typed.split())
    current = int(now.timestamp()) // STEP_S
    for step in range(current - SKEW_STEPS, current + SKEW_STEPS + 1):
        if (used is None or step > used) and hmac.compare_digest(code_at(secret, step).encode(), digits.encode()):
            return step
    return None


def address(secret: str, email: str) -> str:
    """The `otpauth` address that opens an authenticator app on the same phone."""
    return f"otpauth://totp/{quote(f'OKter:{email}')}?secret={secret}&issuer=OKter&digits={DIGITS}&period={STEP_S}"


def new_recovery_codes() -> list[str]:
    """Codes of 79 bits, each valid once, shown once and stored as hashes."""
    return [
        "-".join("".join(secrets.choice(SYMBOLS) for _ in range(4)) for _ in range(4)) for _ in range(RECOVERY_CODES)
    ]


def switch_on(account: Account, secret: str, codes: list[str], *, step: int) -> None:
    account.totp_secret, account.totp_step = secret, step
    account.recovery_hashes = [_recovery_hash(code) for code in codes]


def switch_off(account: Account) -> None:
    account.totp_secret = account.totp_step = account.recovery_hashes = None


def is_recovery(typed: str) -> bool:
    """Whether it looks like a recovery code rather than a code from an app."""
    return len(_bare(typed)) > DIGITS


def spend(account: Account, typed: str, *, now: datetime) -> bool:
    """Whether `typed` is a valid code of this account; if so it is used up."""
    if account.totp_secret is None:
        return False
    if is_recovery(typed):
        kept = account.recovery_hashes or []
        if (hashed := _recovery_hash(typed)) not in kept:
            return False
        account.recovery_hashes = [code for code in kept if code != hashed]
        return True
    step = step_of(account.totp_secret, typed, now=now, used=account.totp_step)
    if step is not None:
        account.totp_step = step
    return step is not None


def _bare(typed: str) -> str:
    return "".join(sign for sign in typed.upper() if sign.isalnum())


def _recovery_hash(code: str) -> str:
    return token_hash(_bare(code))
