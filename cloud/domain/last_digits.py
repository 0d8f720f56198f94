"""What people mean by the last digits of a plate: the end of its number, with the region code only if they said that too."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from core.plates import canonical

REGION_LENGTHS = (2, 3)


class Fit(StrEnum):
    """How the digits fit a plate."""

    WHOLE = "whole"
    """All digits of its number."""
    REGION = "region"
    """The end of its number together with its whole region code."""
    END = "end"
    """Only the end of its number."""
    UNSURE = "unsure"
    """Only if its digits are divided into number and region in one of several ways."""


@dataclass(frozen=True, slots=True)
class Fitting:
    """How the digits fit, and how many of them tell cars of the number apart: one car in 10^`digits` has these by chance."""

    fit: Fit
    digits: int

    @property
    def one_in(self) -> int:
        return int(10**self.digits)


def fitting(digits: str, plate: str, *, read_as: str | None = None) -> Fitting | None:
    """Whether `digits` are the last ones of the canonical `plate`; None: they are not. `read_as`: its format, if known."""
    if not digits or not canonical.is_canonical(plate):
        return None
    split = canonical.parts(plate, read_as=read_as)
    runs = re.findall(r"[0-9]+", "".join(split.groups))
    if not runs:
        return None
    if split.region:
        return _fits(digits, runs[-1], split.region)
    if not split.groups[-1][-1].isdecimal():  # letters end it: no region stands behind its number
        return _fits(digits, runs[-1], "")
    ways = {(run, "") for run in runs} | {(runs[-1][:-n], runs[-1][-n:]) for n in REGION_LENGTHS if len(runs[-1]) > n}
    found = [one for way in ways if (one := _fits(digits, *way)) is not None]
    return Fitting(Fit.UNSURE, min(one.digits for one in found)) if found else None


def _fits(digits: str, number: str, region: str) -> Fitting | None:
    if digits == number:
        return Fitting(Fit.WHOLE, len(number))
    if number.endswith(digits):
        return Fitting(Fit.END, len(digits))
    own = len(digits) - len(region)
    if region and own > 0 and (number + region).endswith(digits):
        return Fitting(Fit.REGION, own)
    return None
