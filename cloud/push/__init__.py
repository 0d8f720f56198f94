"""Push: changes reach every open stream as soon as their transaction commits.

A service calls the functions of `cloud.push.notices` inside its transaction. After the commit a carrier takes the notice
to every worker that has a stream for it (`cloud.push.carriers`, ADR 125): within the process on SQLite, by PostgreSQL's
NOTIFY, or by NATS. A push is only a hint: a gate that misses one finds the change at its next poll.
"""

from __future__ import annotations

from cloud.push.hub import Hub, Mailbox
from cloud.push.notices import (
    Audience,
    CallChanged,
    CommandIssued,
    EventArrived,
    GateRevoked,
    HealthArrived,
    Missed,
    Notice,
    PassesChanged,
    RulesChosen,
    SentAway,
    Topic,
    announce,
    call_topics,
    command_issued,
    event_arrived,
    gate_revoked,
    gate_topics,
    health_arrived,
    list_cursor,
    new_epoch,
    next_rev,
    next_revs,
    page_topics,
    passes_changed,
)
from cloud.push.wiring import make_hub

__all__ = [
    "Audience",
    "CallChanged",
    "CommandIssued",
    "EventArrived",
    "GateRevoked",
    "HealthArrived",
    "Hub",
    "Mailbox",
    "Missed",
    "Notice",
    "PassesChanged",
    "RulesChosen",
    "SentAway",
    "Topic",
    "announce",
    "call_topics",
    "command_issued",
    "event_arrived",
    "gate_revoked",
    "gate_topics",
    "health_arrived",
    "list_cursor",
    "make_hub",
    "new_epoch",
    "next_rev",
    "next_revs",
    "page_topics",
    "passes_changed",
]
