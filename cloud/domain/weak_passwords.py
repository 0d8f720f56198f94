"""Passwords that attackers try first: common words, keyboard rows, repetitions, and what is known about the person.

A short list and a few rules, not a dictionary. Log-in allows few attempts (`cloud.domain.guessing`), so only the first
thousands of the usual lists matter. The list is our own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from itertools import pairwise
from pathlib import Path

WORDS = Path(__file__).with_name("common_passwords.txt")
ROWS = (
    "1234567890-=", "qwertyuiop[]", "asdfghjkl;'", "zxcvbnm,./", "йцукенгшщзхъ", "фывапролджэ", "ячсмитьбю",
    "abcdefghijklmnopqrstuvwxyz", "абвгдеёжзийклмнопрстуфхцчшщъыьэюя",
    "1qaz", "2wsx", "3edc", "4rfv", "5tgb", "6yhn", "7ujm",
)  # fmt: skip
SHORTEST_RUN = 3
LEFT_OVER = 6
"""Characters that must remain after known words are removed."""
LONG_ENOUGH = 12
"""Shorter all-digit passwords are guessed: they may be a date or a telephone number."""
_LEET = str.maketrans("013457@$!", "oleastasi")
_BORDERS = re.compile(r"^[\W\d_]+|[\W\d_]+$")


def is_weak(password: str, *, about: Iterable[str] = ()) -> bool:
    """Whether the password is among the first that an attacker tries; `about` = what is known about its owner."""
    folded = password.strip().lower().replace(" ", "")
    return (
        (folded.isdecimal() and len(folded) < LONG_ENOUGH)
        or _repeats(folded)
        or _runs(folded)
        or _is_word(folded)
        or _left(folded, about) < LEFT_OVER
    )


def _is_word(folded: str) -> bool:
    bare = _BORDERS.sub("", folded)
    return bare in _words() or bare.translate(_LEET) in _words()


def _repeats(folded: str) -> bool:
    """«aaaaaaaa», «12341234», «пароль пароль»: one part repeated."""
    return any(
        len(folded) % size == 0 and folded == folded[:size] * (len(folded) // size)
        for size in range(1, len(folded) // 2 + 1)
    )


def _runs(folded: str) -> bool:
    """«12345678», «qwerty123», «1qaz2wsx»: only runs along keyboard rows, in either direction."""
    lengths = [1]
    for before, after in pairwise(folded):
        if before == after or any(pair in row for row in ROWS for pair in (before + after, after + before)):
            lengths[-1] += 1
        else:
            lengths.append(1)
    return bool(folded) and min(lengths) >= SHORTEST_RUN


def _left(folded: str, about: Iterable[str]) -> int:
    """Number of characters left after what is known about the owner is removed."""
    known = {part for text in about for part in re.split(r"[\W_]+", text.lower()) if len(part) >= SHORTEST_RUN}
    for part in sorted(known, key=len, reverse=True):
        folded = folded.replace(part, "")
    return len(folded)


@cache
def _words() -> frozenset[str]:
    return frozenset(WORDS.read_text(encoding="utf-8").split())
