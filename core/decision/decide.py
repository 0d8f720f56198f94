"""May this plate pass now? The gate's whole rule as a pure function, with the reason and the facts behind it.

It does not ask whether there is enough evidence (how many frames, how fresh); the visit does that. An exit is free
before anything else is looked at, so a broken list or a wrong clock cannot hold a car.
"""

from __future__ import annotations

from dataclasses import dataclass

from core.decision.record import TraceStep
from core.decision.standing import standing_of
from core.decision.trace import Rule, step_of
from core.instant import Instant
from core.passes.pass_list import Pass, PassList
from core.passes.risk import stranger_chance
from core.plates.formats import FORMATS, lacks_region, region_span
from core.reading.reading import Candidate, Reading
from core.rules.policy import Direction, Policy
from core.words.reasons import Reason

REACH = 0.02
"""A listed plate is within reach of a reading if it is a candidate of at least this probability."""
NAMEABLE = 0.30
"""A reading with less confidence than this names no plate: the vehicle is unreadable."""
SHORTEST_PLATE = 4
"""A shorter text is no plate either: it is part of one, or of a badge."""
MOST_ERASURES = 2
SURE_PLACE = 0.9
"""A character with a lower probability than this is in doubt."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the rules say about a reading at one moment."""

    opens: bool
    reason: Reason
    plate: str | None = None
    """The canonical plate to name; if a pass matched, the plate of that pass."""
    confidence: float = 0.0
    item: Pass | None = None
    trace: tuple[TraceStep, ...] = ()


def judge(
    reading: Reading,
    passes: PassList,
    at: Instant,
    *,
    direction: Direction,
    policy: Policy,
    consumed: frozenset[str] = frozenset(),
    near: bool = False,
    risk: float | None = None,
) -> Judgement:
    """The decision for a vehicle whose reads make `reading`.

    `consumed`: ids of one-time passes used but still on the list. `near`: waiting for better frames is over, so a pass
    whose plate was read with a doubtful character may be tried. `risk`: the chance of a stranger, where it is known already
    (a visit that is decided again has not the whole list at hand).
    """
    nameable = reading.confidence >= NAMEABLE and reading.erasures <= MOST_ERASURES
    named = reading.text if nameable and len(reading.text) >= SHORTEST_PLATE else None
    if direction is Direction.EXIT:
        return Judgement(
            opens=True,
            reason=Reason.EXIT_FREE,
            plate=named,
            confidence=reading.confidence if named else 0.0,
            item=_pass_to_name(passes, named),
            trace=(step_of(Rule.EXIT_FREE, at.mono),),
        )
    sure = named is not None and reading.confidence >= policy.open_confidence
    matched = None
    if sure:
        matched = _judge_plate(reading.text, reading.confidence, passes, at, policy=policy, consumed=consumed)
        if not matched.opens or reading.accepted:
            return matched
    if near and reading.text:
        close = _judge_near(reading, passes, at, policy=policy, consumed=consumed, risk=risk)
        if close is not None:
            return close
    if matched is not None:
        return _not_borne_out(reading, matched, at)
    if named is None:
        why = "no plate" if not reading.text else f"{reading.masked}, {reading.confidence:.2f}"
        return Judgement(False, Reason.UNREADABLE, trace=(step_of(Rule.UNREADABLE, at.mono, why=why),))
    step = step_of(
        Rule.LOW_CONFIDENCE, at.mono, confidence=f"{reading.confidence:.2f}", needed=f"{policy.open_confidence:.2f}"
    )
    return Judgement(False, Reason.LOW_CONFIDENCE, named, reading.confidence, trace=(step,))


def _pass_to_name(passes: PassList, plate: str | None) -> Pass | None:
    """The pass of a leaving plate, for the record only."""
    return next((item for item in passes.for_plate(plate)), None) if plate is not None else None


def _judge_plate(
    plate: str, confidence: float, passes: PassList, at: Instant, *, policy: Policy, consumed: frozenset[str]
) -> Judgement:
    """The decision for a plate that is known for sure."""
    standing = standing_of(plate, passes, at, policy=policy, consumed=consumed)
    return Judgement(standing.opens, standing.reason, plate, confidence, standing.item, standing.trace)


