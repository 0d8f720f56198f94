"""Plates that were hardly meant as they were typed: asked about before they are saved. Pure; what a plate is, core knows.

A warning is a question, never a refusal: guests come from everywhere, and new region codes every year.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from cloud.plates import PlateInvalid, TypedPlate, read_plate, show_plate
from core.formats import FORMATS, PlateFormat, region_span
from core.regions import REGIONS

Warning_ = tuple[str, dict[str, str]]
"""A text of the catalogue and its facts."""

_COUNTRY = re.compile(r"[\s\-/|]*RUS\s*$", re.IGNORECASE)
_LONG_REGION = re.compile(r"[ABEKMHOPCTYX]\d{3}[ABEKMHOPCTYX]{2}\d{4,}")
_SWAPS = str.maketrans("0O", "O0")


def read_typed(typed: str) -> TypedPlate:
    """As `read_plate`; the «RUS» that stands under the region of a Russian plate is no part of it."""
    bare = _COUNTRY.sub("", typed)
    if bare != typed:
        try:
            plate = read_plate(bare)
        except PlateInvalid:
            return read_plate(typed)
        if plate.russian:
            return plate
    return read_plate(typed)


def warnings(plate: TypedPlate) -> tuple[Warning_, ...]:
    """What is odd about a plate."""
    return tuple(_warnings(plate.canonical))


def _warnings(canonical: str) -> Iterator[Warning_]:
    if (meant := _meant(canonical)) is not None:
        yield "Возможно, это {plate}: букву О и цифру 0 легко спутать.", {"plate": show_plate(meant)}
        return
    fitting = [found for known in FORMATS.values() if (found := known.match(canonical)) is not None]
    if not fitting:
        if _LONG_REGION.fullmatch(canonical):
            yield "В коде региона не больше трёх цифр.", {}
        else:
            yield "Номер не похож ни на один известный. Такой шлагбаум может не прочитать.", {}
        return
    yield from _odd_russian(canonical)


def _odd_russian(canonical: str) -> Iterator[Warning_]:
    """A plate that only Russian formats fit, with a region or a number that nobody has."""
    fitting = [known for known in FORMATS.values() if known.match(canonical) is not None]
    if any(known.country != "RU" for known in fitting):
        return
    codes = {code for known in fitting for code in _region(known, canonical)}
    if codes and not codes & REGIONS["ru"]:
        yield "Кода региона {region} нет в списке.", {"region": min(codes)}
    if re.fullmatch(r"[ABEKMHOPCTYX]000[ABEKMHOPCTYX]{2}\d{2,3}", canonical):
        yield "Номера 000 не бывает.", {}


def _region(known: PlateFormat, canonical: str) -> Iterator[str]:
    pattern = known.match(canonical)
    if pattern is not None and (span := region_span(pattern)) is not None:
        yield canonical[span[0] : span[1]]


def _meant(canonical: str) -> str | None:
    """The common Russian plate that this becomes when an О and a 0 change places, unless it is one already."""
    common = FORMATS["ru_1"]
    if common.match(canonical) is not None:
        return None
    for pattern in common.patterns:
        if len(pattern) != len(canonical):
            continue
        turned = "".join(
            sign if sign in common.symbols(slot) else sign.translate(_SWAPS)
            for sign, slot in zip(canonical, pattern, strict=True)
        )
        if turned != canonical and common.match(turned) is not None:
            return turned
    return None
