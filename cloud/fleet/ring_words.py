"""Rings as a person writes them: `gate:12`, `territory:123-456`, `10%`, `all`, or several separated by commas.

`:M` at the end requires M proven gates before the next ring opens.
"""

from __future__ import annotations

import re

from cloud.domain.errors import Invalid
from cloud.fleet.rings import WHOLE, Ring

_SHARE = re.compile(r"(\d{1,3}(?:\.\d{1,2})?)%")


def read_ring(text: str) -> Ring:
    """Parses one ring. Raises `Invalid`."""
    parts = [part.strip() for part in text.split(",") if part.strip()]
    gates: set[int] = set()
    territories: set[str] = set()
    share, least = 0, 1
    for number, part in enumerate(parts):
        word, least_here = _split(part)
        if least_here is not None and number == len(parts) - 1:
            least = least_here
        kind, _, value = word.partition(":")
        if kind == "gate" and value.isdecimal() and len(value) < 10:
            gates.add(int(value))
        elif kind == "territory" and re.fullmatch(r"\d{3}-\d{3}", value):
            territories.add(value)
        elif word == "all":
            share = WHOLE
        elif (found := _SHARE.fullmatch(word)) and 0 < float(found[1]) <= 100:
            share = round(float(found[1]) * 100)
        else:
            raise Invalid(
                "",
                "--ring {typed}: бывает gate:N, territory:123-456, 10% и all, через запятую, и :M в конце",
                typed=text,
            )
    if not parts or least < 1 or (not territories and not share and least > len(gates)):
        raise Invalid("", "--ring {typed}: столько проверенных в кольце не наберётся", typed=text)
    return Ring(frozenset(gates), frozenset(territories), share, least)


def ring_words(ring: Ring) -> str:
    """The ring as a person would write it."""
    parts = [
        *(f"gate:{gate}" for gate in sorted(ring.gates)),
        *(f"territory:{code}" for code in sorted(ring.territories)),
    ]
    if ring.share:
        parts.append("all" if ring.share == WHOLE else f"{ring.share / 100:g}%")
    return f"{','.join(parts)}:{ring.at_least}"


def _split(part: str) -> tuple[str, int | None]:
    """A part without its `:M`, and M; None if the part has no `:M`."""
    match = re.fullmatch(r"((?:gate:\d+|territory:[\d-]+|all|[\d.]+%))(?::(\d{1,6}))?", part)
    return (part, None) if match is None else (match[1], None if match[2] is None else int(match[2]))
