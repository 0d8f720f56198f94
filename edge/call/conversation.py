"""The gate's side of one call: what the cloud says in, what has to be done out. Pure.

The cloud owns who may talk. The gate follows: it answers the newest offer, lets go of the connection of an older one, and
ends when it is told so, or when the cloud was silent for so long that nobody can know any more.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from sync.call_wire import CallTold, IceServer

SILENT_RINGING_S = 45.0
"""Without a word of the cloud a call that rings is over after its time."""
SILENT_TALKING_S = 600.0
"""A talk goes on without the cloud while it flows, but no longer than any talk may."""
SILENT_BROKEN_S = 120.0
"""The same once nothing flows."""
LONGEST_S = 900.0
"""No call is longer, whatever the cloud says: it lets one ring for 45 s and go on for 10 minutes (`cloud.calls.course`)."""


@dataclass(frozen=True, slots=True)
class Connect:
    """Answer this offer, in place of any earlier one."""

    attempt: int
    offer: str
    ice: tuple[IceServer, ...]


@dataclass(frozen=True, slots=True)
class Over:
    """The call has ended."""

    ending: str


Action = Connect | Over


@dataclass(frozen=True, slots=True)
class Conversation:
    """Times are of CLOCK_MONOTONIC, in seconds."""

    begun: float
    heard: float
    """When the cloud said something last."""
    version: int = 0
    """Of what it said."""
    attempt: int = 0
    """The offer that was taken up last."""
    by: str = ""
    answered: float | None = None
    ending: str = ""

    @property
    def rings(self) -> bool:
        return self.answered is None and not self.ending


def told(state: Conversation, said: CallTold, now: float) -> tuple[Conversation, Action | None]:
    """The cloud says how the call stands. What it said before, and an end that is known, change nothing."""
    if state.ending or said.version < state.version:
        return state, None
    state = replace(state, heard=now, version=said.version, by=said.by or state.by)
    if said.phase == "ended":
        state = replace(state, ending=said.ending or "gate")
        return state, Over(state.ending)
    if now - state.begun >= LONGEST_S:
        return replace(state, ending="too_long"), Over("too_long")
    if said.phase == "answered" and state.answered is None:
        state = replace(state, answered=now)
    if said.phase == "answered" and said.offer and said.attempt > state.attempt:
        return replace(state, attempt=said.attempt), Connect(said.attempt, said.offer, said.ice)
    return state, None


def silent(state: Conversation, now: float, *, flows: bool) -> tuple[Conversation, Over | None]:
    """The cloud did not answer; `flows`: something has come through the connection lately."""
    if state.ending:
        return state, None
    patience_s = SILENT_RINGING_S if state.answered is None else SILENT_TALKING_S if flows else SILENT_BROKEN_S
    if now - state.heard < patience_s:
        return state, None
    return replace(state, ending="gate_lost"), Over("gate_lost")


def refused(state: Conversation) -> tuple[Conversation, Over]:
    """The cloud will not have this call."""
    return replace(state, ending="refused"), Over("refused")


def hung_up(state: Conversation) -> Conversation:
    """The gate itself ends it."""
    return state if state.ending else replace(state, ending="gate")
