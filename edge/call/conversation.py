"""The gate's side of one call: the cloud's messages in, actions out. Pure.

The cloud owns who may talk. The gate follows: it answers the newest offer and drops the connection of an older one. It
ends the call when told to, or when the cloud has been silent for too long.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from sync.call_wire import CallTold, IceServer

SILENT_RINGING_S = 45.0
"""A ringing call ends after this long without word from the cloud."""
SILENT_TALKING_S = 600.0
"""A talk goes on without the cloud while media flow, but no longer than any talk may last."""
SILENT_BROKEN_S = 120.0
"""The same once no media flow."""
LONGEST_S = 900.0
"""Upper limit, whatever the cloud says. The cloud allows 45 s of ringing and 10 minutes (`cloud.calls.course`)."""


@dataclass(frozen=True, slots=True)
class Connect:
    """Answer this offer; it replaces any earlier one."""

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
    """State of one call. Times are CLOCK_MONOTONIC seconds."""

    begun: float
    heard: float
    """When the cloud was last heard."""
    version: int = 0
    """Version of its last message."""
    attempt: int = 0
    """The last offer that was taken up."""
    by: str = ""
    answered: float | None = None
    ending: str = ""

    @property
    def rings(self) -> bool:
        return self.answered is None and not self.ending


def told(state: Conversation, said: CallTold, now: float) -> tuple[Conversation, Action | None]:
    """Process the cloud's word on the call. Older messages, and any after the end, change nothing."""
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
    """The cloud did not answer. `flows`: something has come through the connection recently."""
    if state.ending:
        return state, None
    patience_s = SILENT_RINGING_S if state.answered is None else SILENT_TALKING_S if flows else SILENT_BROKEN_S
    if now - state.heard < patience_s:
        return state, None
    return replace(state, ending="gate_lost"), Over("gate_lost")


def refused(state: Conversation) -> tuple[Conversation, Over]:
    """The cloud refuses this call."""
    return replace(state, ending="refused"), Over("refused")


def hung_up(state: Conversation) -> Conversation:
    """The gate itself ends the call."""
    return state if state.ending else replace(state, ending="gate")
