"""Passwords: Argon2id with OWASP's costs. A check takes as long for unknown accounts as for known ones."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from cloud.domain.errors import Invalid
from cloud.domain.weak_passwords import is_weak

SHORTEST, LONGEST = 8, 200
TIME_COST, MEMORY_KIB, LANES = 2, 19 * 1024, 1
"""One of the settings that OWASP recommends for Argon2id: 19 MiB, two passes, one lane."""
_hasher = PasswordHasher(time_cost=TIME_COST, memory_cost=MEMORY_KIB, parallelism=LANES)


def check_new(password: str, again: str, *, about: Iterable[str] = ()) -> None:
    """Refuse a password that is too short, too common, or different the second time."""
    if len(password) < SHORTEST:
        raise Invalid("password", "Пароль должен быть не короче {n} символов.", n=SHORTEST)
    if len(password) > LONGEST:
        raise Invalid("password", "Пароль слишком длинный.")
    if is_weak(password, about=about):
        raise Invalid(
            "password", "Такой пароль подберут одним из первых. Придумайте другой, например из нескольких слов."
        )
    if password != again:
        raise Invalid("password_again", "Пароли в полях «Пароль» и «Подтвердите пароль» должны совпадать.")


def hashed(password: str) -> str:
    return _hasher.hash(password)


def matches(password_hash: str | None, password: str) -> bool:
    """Whether `password` is right; `None` (no such account) takes the same time and is never right."""
    try:
        _hasher.verify(password_hash or _nobody(), password[:LONGEST])
    except (VerificationError, InvalidHashError):
        return False
    return password_hash is not None


def wants_rehash(password_hash: str) -> bool:
    return _hasher.check_needs_rehash(password_hash)


@cache
def _nobody() -> str:
    return _hasher.hash("nobody has this password")
