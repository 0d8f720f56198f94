"""What belongs to a territory, table by table. A test fails if a new portal table is not declared here.

The columns come from the mapped classes. This module adds only what those do not say: which rows belong to a territory,
which columns refer to other tables, and which values stay hidden at the new cell until the territory opens there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column, ColumnElement, MetaData, Table, select

from cloud.db.models import Base, MemberState

ACCOUNTS = "accounts"
TERRITORIES = "territories"
HIDDEN_DAYS = 36_500
"""Retention of a territory that is not open yet, so that this cell deletes nothing: the old cell still decides that."""
NOW = object()
"""In `Part.hidden`: stands for the time of the copy."""


@dataclass(frozen=True, slots=True)
class Part:
    """One table that moves. Its key is `id`."""

    table: str
    belongs: str = "territory_id"
    """The column that leads to the territory: `id` of `territories` itself, otherwise a column of `refs`."""
    refs: Mapping[str, str] = field(default_factory=dict)
    """Columns that hold a key of another table, with that table's name. They are translated: the other cell assigns new keys."""
    keeps_key: bool = False
    """The key is a UUID and stays the same. Otherwise it is a number that each cell assigns itself."""
    hidden: Mapping[str, Any] = field(default_factory=dict)
    """Values of these columns at the new cell until the territory opens, so that nobody can use the rows before."""
    credentials: tuple[str, ...] = ()
    """Columns with hashes of credentials. The old cell remembers them after the move, to redirect their holders."""


OWN = {"territory_id": TERRITORIES}
PARTS = (
    Part(TERRITORIES, "id", hidden={"closed_at": NOW, "retention_days": HIDDEN_DAYS}),
    Part("memberships", refs={**OWN, "account_id": ACCOUNTS}, hidden={"state": MemberState.LEFT.value}),
    Part("object_quotas", refs=OWN),
    Part("unwelcome", refs={**OWN, "account_id": ACCOUNTS}),
    Part("passes", refs={**OWN, "owner_id": ACCOUNTS, "filed_by_id": ACCOUNTS}, keeps_key=True),
    Part(
        "gates",
        refs=OWN,
        hidden={"token_hash": None, "next_token_hash": None},
        credentials=("token_hash", "next_token_hash"),
    ),
    Part(
        "pairing_codes",
        refs={**OWN, "gate_id": "gates", "created_by_id": ACCOUNTS},
        hidden={"used_at": NOW},
        credentials=("code_hash",),
    ),
    Part("gate_events", refs={**OWN, "gate_id": "gates"}),
    Part("event_notes", "event_id", refs={"event_id": "gate_events", "author_id": ACCOUNTS}),
    Part(
        "calls",
        refs={**OWN, "gate_id": "gates", "host_id": ACCOUNTS, "answered_by_id": ACCOUNTS},
        keeps_key=True,
    ),
    Part(
        "commands",
        "gate_id",
        refs={"gate_id": "gates", "created_by_id": ACCOUNTS, "call_id": "calls", "visit_id": "gate_events"},
        keeps_key=True,
    ),
    Part(
        "invitations",
        refs={**OWN, "host_id": ACCOUNTS},
        hidden={"revoked_at": NOW},
        credentials=("token_hash",),
    ),
    Part("foot_passes", refs={**OWN, "owner_id": ACCOUNTS}),
    Part(
        "held_notices",
        "member_id",
        refs={
            "member_id": "memberships",
            "event_id": "gate_events",
            "pass_id": "passes",
            "foot_id": "foot_passes",
            "asker_id": "memberships",
        },
        hidden={"closed_at": NOW},
    ),
    Part(
        "api_tokens",
        refs={**OWN, "made_by_id": ACCOUNTS},
        hidden={"revoked_at": NOW},
        credentials=("token_hash",),
    ),
    Part("webhooks", refs={**OWN, "made_by_id": ACCOUNTS}, hidden={"off_at": NOW}),
    Part("webhook_events", "receiver_id", refs={"receiver_id": "webhooks"}),
    Part("audit", refs={**OWN, "account_id": ACCOUNTS}),
)
"""Parents before children: tables are copied in this order and erased in reverse."""

WITH_ACCOUNTS = ("accounts", "consents")
"""Tables of the people that moving rows refer to. Copied if the new cell has no such address; never erased here."""
STAYS = {
    "registrations": "whoever has not confirmed yet belongs to no territory",
    "mail_tokens": "links of letters lead to the cell that sent them",
    "devices": "a session is a cookie of one address",
    "push_subscriptions": "a browser gives them to one address",
    "push_messages": "they wait for such a browser",
    "telegram_chats": "a chat speaks with the bot of one cell",
    "telegram_messages": "they wait for such a chat",
    "telegram_updates": "what the bot of one cell was told",
    "telegram_codes": "a link to that bot, good for minutes",
    "attempts": "limits of a cell's own guests",
    "letters": "they are on their way already",
    "chores": "of the cell's own workers",
    "jobs": "work of the cell's own; whoever wants a table of the journal asks the new cell for one",
    "job_files": "of such work",
    "gate_quotas": "of what the cell's own workers took in; the new cell begins with whole ones",
    "visit_days": "counted anew where the territory opens",
    "releases": "what a cell's operator gives to its gates",
    "release_pieces": "of such a release",
    "rollouts": "of such a release",
    "rollout_gates": "of such a release",
    "departures": "of the cell",
    "gone_gates": "their pictures are the cell's",
    "gone_territories": "what the cell has deleted",
    "departed_credentials": "of the cell",
    "arrivals": "of the cell",
    "arrival_rows": "of the cell",
}
"""Tables that stay in their cell, and why."""
MOVING_TABLES = frozenset(part.table for part in PARTS)


def _shadows() -> Mapping[str, Table]:
    """Copies of the table definitions that write a missing JSON value as NULL rather than `null`, so copies are exact."""
    apart = MetaData()
    made = {name: Base.metadata.tables[name].to_metadata(apart) for name in (*MOVING_TABLES, *WITH_ACCOUNTS)}
    for table in made.values():
        for column in table.columns:
            if isinstance(column.type, JSON):
                column.type = JSON(none_as_null=True)
    return made


TABLES: Mapping[str, Table] = _shadows()
_BY_NAME = {part.table: part for part in PARTS}


def key_of(table: str) -> Column[Any]:
    return TABLES[table].c.id


def within(part: Part, territory_id: int) -> ColumnElement[bool]:
    """The condition that selects the rows of `part` that belong to the territory."""
    column = TABLES[part.table].c[part.belongs]
    if part.table == TERRITORIES or part.refs[part.belongs] == TERRITORIES:
        return column == territory_id
    parent = _BY_NAME[part.refs[part.belongs]]
    return column.in_(select(key_of(parent.table)).where(within(parent, territory_id)))


def hidden_values(part: Part, now: datetime) -> dict[str, Any]:
    """The values of `part.hidden`, with `NOW` replaced by `now`."""
    return {name: now if value is NOW else value for name, value in part.hidden.items()}
