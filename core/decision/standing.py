"""Does this plate's pass hold now, and if not, why? The one rule behind the gate, its pages and the portal.

What a camera read, and how surely, is not asked here (see `core.decision.decide`). An exit never asks at all.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from core.decision.record import TraceStep
from core.decision.trace import Rule, step_of
from core.instant import Instant
from core.passes.pass_list import Pass, PassList, PassSource
from core.rules.policy import Policy
from core.words.reasons import USED_UP, Reason

AHEAD_S = 86400.0
"""By how much a list's time may be ahead of ours, because clocks are corrected. Further ahead, its age is not known."""
FAR = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Standing:
    """What a plate's passes together say: the reason, the pass that decided, and the rule."""

    opens: bool
    reason: Reason
    item: Pass
    step: TraceStep

    @property
    def used_up(self) -> bool:
        """Whether it was a one-time pass already used. An expired pass has the same reason; this tells them apart."""
        return self.step.rule == Rule.PASS_USED


@dataclass(frozen=True, slots=True)
class PlateStanding:
    """What a whole list says about a plate, considering its age and the clock. `trace` is in the order of the rules."""

    opens: bool
    reason: Reason
    item: Pass | None
    """The pass that decided. None for a plate that is not listed, or if the list could not be read."""
    used_up: bool
    trace: tuple[TraceStep, ...]

    @property
    def word(self) -> str:
        """The reason as a key of `core.words.reasons.WORDS`, in which a used-up pass differs from an expired one."""
        return USED_UP if self.used_up else self.reason.value


def standing_of(
    plate: str, passes: PassList, at: Instant, *, policy: Policy, consumed: frozenset[str] = frozenset()
) -> PlateStanding:
    """What `passes` says about the canonical `plate` at `at`.

    `consumed`: one-time passes used since the list was made.
    """
    about = tuple(_clock_and_list(passes, at))
    items = passes.for_plate(plate)
    if passes.unread:  # absence from a list that could not be read says nothing about the plate
        trace = (step_of(Rule.LIST_UNREAD, at.mono, plate=plate), *about)
        return PlateStanding(False, Reason.NO_LIST, None, used_up=False, trace=trace)
    if not items:
        trace = (step_of(Rule.NOT_LISTED, at.mono, plate=plate), *about)
        return PlateStanding(False, Reason.NO_PASS, None, used_up=False, trace=trace)
    trace = (step_of(Rule.EXACT_MATCH, at.mono, plate=plate, pass_=items[0].id), *about)
    fresh = [item for item in items if not _stale(item, passes, at, policy)]
    if len(fresh) < len(items):
        age = list_age_s(passes, at)
        unknown = step_of(Rule.LIST_AGE_UNKNOWN, at.mono)
        trace += (unknown if age is None else step_of(Rule.LIST_TOO_OLD, at.mono, age=_hours(age)),)
    if not fresh:
        return PlateStanding(False, Reason.NO_PASS, items[0], used_up=False, trace=trace)
    standing = stand(fresh, at, consumed=consumed)
    return PlateStanding(
        standing.opens, standing.reason, standing.item, used_up=standing.used_up, trace=(*trace, standing.step)
    )


def stand(items: Iterable[Pass], at: Instant, *, consumed: frozenset[str] = frozenset()) -> Standing:
    """What the passes of one plate say at `at`: the union of their periods, unless the plate is blocked.

    Of several refusals the most hopeful is named: not started (or outside its hours), then over, then used, then
    withdrawn. If the clock is not trusted, `at.wall` is the floor time, and the true time may be later. A permission
    that holds at the floor counts as not over yet, and a prohibition may have begun. The hour of the day is then
    unknown, so passes with hours do not hold. `items` must not be empty.
    """
    items = tuple(items)
    refusals: list[tuple[int, datetime, Standing]] = []
    holding: list[Standing] = []
    for item in items:
        if item.blocked:
            if _prohibits(item, at):
                step = step_of(Rule.PLATE_BLOCKED, at.mono, plate=item.plate, pass_=item.id)
                return Standing(False, Reason.BLOCKED, item, step)
        elif (refusal := _refusal(item, at, consumed)) is not None:
            refusals.append(refusal)
        else:
            reason = Reason.PASS_VALID if item.source is PassSource.CLOUD else Reason.LOCAL_LIST
            period = f"{_moment_text(item.valid_from)} – {_moment_text(item.valid_until)}"
            holding.append(
                Standing(True, reason, item, step_of(Rule.PASS_HOLDS, at.mono, pass_=item.id, period=period))
            )
    if holding:
        return min(holding, key=_preferred)
    if refusals:
        return min(refusals, key=lambda entry: (entry[0], entry[1], entry[2].item.id))[2]
    only = items[0]  # only prohibitions that are over or lifted: nobody has issued a pass for this plate
    return Standing(False, Reason.NO_PASS, only, step_of(Rule.NOT_LISTED, at.mono, plate=only.plate))


