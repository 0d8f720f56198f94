"""Tables of what is posted to others: browsers that want notices, programs that want the journal, and what waits for them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, declared_attr, mapped_column, relationship

from cloud.db.accounts import Account, Device
from cloud.db.base import Base, utc_now
from cloud.db.gates import BigKey
from cloud.db.territories import Territory


class Receiver:
    """Columns of whoever is posted to: how it stands and when it is tried next. Changed by its courier."""

    id: Mapped[int] = mapped_column(primary_key=True)
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    next_at: Mapped[datetime] = mapped_column(default=utc_now)
    leased_until: Mapped[datetime | None]  # some worker is posting to it; after that it is anybody's again
    attempts: Mapped[int] = mapped_column(default=0)  # in vain, since it last took something
    failing_since: Mapped[datetime | None]
    taken_at: Mapped[datetime | None]  # when it last took something
    error: Mapped[str] = mapped_column(String(200), default="")
    refused: Mapped[int] = mapped_column(default=0)  # messages it will never take


class Parcel:
    """Columns of a message that waits; the row goes when it is taken, refused for ever, or too old."""

    @declared_attr
    @classmethod
    def id(cls) -> Mapped[int]:
        return mapped_column(BigKey, primary_key=True, autoincrement=True)

    body: Mapped[str] = mapped_column(Text)
    urgent: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    expires_at: Mapped[datetime]


class Addressed:
    """Columns of a notice that somebody hears as a member of a territory: it goes with the membership.

    A row without a member concerns the account, or was put there before its territory moved to another cell.
    """

    @declared_attr
    @classmethod
    def member_id(cls) -> Mapped[int | None]:
        return mapped_column(ForeignKey("memberships.id", ondelete="CASCADE"), index=True)

    kind: Mapped[str | None] = mapped_column(String(16))  # one of `Kind`, which is judged again; None = a summary
    loud: Mapped[bool] = mapped_column(default=True)  # told within their quiet hours too, where no kind says that


class LaterParcel(Parcel, Addressed):
    """Columns of a message that may have to wait for the end of somebody's quiet hours."""

    not_before: Mapped[datetime | None]


class PushSubscription(Receiver, Base):
    """A browser that wants notices: it goes with its session, so that who has logged out hears nothing more."""

    __tablename__ = "push_subscriptions"

    device_id: Mapped[int] = mapped_column(ForeignKey("devices.id", ondelete="CASCADE"), unique=True)
    endpoint: Mapped[str] = mapped_column(String(1024))
    endpoint_hash: Mapped[str] = mapped_column(String(64), unique=True)
    public_key: Mapped[str] = mapped_column(String(100))  # p256dh, base64url
    auth_secret: Mapped[str] = mapped_column(String(32))  # base64url
    language: Mapped[str] = mapped_column(String(2), default="ru")

    device: Mapped[Device] = relationship()


class PushMessage(LaterParcel, Base):
    """A notice that waits for its browser."""

    __tablename__ = "push_messages"

    receiver_id: Mapped[int] = mapped_column(ForeignKey("push_subscriptions.id", ondelete="CASCADE"), index=True)


class Webhook(Receiver, Base):
    """An address that hears of every visit of a territory. `off_at` = nobody posts to it any more."""

    __tablename__ = "webhooks"

    territory_id: Mapped[int] = mapped_column(ForeignKey("territories.id", ondelete="CASCADE"), index=True)
    made_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id", ondelete="SET NULL"))
    url: Mapped[str] = mapped_column(String(500))
    secret: Mapped[str] = mapped_column(String(64))
    off_at: Mapped[datetime | None]
    off_why: Mapped[str] = mapped_column(String(16), default="")  # by hand | failing | gone
    lost: Mapped[int] = mapped_column(default=0)  # messages for which there was no room

    territory: Mapped[Territory] = relationship()
    made_by: Mapped[Account | None] = relationship()


class WebhookEvent(Parcel, Base):
    """A visit that waits to be told."""

    __tablename__ = "webhook_events"

    receiver_id: Mapped[int] = mapped_column(ForeignKey("webhooks.id", ondelete="CASCADE"), index=True)
    message_id: Mapped[str] = mapped_column(String(36))
