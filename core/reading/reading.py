"""What is believed of a plate after decoding one read, or the fused reads of a visit."""

from __future__ import annotations

from dataclasses import dataclass

from core.plates.alphabet import UNSEEN


@dataclass(frozen=True, slots=True)
class SlotEvidence:
    """What the reads say of one character: the best symbol, the second, and their probabilities."""

    symbol: str
    probability: float
    second: str
    second_probability: float
    erased: bool
    """Too uncertain to be named: shown as `?`."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One plate that fits the reads, with its posterior probability."""

    plate: str
    probability: float
    format: str | None
    """Id in `core.plates.formats.FORMATS`; None for a plate outside every grammar."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A posterior over plates, with its best string.

    `text` is canonical and complete: erased places hold the best guess. It is empty if nothing was read. `masked` shows
    `?` for each erased character, and one more at the end if a further character may stand there unseen.
    """

    text: str
    masked: str
    display: str
    confidence: float
    """Calibrated probability that `text` is the plate."""
    accepted: bool
    """Sure enough, and within a known grammar, to be named as a plate without a warning."""
    format: str | None
    country: str | None
    slots: tuple[SlotEvidence, ...]
    candidates: tuple[Candidate, ...]
    """Best first; the first is `text`."""
    witnessed: bool = True
    """Of a fused reading: one picture alone reads `text` and would be accepted."""

    @property
    def erasures(self) -> int:
        return self.masked.count(UNSEEN)


NOTHING = Reading("", "", "", 0.0, accepted=False, format=None, country=None, slots=(), candidates=())
"""No character was read."""