def _refusal(item: Pass, at: Instant, consumed: frozenset[str]) -> tuple[int, datetime, Standing] | None:
    """Why this permission does not hold at `at`, with its sort key among other refusals. None if it holds."""
    now = at.wall
    if item.used or item.id in consumed:
        step = step_of(Rule.PASS_USED, at.mono, pass_=item.id)
        return 2, now, Standing(False, Reason.PASS_EXPIRED, item, step)
    if item.revoked:
        return 3, now, Standing(False, Reason.PASS_REVOKED, item, step_of(Rule.PASS_REVOKED, at.mono, pass_=item.id))
    if item.over(now):
        step = step_of(Rule.PASS_OVER, at.mono, pass_=item.id, end=_moment_text(item.valid_until))
        return 1, now, Standing(False, Reason.PASS_EXPIRED, item, step)
    if not item.started(now):
        step = step_of(Rule.PASS_NOT_STARTED, at.mono, pass_=item.id, start=_moment_text(item.valid_from))
        return 0, item.valid_from or now, Standing(False, Reason.PASS_NOT_STARTED, item, step)
    if item.hours is None or (at.wall_trusted and item.hours.holds(now)):
        return None
    hours = item.hours.text()
    if not at.wall_trusted:  # the floor tells what has begun, not the hour of the day
        step = step_of(Rule.HOURS_UNKNOWN, at.mono, pass_=item.id, hours=hours)
        return 0, FAR, Standing(False, Reason.OUTSIDE_HOURS, item, step)
    begins = item.hours.next_begin(now)
    step = step_of(Rule.OUTSIDE_HOURS, at.mono, pass_=item.id, hours=hours, start=_moment_text(begins))
    return 0, begins or FAR, Standing(False, Reason.OUTSIDE_HOURS, item, step)


def list_age_s(passes: PassList, at: Instant) -> float | None:
    """Seconds since the cloud's part of the list was last known to be current.

    None if nobody knows: a purely local list, one whose time was damaged, or was told by a clock that ran ahead.
    """
    return since_s(passes.fetched_at, at.wall)


def since_s(moment: datetime | None, now: datetime) -> float | None:
    """Seconds from `moment` to `now`; None if unknown. A moment that is yet to come says nothing of how long ago it was."""
    if moment is None or (gone_s := (now - moment).total_seconds()) < -AHEAD_S:
        return None
    return max(0.0, gone_s)


def _prohibits(item: Pass, at: Instant) -> bool:
    begun = item.started(at.wall) or not at.wall_trusted
    return begun and not item.revoked and not item.over(at.wall)


def _preferred(standing: Standing) -> tuple[bool, bool, str]:
    """Sort key: lasting passes before one-time ones, the cloud's before local ones, then by id."""
    item = standing.item
    return (item.one_time, item.source is not PassSource.CLOUD, item.id)


def _stale(item: Pass, passes: PassList, at: Instant, policy: Policy) -> bool:
    """Whether the list is too old for this pass, or nobody knows that it is not.

    Prohibitions and local passes never go stale.
    """
    limit_h = policy.list_max_age_open_ended_h if item.open_ended else policy.list_max_age_h
    if item.source is PassSource.LOCAL or item.blocked or limit_h <= 0.0:
        return False
    age_s = list_age_s(passes, at)
    return age_s is None or age_s > limit_h * 3600.0


def _clock_and_list(passes: PassList, at: Instant) -> Iterable[TraceStep]:
    if not at.wall_trusted:
        yield step_of(Rule.CLOCK_UNTRUSTED, at.mono, floor=_moment_text(at.wall))
    if (age_s := list_age_s(passes, at)) is not None:
        yield step_of(Rule.LIST_AGE, at.mono, version=passes.version or "?", age=_hours(age_s))


def _hours(age_s: float) -> str:
    """Whole hours, so that a trace does not grow with every second."""
    return f"{int(age_s // 3600)} h"


def _moment_text(moment: datetime | None) -> str:
    return "…" if moment is None else moment.isoformat(timespec="minutes")
