"""Who comes to a gate, as far as its list tells: the prior of a plate on the list, and of one that is not.

A stranger is one of three. Most come from anywhere: their plates have the kinds and regions of the list, in its
proportions, and any number is equally likely. Some are kin: they belong to the same firm, house or batch of new cars as
listed plates, so their plate fills a gap in a row of listed plates that differ in one character. Finally, a listed
plate that may not enter now (blocked, expired, not started) comes as often as any other listed one.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from functools import lru_cache

from core.plates.alphabet import DIGITS, LATIN
from core.plates.formats import RU_LETTERS

LISTED_SHARE = 0.5
"""Share of arrivals whose plate is on the list. An assumption; at a closed territory it is probably higher."""
KIN_SHARE = 0.1
"""Share of strangers who are kin of listed plates, if every listed plate had kin. An assumption."""
ELSEWHERE_SHARE = 0.1
"""Share of strangers who may have any region, whatever regions the list has. An assumption."""
_CODES = 150
"""Number of region codes over which `ELSEWHERE_SHARE` is spread."""

CLASSES = {"l": RU_LETTERS, "d": DIGITS, "w": LATIN}
_RUSSIAN = frozenset("ld")
_MASK = str.maketrans({**dict.fromkeys(DIGITS, "d"), **dict.fromkeys(RU_LETTERS, "l")})


@lru_cache(maxsize=4096)
def _stem(mask: str) -> int:
    """How many characters of a mask precede its region code; all of them if there is none."""
    stem = mask.rstrip("d")
    return len(stem) if len(mask) >= 7 and len(mask) - len(stem) in (2, 3) else len(mask)


def kind_of(plate: str) -> str:
    """The kind of a canonical plate, such as `ldddll77` or `ddddlld`.

    `d` stands for a digit, `l` for one of the twelve Russian letters; if any other letter occurs, `w` stands for every
    letter. The region code is kept as it is.
    """
    mask = plate.translate(_MASK)
    if not _RUSSIAN.issuperset(mask):
        mask = "".join("d" if char == "d" else "w" for char in mask)
    stem = _stem(mask)
    return mask[:stem] + plate[stem:]


@lru_cache(maxsize=4096)
def size_of(kind: str) -> float:
    """How many different plates of a kind are possible."""
    size = 1.0
    for char in kind:
        size *= len(CLASSES.get(char, "-"))
    return size


def symbols_at(kind: str, place: int) -> str:
    """The symbols possible at a place of a plate of this kind."""
    return CLASSES.get(kind[place], DIGITS)


def anywhere(kind: str, kinds: Mapping[str, int], plates: int) -> float:
    """The chance that a stranger from anywhere has one given plate of `kind`.

    `kinds` counts the list's plates by kind.
    """
    share = (1.0 - ELSEWHERE_SHARE) * kinds.get(kind, 0) / plates if plates else 0.0
    return (share + ELSEWHERE_SHARE / _CODES) / size_of(kind)


def kin(listed: int, symbols: int, plates: int, length: int) -> float:
    """The chance that a stranger who is kin has the plate of one given gap, seen from one place of it.

    At that place, `symbols` symbols are possible and `listed` plates of the list differ from the gap there alone. All
    but one of these show how often a plate of the list itself would have been found in such a gap. A plate has `length`
    places.
    """
    return max(0, listed - 1) / (plates * length * max(1, symbols - listed))


def changed(plate: str, place: int, symbols: str) -> Iterator[str]:
    """The plate with each other symbol of `symbols` at `place`."""
    for symbol in symbols:
        if symbol != plate[place]:
            yield plate[:place] + symbol + plate[place + 1 :]


def prior(plate: str, listed: Container[str], kinds: Mapping[str, int], plates: int) -> float:
    """The chance that the next arrival has this plate.

    `listed` holds `plates` plates. Takes about a hundred look-ups.
    """
    if plates and plate in listed:
        return LISTED_SHARE / plates
    kind = kind_of(plate)
    near = 0.0
    for place in range(len(plate)):
        symbols = symbols_at(kind, place)
        near += kin(
            sum(other in listed for other in changed(plate, place, symbols)), len(symbols), max(1, plates), len(plate)
        )
    return (1.0 - LISTED_SHARE) * ((1.0 - KIN_SHARE) * anywhere(kind, kinds, plates) + KIN_SHARE * near)