def _not_borne_out(reading: Reading, matched: Judgement, at: Instant) -> Judgement:
    """The refusal when a pass fits a reading that is not accepted, however sure the pictures are together.

    A hidden region code has its own rule: the plate looks like one with a region. Such texts cannot be matched, because
    passes without a region exist: neighbouring states issue such plates, and people leave the code out of their own.
    """
    hidden = lacks_region(reading.text)
    rule, shown = (Rule.REGION_HIDDEN, reading.text) if hidden else (Rule.NOT_BORNE_OUT, reading.masked)
    step = step_of(rule, at.mono, plate=shown)
    return Judgement(False, Reason.LOW_CONFIDENCE, matched.plate, matched.confidence, trace=(step,))


def _judge_near(
    reading: Reading,
    passes: PassList,
    at: Instant,
    *,
    policy: Policy,
    consumed: frozenset[str],
    risk: float | None,
) -> Judgement | None:
    """A pass whose plate was read, but not beyond doubt. None if the list has nothing to say.

    The list only decides about what was read. A pass for a plate other than the best candidate does not count; two
    passes within reach of the reading are a reason to refuse. No character may be erased, and at least one single
    picture must have been acceptable: on drawn tracks, one in ten sums of unacceptable pictures was wrong (ADR 59).
    What the list does tell is how likely a stranger with such a similar plate is, and that risk must stay within the
    site's budget.
    """
    best = reading.candidates[0]
    within = [
        candidate
        for candidate in reading.candidates
        if candidate.plate in passes and within_reach(candidate, best, reading, policy.near_max_characters)
    ]
    if len(within) > 1:
        one, other = sorted(candidate.plate for candidate in within[:2])
        step = step_of(Rule.TWO_WITHIN_REACH, at.mono, read=reading.masked, one=one, other=other)
        named = best.plate if best.probability >= NAMEABLE else None
        return Judgement(False, Reason.AMBIGUOUS, named, reading.confidence if named else 0.0, trace=(step,))
    legible = reading.witnessed and reading.format is not None and not reading.erasures and best.probability >= NAMEABLE
    if within != [best] or not legible or lacks_region(best.plate):
        return None
    risk = stranger_chance(reading, passes) if risk is None else risk
    if risk > policy.false_open_budget:
        return None
    judgement = _judge_plate(best.plate, best.probability, passes, at, policy=policy, consumed=consumed)
    step = step_of(
        Rule.NEAR_MATCH, at.mono, read=reading.masked, plate=best.plate,
        pass_=judgement.item.id if judgement.item else "", risk=f"{risk:.1e}", budget=f"{policy.false_open_budget:.4f}",
    )  # fmt: skip
    return Judgement(
        judgement.opens, judgement.reason, best.plate, best.probability, judgement.item, (step, *judgement.trace)
    )


def within_reach(candidate: Candidate, best: Candidate, reading: Reading, most: int) -> bool:
    """Whether a reading whose best string is `best` may mean a pass for `candidate`.

    Never for another format, never with a doubtful region code, never for a doubtful plate of another country.
    """
    if candidate.probability < REACH or candidate.format != best.format or len(candidate.plate) != len(best.plate):
        return False
    doubtful = {i for i, slot in enumerate(reading.slots) if slot.erased or slot.probability < SURE_PLACE}
    doubtful |= {i for i, (a, b) in enumerate(zip(candidate.plate, best.plate, strict=True)) if a != b}
    if not doubtful:
        return True
    plate_format = FORMATS[candidate.format] if candidate.format is not None else None
    pattern = plate_format.match(candidate.plate) if plate_format is not None else None
    if plate_format is None or plate_format.country != "RU" or pattern is None:
        return False
    region = region_span(pattern) or (len(pattern), len(pattern))
    return len(doubtful) <= most and not any(region[0] <= i < region[1] for i in doubtful)
