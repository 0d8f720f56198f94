"""Random plate texts from the grammars of `core.plates.formats`."""

from __future__ import annotations

from typing import Final

import numpy as np

from core.plates.alphabet import CYRILLIC_ONLY, DIGITS
from core.plates.formats import FORMATS, PlateFormat
from core.plates.regions import REGIONS

_AMBIGUOUS: Final = str.maketrans("", "", "OIQ")
"""Where a letter or a digit is allowed, countries avoid those that look like the other."""
_CONFUSED: Final = frozenset("IJQODGNWVUSZЖИЛПФЦЧШЩЭЮ")
"""Letters that readers confuse. Most occur on few kinds of plates, so they would be too rare by chance alone."""
INVENTED_REGION: Final = 0.1
"""Share of non-existent region codes: the reader must report what is there; only the decoder knows the codes."""


TOLD_APART: Final = 0.1
"""Share of letters that are I or T where both are allowed: an I with serifs is a T with a foot."""
LOOK_ALIKE: Final = 0.25
"""In training, share of letters drawn from those that readers confuse."""


def random_text(rng: np.random.Generator, format_id: str, *, issued: bool = False) -> tuple[str, str]:
    """A canonical text of this format and the pattern it follows.

    Training emphasises what is hard: look-alike letters and non-existent region codes. `issued` draws what occurs on
    the road: all letters equally likely, and only codes in use.
    """
    plate_format = FORMATS[format_id]
    pattern = plate_format.patterns[rng.integers(len(plate_format.patterns))]
    return _filled(rng, plate_format, pattern, issued=issued), pattern


def pattern_of(format_id: str, text: str) -> str:
    """The pattern that `text` follows. Raises ValueError if it follows none."""
    pattern = FORMATS[format_id].match(text)
    if pattern is None:
        message = f"{text!r} is no plate of the format {format_id}"
        raise ValueError(message)
    return pattern


def _filled(rng: np.random.Generator, plate_format: PlateFormat, pattern: str, *, issued: bool) -> str:
    codes = sorted(c for c in REGIONS.get(plate_format.regions, ()) if len(c) == pattern.count("R"))
    invented = not codes or (not issued and rng.random() < INVENTED_REGION)
    plain = plate_format.symbols("X").translate(_AMBIGUOUS)
    region = iter("" if invented else str(codes[rng.integers(len(codes))]))
    out: list[str] = []
    for slot in pattern:
        if slot == "R":
            out.append(next(region, None) or DIGITS[rng.integers(10)])
        elif slot == "L":
            out.append(_letter(rng, plate_format.letters, issued=issued))
        elif slot == "X":
            out.append(plain[rng.integers(len(plain))])
        else:
            symbols = plate_format.symbols(slot)
            out.append(symbols[rng.integers(len(symbols))])
    # Belgium's index and Czechia's first digit begin at 1; no other plates begin like that, so 0 would be read as O.
    if issued and pattern.startswith("DL"):
        out[0] = DIGITS[rng.integers(1, 10)]
    if "D" in pattern and {c for c, s in zip(out, pattern, strict=True) if s == "D"} == {"0"}:
        out[pattern.index("D")] = DIGITS[rng.integers(1, 10)]
    return "".join(out)


def _letter(rng: np.random.Generator, letters: str, *, issued: bool) -> str:
    if not issued:
        if "I" in letters and "T" in letters and rng.random() < TOLD_APART:
            return "IT"[rng.integers(2)]
        confused = [letter for letter in letters if letter in _CONFUSED]
        if confused and rng.random() < LOOK_ALIKE:
            return confused[rng.integers(len(confused))]
        if rng.random() < 0.5:  # other Cyrillic letters are rare even where allowed; otherwise look-alikes would starve
            letters = "".join(c for c in letters if c not in CYRILLIC_ONLY)
    return letters[rng.integers(len(letters))]
