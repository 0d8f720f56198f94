"""What is believed of a plate after decoding one read or the fused reads of a visit."""

from __future__ import annotations

from dataclasses import dataclass

from core.plates.alphabet import UNSEEN


@dataclass(frozen=True, slots=True)
class SlotEvidence:
    """What the reads say of one character: the best symbol, the second, their probabilities."""

    symbol: str
    probability: float
    second: str
    second_probability: float
    erased: bool
    """Too uncertain to be told: shown as `?`."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One plate that the reads allow, with its posterior probability."""

    plate: str
    probability: float
    format: str | None
    """Id in `core.plates.formats.FORMATS`, None for a plate outside every grammar."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A posterior over plates, with its best string taken out.

    `text` is canonical and complete (the best guess even at an erased place); empty when nothing was read. `masked`
    shows `?` for erased characters, and one more where a further character may stand that nobody saw.
    """

    text: str
    masked: str
    display: str
    confidence: float
    """Calibrated probability that `text` is the plate."""
    accepted: bool
    """Sure enough, and under a known grammar, to be told as a plate without a warning."""
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
