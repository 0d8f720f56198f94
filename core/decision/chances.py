"""The moments of a visit at which the barrier might have been opened, kept so that other thresholds can judge it again.

A moment is one frame that showed the plate and that nothing hindered (not frozen, not old, its turn). Of all of them only those
are kept that another one does not make superfluous: most visits end with one or two (ADR 205). Values; pure.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from core.plates.alphabet import UNSEEN
from core.reading.reading import Candidate

MOST_CHANCES = 5
"""Moments kept of one visit. Beyond them the least certain one goes, and `Chances.all_kept` says so."""

WELL_AGREED = 5
"""So many agreeing pictures are not counted further: only a policy that asks for more could tell them apart."""


@dataclass(frozen=True, slots=True)
class Chance:
    """What was believed at one moment, and which passes were considered, as they held then."""

    after_s: float
    """Since the vehicle was first seen."""
    confidence: float
    accepted: bool
    witnessed: bool
    patient: bool
    """Waiting for better frames was over: a pass with a doubtful character might be tried."""
    masked: str
    format: str | None
    candidates: tuple[Candidate, ...]
    """The best one, and the others within reach that were on the list."""
    doubtful: tuple[int, ...]
    """Places of the best candidate that were not sure."""
    agreeing: int
    """Different pictures that read as the best candidate by themselves, a reading of the camera's own included; at most
    `WELL_AGREED`."""
    reads: int
    """At most `WELL_AGREED`."""
    width_px: int
    passes: tuple[str, ...]
    """The passes of these candidates: plate and line (`core.passes.pass_line`) with a tab between, without the note."""
    standing: str
    """The reason that the list gave for the best candidate."""
    risk: float | None
    """The chance of a stranger, by that list (`core.passes.risk`). None where no pass fits the best candidate."""
    unread: bool = False
    """The list could not be read."""

    @property
    def hopeful(self) -> bool:
        """Whether any policy at all might open at it: a pass fits, and one picture alone bears the plate out."""
        return self.witnessed and any(line.startswith(f"{self.candidates[0].plate}\t") for line in self.passes)


@dataclass(frozen=True, slots=True)
class Chances:
    """Of one visit, in the order of time. Grows by `added`."""

    kept: tuple[Chance, ...] = ()
    all_kept: bool = True
    """False: there were more, and what is not here is not known."""

    def added(self, chance: Chance) -> Chances:
        """With one more moment, and without those that it makes superfluous."""
        if not chance.hopeful:  # of these the surest says why it was refused
            better = any(one.hopeful or one.confidence >= chance.confidence for one in self.kept)
            return self if better else replace(self, kept=(chance,))
        if any(_covers(one, chance) for one in self.kept):
            return self
        kept = (*(one for one in self.kept if one.hopeful and not _covers(chance, one)), chance)
        if len(kept) <= MOST_CHANCES:
            return replace(self, kept=kept)
        least = min(kept, key=lambda one: (one.accepted, one.confidence, one.agreeing))
        return Chances(tuple(one for one in kept if one is not least), all_kept=False)


NO_CHANCES = Chances()


def _covers(one: Chance, other: Chance) -> bool:
    """Whether every policy that would open at `other` would open at `one`: the same passes, and no evidence is weaker."""
    best, its = one.candidates[0], other.candidates[0]
    rivals = {rival.plate: rival.probability for rival in other.candidates[1:]}
    return (
        (best.plate, one.format, one.passes, one.standing, one.unread)
        == (its.plate, other.format, other.passes, other.standing, other.unread)
        and one.confidence >= other.confidence
        and best.probability >= its.probability
        and (one.accepted, one.witnessed, one.patient) == (
            one.accepted or other.accepted, one.witnessed or other.witnessed, one.patient or other.patient
        )
        and one.masked.count(UNSEEN) <= other.masked.count(UNSEEN)
        and set(one.doubtful) <= set(other.doubtful)
        and all(rival.probability <= rivals.get(rival.plate, 0.0) for rival in one.candidates[1:])
        and one.agreeing >= other.agreeing
        and one.reads >= other.reads
        and (one.agreeing >= WELL_AGREED or one.width_px >= other.width_px)  # a wide plate needs no agreement
        and (1.0 if one.risk is None else one.risk) <= (1.0 if other.risk is None else other.risk)
    )  # fmt: skip
