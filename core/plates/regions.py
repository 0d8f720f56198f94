"""Region codes in use on plates. A prior, never a filter: a code that is not listed is unlikely, not impossible.

Sources: for Russia, order No. 766 (2018) of the Ministry of the Interior with its later additions, including the codes
of the territories of 2014 and 2022; for the neighbours, their registration rules.
"""

from __future__ import annotations

from functools import cache
from types import MappingProxyType

KNOWN_SHARE = 0.97
"""Share of plates with a listed code. The rest is spread over all codes, because new ones appear every year."""

# All two-digit codes but 00 are in use, or still on the road from earlier years. Military plates have codes of their
# own in the same range.
_TWO_DIGITS = frozenset(f"{code:02d}" for code in range(1, 100))

_THREE_DIGITS = frozenset(
    str(code)
    for code in (
        101, 102, 103, 109, 111, 113, 116, 118, 121, 122, 123, 124, 125, 126, 130, 131, 134, 136, 138,
        139, 142, 147, 150, 152, 154, 155, 156, 158, 159, 161, 163, 164, 169, 172, 173, 174, 175, 176,
        177, 178, 180, 181, 182, 184, 185, 186, 188, 190, 192, 193, 195, 196, 197, 198, 199, 250, 252,
        277, 299, 323, 550, 702, 716, 724, 725, 750, 754, 761, 763, 774, 777, 790, 797, 799, 977, 997,
        999,
    )
)  # fmt: skip

REGIONS = MappingProxyType(
    {
        "ru": _TWO_DIGITS | _THREE_DIGITS,
        "kz": frozenset(f"{code:02d}" for code in range(1, 21)),
        "uz": frozenset(f"{code:02d}" for code in (1, 10, 20, 25, 30, 40, 50, 60, 70, 75, 80, 85, 90, 95)),
        "kg": frozenset(f"{code:02d}" for code in range(1, 12)),
        "tj": frozenset(f"{code:02d}" for code in range(1, 9)),
        "az": frozenset(f"{code:02d}" for code in (*range(1, 73), 77, 85, 90, 99)),
    }
)
"""Codes by the key that a format names (`PlateFormat.regions`)."""


def priors(key: str, length: int) -> tuple[float, float]:
    """Prior probability of one listed code, and of one unlisted code, among all codes of `length` digits."""
    count = len(of_length(key, length))
    everything = 10.0**length
    if not count:
        return 1.0 / everything, 1.0 / everything
    other = (1.0 - KNOWN_SHARE) / everything
    return KNOWN_SHARE / count + other, other


@cache
def of_length(key: str, length: int) -> tuple[str, ...]:
    """The listed codes of `length` digits, sorted; none for an unknown key."""
    return tuple(sorted(code for code in REGIONS.get(key, ()) if len(code) == length))
