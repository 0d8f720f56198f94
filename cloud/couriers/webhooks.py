"""Webhooks: receivers of a territory's visits, the messages waiting for them, and how a signed message is posted."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session, joinedload

from cloud.db.models import Account, Membership, MemberState, Role, Territory, Webhook, WebhookEvent, utc_now
from cloud.domain.errors import Invalid
from core.signed_body import signed_headers
from posting.post import AskAgain, Gone, NotLetIn, NotTaken, Poster
from posting.reach import well_formed

MOST_WEBHOOKS = 5
MOST_WAITING = 5000
"""Most messages waiting for one webhook; further ones are only counted, not sent."""
KEPT = timedelta(days=7)
OFF_AFTER = timedelta(days=3)
"""A receiver that has failed this long without taking anything is switched off, and the managers are told."""
LONGEST_URL = 500
BY_HAND, FAILING, GONE = "by hand", "failing", "gone"
TellOff = Callable[[Session, Webhook], None]


def of(session: Session, territory: Territory) -> list[Webhook]:
    query = select(Webhook).options(joinedload(Webhook.made_by)).where(Webhook.territory_id == territory.id)
    return list(session.scalars(query.order_by(Webhook.id)))


def find(session: Session, territory: Territory, number: str) -> Webhook | None:
    row = session.get(Webhook, int(number)) if number.isdecimal() and len(number) < 10 else None
    return row if row is not None and row.territory_id == territory.id else None


def add(session: Session, territory: Territory, url: str, *, by: Account, now: datetime) -> Webhook:
    """Create a webhook with its own secret, which its owner is shown once. Raises `Invalid`."""
    url = url.strip()
    if not well_formed(url) or len(url) > LONGEST_URL:
        raise Invalid("url", "Введите адрес целиком, например https://example.ru/okter.")
    if (session.scalar(select(func.count()).where(Webhook.territory_id == territory.id)) or 0) >= MOST_WEBHOOKS:
        raise Invalid("", "Адресов может быть не больше {n}. Удалите лишние.", n=MOST_WEBHOOKS)
    row = Webhook(
        territory_id=territory.id, made_by_id=by.id, url=url, secret=secrets.token_urlsafe(32), created_at=now,
        next_at=now,
    )  # fmt: skip
    session.add(row)
    session.flush()
    return row


def switch_on(row: Webhook, *, by: Account, now: datetime) -> None:
    """Switch it on again, with `by` as its new owner."""
    row.off_at, row.off_why, row.error = None, "", ""
    row.failing_since, row.attempts, row.next_at, row.made_by_id = None, 0, now, by.id


def switch_off(session: Session, row: Webhook, why: str, *, now: datetime) -> None:
    """Stop posting to it, and drop its waiting messages."""
    row.off_at, row.off_why = now, why
    session.execute(delete(WebhookEvent).where(WebhookEvent.receiver_id == row.id))


def live(session: Session, *territory_ids: int) -> list[Webhook]:
    """Webhooks of these territories that get visits: switched on, and owned by a current manager of the territory."""
    query = (
        select(Webhook)
        .join(
            Membership,
            (Membership.account_id == Webhook.made_by_id) & (Membership.territory_id == Webhook.territory_id),
        )
        .where(
            Webhook.territory_id.in_(territory_ids),
            Webhook.off_at.is_(None),
            Membership.state == MemberState.ACCEPTED,
            Membership.role == Role.MANAGER,
        )
        .order_by(Webhook.id)
    )
    return list(session.scalars(query))


def waiting(session: Session, row: Webhook) -> int:
    return session.scalar(select(func.count()).where(WebhookEvent.receiver_id == row.id)) or 0


def put(session: Session, row: Webhook, messages: list[tuple[str, str]], *, now: datetime) -> None:
    """Queue messages (id, JSON) to be posted in order, as far as there is room."""
    room = max(MOST_WAITING - waiting(session, row), 0)
    row.lost += max(len(messages) - room, 0)
    session.add_all(
        WebhookEvent(receiver_id=row.id, message_id=message_id, body=body, created_at=now, expires_at=now + KEPT)
        for message_id, body in messages[:room]
    )


class WebhookRound:
    """`courier.Round` for other programs; `tell_off` notifies people when a webhook is switched off."""

    name = "webhooks"
    longest_rest = timedelta(hours=1)
    receivers = Webhook
    parcels = WebhookEvent

    def __init__(self, poster: Poster, tell_off: TellOff) -> None:
        self._poster = poster
        self._tell_off = tell_off

    def send(self, receiver: Webhook, parcel: WebhookEvent) -> None:
        body = parcel.body.encode()
        stamp = str(int(utc_now().timestamp()))
        try:
            self._poster.post(receiver.url, signed_headers(receiver.secret, stamp, parcel.message_id, body), body)
        except NotLetIn as error:  # the receiver has another secret: once that is corrected, every message is taken
            raise AskAgain(str(error)) from None

    def failed(self, session: Session, receiver: Webhook, error: NotTaken, *, now: datetime) -> bool:
        """Switch off a receiver that is gone, or has failed for days, and tell the managers."""
        if receiver.off_at is not None:  # switched off meanwhile: drop what was queued since
            session.execute(delete(WebhookEvent).where(WebhookEvent.receiver_id == receiver.id))
            return True
        # 404 often means that a site is being repaired; 410 is deliberate.
        gone = isinstance(error, Gone) and str(error).endswith("410")
        lost = receiver.failing_since is not None and now - receiver.failing_since > OFF_AFTER
        if not (gone or lost):
            return False
        switch_off(session, receiver, GONE if gone else FAILING, now=now)
        self._tell_off(session, receiver)
        return True
