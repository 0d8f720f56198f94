"""The rules that decide, as codes, and the trace of a visit: which rules applied, when, and with which facts."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from core.decision.record import TraceStep


class Rule(StrEnum):
    """Codes of `TraceStep.rule`."""

    SIGHTED = "sighted"
    SEEN = "seen"
    READ = "read"
    EXACT_MATCH = "exact_match"
    NEAR_MATCH = "near_match"
    TWO_WITHIN_REACH = "two_within_reach"
    REGION_HIDDEN = "region_hidden"
    NOT_BORNE_OUT = "not_borne_out"
    NOT_LISTED = "not_listed"
    LIST_UNREAD = "list_unread"
    PASS_HOLDS = "pass_holds"
    PASS_NOT_STARTED = "pass_not_started"
    OUTSIDE_HOURS = "outside_hours"
    HOURS_UNKNOWN = "hours_unknown"
    PASS_OVER = "pass_over"
    PASS_USED = "pass_used"
    PASS_REVOKED = "pass_revoked"
    PLATE_BLOCKED = "plate_blocked"
    ALREADY_INSIDE = "already_inside"
    LIST_AGE = "list_age"
    LIST_TOO_OLD = "list_too_old"
    LIST_AGE_UNKNOWN = "list_age_unknown"
    CLOCK_UNTRUSTED = "clock_untrusted"
    EXIT_FREE = "exit_free"
    NO_CONSENSUS = "no_consensus"
    LOW_CONFIDENCE = "low_confidence"
    UNREADABLE = "unreadable"
    FRAME_TOO_OLD = "frame_too_old"
    FRAME_FROZEN = "frame_frozen"
    NO_PLATE_NOW = "no_plate_now"
    NOT_ARRIVED = "not_arrived"
    BEHIND = "behind"
    CONVOY = "convoy"
    CAMERA_AGREES = "camera_agrees"
    CAMERA_DIFFERS = "camera_differs"
    CAMERA_STALE = "camera_stale"
    ASKED = "asked"
    ANSWERED = "answered"
    OPENED_BY = "opened_by"
    STILL_THERE = "still_there"
    PARKED = "parked"
    KEPT_IN = "kept_in"
    PASSAGE = "passage"
    CONSUMED = "consumed"
    GONE = "gone"
    STOPPED = "stopped"
    CUT_OFF = "cut_off"


def step_of(rule: Rule, mono: float, **facts: str) -> TraceStep:
    """A trace step. Facts keep the order given; a trailing underscore of a name is dropped (`pass_`)."""
    return TraceStep(rule.value, mono, tuple((name.rstrip("_"), value) for name, value in facts.items()))


def extended(trace: tuple[TraceStep, ...], steps: Iterable[TraceStep], *, most: int = 40) -> tuple[TraceStep, ...]:
    """The trace with the steps that say something new; a rule with the same facts is kept once.

    When it is full, the first half stays (how it began), and the oldest step of the second half is dropped.
    """
    grown = list(trace)
    for step in steps:
        if any(old.rule == step.rule and old.facts == step.facts for old in grown):
            continue
        if len(grown) >= most:
            del grown[most // 2]
        grown.append(step)
    return tuple(grown)
