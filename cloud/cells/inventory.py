"""What belongs to a territory, table by table. A new table of the portal is declared here, or its test fails.

The columns are those of the mapped classes; declared is only what those cannot say: which rows are a territory's, which
columns name rows of other tables, and what stays hidden at the new cell until the territory opens there.
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
"""Retention of a territory that is not open yet: the other cell decides what is forgotten."""
NOW = object()
"""In `Part.hidden`: the moment of the copy."""


@dataclass(frozen=True, slots=True)
class Part:
    """One table that moves. Its key is `id`."""

    table: str
    belongs: str = "territory_id"
    """The column that leads to the territory: its own key, or a column of `refs`."""
    refs: Mapping[str, str] = field(default_factory=dict)
    """Columns that hold the key of a row of another table, which is drawn anew at the other cell."""
    keeps_key: bool = False
    """The key is a UUID and stays; else it is a number of the cell's own."""
    hidden: Mapping[str, Any] = field(default_factory=dict)
    """What these columns are at the new cell until the territory opens: nobody finds it there before."""
    credentials: tuple[str, ...] = ()
    """Columns with hashes of what somebody brings along: the old cell remembers those."""


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
"""Parents before children: they are copied in this order and erased in the opposite one."""

WITH_ACCOUNTS = ("accounts", "consents")
"""Of each person who is named by a row that moves: copied where the other cell does not know the address, and kept here."""
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
    "visit_days": "counted anew where the territory opens",
    "releases": "what a cell's operator gives to its gates",
    "release_pieces": "of such a release",
    "rollouts": "of such a release",
    "rollout_gates": "of such a release",
    "departures": "of the cell",
    "departed_credentials": "of the cell",
    "arrivals": "of the cell",
    "arrival_rows": "of the cell",
}
"""Tables of a cell that no territory takes along, and why."""
MOVING_TABLES = frozenset(part.table for part in PARTS)


def _shadows() -> Mapping[str, Table]:
    """The tables once more, in which an absent JSON value is NULL and not the word `null`: what is copied stays what it was."""
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
    """The rows of `part` that are the territory's."""
    column = TABLES[part.table].c[part.belongs]
    if part.table == TERRITORIES or part.refs[part.belongs] == TERRITORIES:
        return column == territory_id
    parent = _BY_NAME[part.refs[part.belongs]]
    return column.in_(select(key_of(parent.table)).where(within(parent, territory_id)))


def hidden_values(part: Part, now: datetime) -> dict[str, Any]:
    """The columns of `part` as they are until the territory opens."""
    return {name: now if value is NOW else value for name, value in part.hidden.items()}
