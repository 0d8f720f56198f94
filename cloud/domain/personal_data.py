"""A person's own data: everything stored about them in one document, and its deletion."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

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
    MemberState,
    Pass,
    PushSubscription,
    Role,
    TelegramChat,
    Unwelcome,
)
from cloud.domain import audit, closing, consent, quiet
from cloud.domain.errors import Invalid
from cloud.domain.passes import end_passes_of
from cloud.domain.territories import keep_managers, managers

MOST_EXPORTED = 10_000


def export(session: Session, account: Account) -> dict[str, Any]:
    """What the portal knows about a person, ready for JSON."""
    own = list(session.scalars(select(Pass).where(Pass.owner_id == account.id).limit(MOST_EXPORTED)))
    passages = session.scalars(
        select(GateEvent)
        .join(Pass, Pass.id == GateEvent.pass_id)
        .where(Pass.owner_id == account.id)
        .order_by(GateEvent.placed_at)
        .limit(MOST_EXPORTED)
    )
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
        "passes": [
            {
                "plate": row.plate_display,
                "valid_from": _text(row.valid_from),
                "valid_until": _text(row.valid_until),
                "one_time": row.one_time,
                "object": row.object_label,
                "note": row.note,
                "created_at": _text(row.created_at),
                "ended_at": _text(row.deleted_at),
            }
            for row in own
        ],
        "passages": [
            {"at": _text(row.at), "plate": row.plate, "lane": row.lane, "decision": row.decision, "reason": row.reason}
            for row in passages
        ],
        "invitations": [
            {"note": row.note, "valid_from": _text(row.valid_from), "valid_until": _text(row.valid_until),
             "created_at": _text(row.created_at), "used_at": _text(row.used_at)}
            for row in session.scalars(select(Invitation).where(Invitation.host_id == account.id))
        ],
        "guests_on_foot": [
            {"names": row.names, "people": row.people, "valid_from": _text(row.valid_from),
             "valid_until": _text(row.valid_until), "object": row.object_label, "note": row.note,
             "created_at": _text(row.created_at), "ended_at": _text(row.ended_at), "came_at": _text(row.came_at)}
            for row in session.scalars(select(FootPass).where(FootPass.owner_id == account.id).limit(MOST_EXPORTED))
        ],
        "unwelcome": [
            {"plate": row.plate_display, "note": row.note, "created_at": _text(row.created_at)}
            for row in session.scalars(select(Unwelcome).where(Unwelcome.account_id == account.id))
        ],
        "notes": [
            {"at": _text(row.at), "text": row.text}
            for row in session.scalars(
                select(EventNote).where(EventNote.author_id == account.id).order_by(EventNote.id).limit(MOST_EXPORTED)
            )
        ],
        "calls": [
            {"rang_at": _text(row.rang_at), "lane": row.lane, "answered_at": _text(row.answered_at),
             "ended_at": _text(row.ended_at)}
            for row in session.scalars(
                select(Call).where(Call.answered_by_id == account.id).order_by(Call.rang_at).limit(MOST_EXPORTED)
            )
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
        "notices_held_in_quiet_hours": [
            {"kind": row.kind, "facts": row.facts, "at": _text(row.at), "closed_at": _text(row.closed_at),
             "outcome": row.outcome}
            for row in session.scalars(
                select(HeldNotice).join(Membership, Membership.id == HeldNotice.member_id)
                .where(Membership.account_id == account.id).order_by(HeldNotice.id).limit(MOST_EXPORTED)
            )
        ],
        "devices": [
            {"created_at": _text(row.created_at), "last_seen_at": _text(row.last_seen_at), "browser": row.user_agent,
             "address": row.address}
            for row in session.scalars(select(Device).where(Device.account_id == account.id))
        ],
        "acts": [
            {"at": _text(row.at), "action": row.action, "subject": row.subject, "address": row.address}
            for row in session.scalars(
                select(AuditEntry).where(AuditEntry.account_id == account.id).order_by(AuditEntry.id).limit(MOST_EXPORTED)
            )
        ],
    }  # fmt: skip


def delete(session: Session, account: Account, *, now: datetime) -> list[int]:
    """Delete a person. Their passes end. A territory with no other members is deleted too. Audit entries lose the name.

    What waits for them as a member goes with the membership; letters about the account itself are still sent.

    Returns the ids of the gates deleted with a territory. The caller deletes their pictures after the commit; if it cannot, the hourly chores do.

    Raises:
        Invalid: they are the only manager of a territory that has other people.
    """
    rows = list(
        session.scalars(
            select(Membership).where(Membership.account_id == account.id, Membership.state == MemberState.ACCEPTED)
        )
    )
    keep_managers(session, [row.territory_id for row in rows if row.role == Role.MANAGER])
    orphans = []
    for row in rows:
        if row.role != Role.MANAGER or managers(session, row.territory_id) > 1:
            continue
        others = session.scalar(
            select(func.count()).where(
                Membership.territory_id == row.territory_id,
                Membership.state == MemberState.ACCEPTED,
                Membership.account_id != account.id,
            )
        )
        if others:
            raise Invalid(
                "", "Сначала передайте управление территорией другому участнику: {name}.", name=row.territory.name
            )
        orphans.append(row.territory)
    for row in rows:
        end_passes_of(session, row.territory_id, account.id, now=now)
    audit.rename(session, account, audit.NAMELESS)
    session.execute(update(AuditEntry).where(AuditEntry.account_id == account.id).values(actor="", address=""))
    session.execute(update(Call).where(Call.answered_by_id == account.id).values(answered_by_name=""))
    session.execute(update(EventNote).where(EventNote.author_id == account.id).values(author_name=""))
    # What a deleted person wrote must not be kept; the gates need only the tombstones.
    session.execute(update(Pass).where(Pass.owner_id == account.id).values(note="", object_label="", object_key=""))
    session.flush()
    gates = [gate for territory in orphans for gate in closing.delete(session, territory, now=now)]
    session.delete(account)
    return gates


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
