"""Everything stored about a person as one document: whole however much it is, and never in memory at once.

By 152-FZ a person may have all of it, so nothing is cut. What can be long is read page by page, each in a transaction of
its own, so that a slow download holds none open.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from cloud.db.engine import Database
from cloud.db.models import (
    Account,
    AuditEntry,
    Call,
    Device,
    EventNote,
    FootPass,
    GateEvent,
    HeldNotice,
    Invitation,
    Membership,
    Pass,
    PushSubscription,
    TelegramChat,
    Unwelcome,
)
from cloud.domain import consent, quiet

PAGE = 500
Facts = dict[str, Any]


def export(database: Database, account_id: int) -> Iterator[str]:
    """The pieces of a JSON document: an object with one member for each kind of data."""
    with database.read() as session:
        short = _short(session, session.get_one(Account, account_id))
    yield "{"
    for name, value in short.items():
        yield f"\n{json.dumps(name)}: {_json(value)},"
    for number, (name, (query, facts)) in enumerate(_long(account_id).items()):
        yield ("," if number else "") + f"\n{json.dumps(name)}: ["
        for place, row in enumerate(_rows(database, query)):
            yield ("," if place else "") + "\n" + _json(facts(row))
        yield "]"
    yield "\n}\n"


def _rows(database: Database, query: Select[Any]) -> Iterator[Any]:
    """All rows, by their keys, page by page."""
    key, last = query.column_descriptions[0]["entity"].id, None
    while True:
        with database.read() as session:
            more = query if last is None else query.where(key > last)
            found = list(session.scalars(more.order_by(key).limit(PAGE)))
        yield from found
        if len(found) < PAGE:
            return
        last = found[-1].id


def _short(session: Session, account: Account) -> Facts:
    """What a person has few of."""
    return {
        "account": {
            "name": account.name,
            "phone": account.phone,
            "email": account.email,
            "language": account.language,
            "created_at": _text(account.created_at),
            "confirmed_at": _text(account.confirmed_at),
            "consented_at": _text(account.consented_at),
        },
        "consents": [
            {"version": row.version, "at": _text(row.at), "address": row.address} for row in consent.of(session, account)
        ],
        "memberships": [
            {
                "territory": row.territory.name,
                "code": row.territory.code,
                "role": row.role,
                "state": row.state,
                "object": row.object_label,
                "requested_at": _text(row.requested_at),
                "decided_at": _text(row.decided_at),
                "notices": _wishes(row),
            }
            for row in session.scalars(select(Membership).where(Membership.account_id == account.id))
        ],
        "notices_on_devices": [
            {"push_service": urlsplit(row.endpoint).netloc, "created_at": _text(row.created_at),
             "language": row.language}
            for row in session.scalars(select(PushSubscription).join(Device).where(Device.account_id == account.id))
        ],
        "telegram": [
            {"chat": row.chat_id, "agreed_at": _text(row.agreed_at), "connected_at": _text(row.created_at),
             "language": row.language, "ended_at": _text(row.gone_at)}
            for row in session.scalars(select(TelegramChat).where(TelegramChat.account_id == account.id))
        ],
        "devices": [
            {"created_at": _text(row.created_at), "last_seen_at": _text(row.last_seen_at), "browser": row.user_agent,
             "address": row.address}
            for row in session.scalars(select(Device).where(Device.account_id == account.id))
        ],
    }  # fmt: skip


def _long(account_id: int) -> Mapping[str, tuple[Select[Any], Callable[[Any], Facts]]]:
    """What can be long: the rows of each kind, and what is told of one."""
    return {
        "passes": (
            select(Pass).where(Pass.owner_id == account_id),
            lambda row: {
                "plate": row.plate_display, "valid_from": _text(row.valid_from), "valid_until": _text(row.valid_until),
                "one_time": row.one_time, "object": row.object_label, "note": row.note,
                "created_at": _text(row.created_at), "ended_at": _text(row.deleted_at),
            },
        ),
        "passages": (
            select(GateEvent).join(Pass, Pass.id == GateEvent.pass_id).where(Pass.owner_id == account_id),
            lambda row: {
                "at": _text(row.at), "plate": row.plate, "lane": row.lane, "decision": row.decision, "reason": row.reason,
            },
        ),
        "invitations": (
            select(Invitation).where(Invitation.host_id == account_id),
            lambda row: {
                "note": row.note, "valid_from": _text(row.valid_from), "valid_until": _text(row.valid_until),
                "created_at": _text(row.created_at), "used_at": _text(row.used_at),
            },
        ),
        "guests_on_foot": (
            select(FootPass).where(FootPass.owner_id == account_id),
            lambda row: {
                "names": row.names, "people": row.people, "digits": row.digits, "valid_from": _text(row.valid_from),
                "valid_until": _text(row.valid_until), "object": row.object_label, "note": row.note,
                "created_at": _text(row.created_at), "ended_at": _text(row.ended_at), "came_at": _text(row.came_at),
            },
        ),
        "unwelcome": (
            select(Unwelcome).where(Unwelcome.account_id == account_id),
            lambda row: {"plate": row.plate_display, "note": row.note, "created_at": _text(row.created_at)},
        ),
        "notes": (
            select(EventNote).where(EventNote.author_id == account_id),
            lambda row: {"at": _text(row.at), "text": row.text},
        ),
        "calls": (
            select(Call).where(Call.answered_by_id == account_id),
            lambda row: {
                "rang_at": _text(row.rang_at), "lane": row.lane, "answered_at": _text(row.answered_at),
                "ended_at": _text(row.ended_at),
            },
        ),
        "notices_held_in_quiet_hours": (
            select(HeldNotice).join(Membership, Membership.id == HeldNotice.member_id)
            .where(Membership.account_id == account_id),
            lambda row: {
                "kind": row.kind, "facts": row.facts, "at": _text(row.at), "closed_at": _text(row.closed_at),
                "outcome": row.outcome,
            },
        ),
        "acts": (
            select(AuditEntry).where(AuditEntry.account_id == account_id),
            lambda row: {"at": _text(row.at), "action": row.action, "subject": row.subject, "address": row.address},
        ),
    }  # fmt: skip


def _wishes(row: Membership) -> dict[str, Any]:
    hours = quiet.hours_of(row)
    return {
        "of": [kind for kind, column in quiet.WISHES.items() if getattr(row, column)],
        "by": [way for way in ("mail", "push", "telegram") if getattr(row, f"by_{way}")],
        "quiet_hours": None if hours is None else list(hours.texts()),
        "also_in_quiet_hours": [kind for kind, column in quiet.LOUD.items() if getattr(row, column)],
    }


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat(timespec="seconds")


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
