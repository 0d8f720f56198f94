"""Notices to browsers: subscriptions, waiting messages, and how one is posted to a push service."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parseaddr

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from cloud.db.models import Account, Device, Kind, Membership, PushMessage, PushSubscription, utc_now
from cloud.domain import addressed
from cloud.domain.errors import Invalid
from cloud.domain.tokens import token_hash
from cloud.settings import Settings
from posting.post import Gone, NotTaken, Poster
from posting.push_encryption import SALT_BYTES, BrowserKeys, KeyInvalid, Sender, encrypted, fresh_key
from posting.reach import well_formed

GIVEN_UP_AFTER = timedelta(days=14)
"""A subscription that has failed this long is removed; the browser subscribes again on its next visit."""
GIVEN_UP_TRIES = 20
"""Needed in addition: two failures far apart do not mean an outage between them."""
LONGEST_TITLE, LONGEST_TEXT = 150, 400
"""Characters: push services take about 4 kB of encrypted message."""
MOST_WAITING = 50
"""Most messages waiting for one browser; a newer one displaces the oldest."""


@dataclass(frozen=True, slots=True)
class Notice:
    """One notice: what is shown, where a tap leads (a path of the portal), and how long it is worth sending.

    A later notice with the same `tag` replaces an earlier one on the screen.
    """

    title: str
    body: str
    path: str
    tag: str
    lasts: timedelta
    urgent: bool = False


def subscribe(
    session: Session, device: Device, *, endpoint: str, p256dh: str, auth: str, language: str, now: datetime
) -> PushSubscription:
    """Subscribe a browser to notices. A session has one subscription, the newest. Raises `Invalid`."""
    try:
        BrowserKeys.read(p256dh, auth)
    except KeyInvalid as error:
        raise Invalid("", "Браузер прислал неполную подписку. Попробуйте ещё раз.") from error
    if not well_formed(endpoint):
        raise Invalid("", "Браузер прислал неполную подписку. Попробуйте ещё раз.")
    mark = token_hash(endpoint)
    # If another person was logged in on this browser, their subscription ends.
    session.execute(
        delete(PushSubscription).where(
            (PushSubscription.device_id == device.id) | (PushSubscription.endpoint_hash == mark)
        )
    )
    row = PushSubscription(
        device_id=device.id, endpoint=endpoint, endpoint_hash=mark, public_key=p256dh, auth_secret=auth,
        language=language, created_at=now, next_at=now,
    )  # fmt: skip
    session.add(row)
    session.flush()
    return row


def unsubscribe(session: Session, device: Device) -> None:
    session.execute(delete(PushSubscription).where(PushSubscription.device_id == device.id))


def of_device(session: Session, device: Device) -> PushSubscription | None:
    return session.scalar(select(PushSubscription).where(PushSubscription.device_id == device.id))


def of_account(session: Session, account: Account, *, now: datetime) -> list[PushSubscription]:
    """A person's subscriptions; those of expired or pending sessions are left out."""
    query = (
        select(PushSubscription)
        .join(Device, Device.id == PushSubscription.device_id)
        .where(Device.account_id == account.id, Device.pending.is_(False), Device.expires_at > now)
        .order_by(PushSubscription.id)
    )
    return list(session.scalars(query))


def put(
    session: Session,
    to: PushSubscription,
    notice: Notice,
    *,
    member: Membership | None = None,
    kind: Kind | None = None,
    now: datetime,
) -> None:
    """Queue a notice; it is posted only if the session's transaction commits (and the courier is woken).

    `member`: the membership it is for; before the notice is posted, `addressed.hearing` judges by it and by `kind`.
    """
    shown = {"title": notice.title[:LONGEST_TITLE], "body": notice.body[:LONGEST_TEXT], "lang": to.language}
    body = json.dumps({**shown, "path": notice.path, "tag": notice.tag}, ensure_ascii=False)
    waiting = list(
        session.scalars(select(PushMessage.id).where(PushMessage.receiver_id == to.id).order_by(PushMessage.id.desc()))
    )
    session.execute(delete(PushMessage).where(PushMessage.id.in_(waiting[MOST_WAITING - 1 :])))
    session.add(
        PushMessage(
            receiver_id=to.id, body=body, urgent=notice.urgent, created_at=now, expires_at=now + notice.lasts,
            **addressed.columns(member, kind),
        )
    )  # fmt: skip


def contact_of(settings: Settings) -> str:
    """The contact for push services: the portal's https address, or else the sender address of its letters."""
    return settings.public_url if settings.secure else f"mailto:{parseaddr(settings.mail.sender)[1]}"


class WebPushRound:
    """`courier.Round` for browsers."""

    name = "web-push"
    longest_rest = timedelta(minutes=2)
    """A refused guest is waiting at the gate: a retry an hour later would be too late."""
    receivers = PushSubscription
    parcels = PushMessage

    def __init__(self, poster: Poster, sender: Sender) -> None:
        self._poster = poster
        self._sender = sender

    def send(self, receiver: PushSubscription, parcel: PushMessage) -> None:
        now = utc_now()
        keys = BrowserKeys.read(receiver.public_key, receiver.auth_secret)
        body = encrypted(parcel.body.encode(), keys, own=fresh_key(), salt=os.urandom(SALT_BYTES))
        headers = {
            "Authorization": self._sender.authorization(receiver.endpoint, now=now),
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
            "TTL": str(max(int((parcel.expires_at - now).total_seconds()), 0)),
            "Urgency": "high" if parcel.urgent else "normal",
        }
        self._poster.post(receiver.endpoint, headers, body)

    def failed(self, session: Session, receiver: PushSubscription, error: NotTaken, *, now: datetime) -> bool:
        """Remove a subscription that has ended, with its waiting messages."""
        tried = receiver.failing_since is not None and receiver.attempts >= GIVEN_UP_TRIES
        lost = tried and receiver.failing_since is not None and now - receiver.failing_since > GIVEN_UP_AFTER
        if not (isinstance(error, Gone) or lost):
            return False
        session.delete(receiver)
        return True
