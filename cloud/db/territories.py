"""Tables of places: territories and who belongs to them."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from cloud.db.accounts import Account
from cloud.db.base import Base, utc_now


class Role(StrEnum):
    """What a member may do in a territory; «Управляющий» may do everything."""

    RESIDENT = "resident"
    OPERATOR = "operator"
    MANAGER = "manager"


class MemberState(StrEnum):
    """Where a membership stands; only `ACCEPTED` opens anything."""

    REQUESTED = "requested"
    ACCEPTED = "accepted"
    ANNULLED = "annulled"
    LEFT = "left"
    REMOVED = "removed"


class Territory(Base):
    """A closed territory. `pass_*` are the counters of the edge's delta cursor (see cloud/push/)."""

    __tablename__ = "territories"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(7), unique=True)  # three digits, a dash, three digits
    name: Mapped[str] = mapped_column(String(120))
    timezone: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    passes_per_object: Mapped[int | None]  # live passes one object may have; None = no limit
    longest_period_days: Mapped[int | None]  # None = no limit, open-ended allowed
    filings_per_hour: Mapped[int | None]  # passes a person may file or change in an hour; None = no limit
    ask_pin: Mapped[bool] = mapped_column(default=False)  # nobody opens a barrier without a PIN
    calls_host: Mapped[bool] = mapped_column(default=False)  # a call nobody answers rings at the guest's host too
    calls_unproven: Mapped[bool] = mapped_column(default=False)  # a call opens without picture and sound too
    telegram_off: Mapped[bool] = mapped_column(default=False)  # nothing of it goes to a server of Telegram
    closed_at: Mapped[datetime | None]  # no new requests and passes since then
    updates_stopped_at: Mapped[datetime | None]  # since then no release is given to its gates
    retention_days: Mapped[int] = mapped_column(default=90)
    operator_name: Mapped[str] = mapped_column(String(200), default="")  # who answers for the personal data here
    operator_inn: Mapped[str] = mapped_column(String(12), default="")
    operator_address: Mapped[str] = mapped_column(String(300), default="")
    operator_email: Mapped[str] = mapped_column(String(254), default="")
    pass_rev: Mapped[int] = mapped_column(default=0)
    pass_epoch: Mapped[int] = mapped_column(default=1)
    pass_floor: Mapped[int] = mapped_column(default=0)


class Membership(Base):
    """One account in one territory, from the request on; the row is kept when the person leaves."""

    __tablename__ = "memberships"
    __table_args__ = (
        UniqueConstraint("account_id", "territory_id"),
        Index("ix_memberships_territory_id_state", "territory_id", "state"),
        Index("ix_memberships_territory_id_object_key", "territory_id", "object_key"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    territory_id: Mapped[int] = mapped_column(ForeignKey("territories.id", ondelete="CASCADE"))
    role: Mapped[str] = mapped_column(String(16), default=Role.RESIDENT)
    state: Mapped[str] = mapped_column(String(16), default=MemberState.REQUESTED)
    object_label: Mapped[str] = mapped_column(String(120), default="")
    object_key: Mapped[str] = mapped_column(String(120), default="")  # the label folded for comparison
    requested_at: Mapped[datetime] = mapped_column(default=utc_now)
    decided_at: Mapped[datetime | None]
    household: Mapped[bool] = mapped_column(default=False)  # shows its passes to those of its object who do the same
    tell_arrived: Mapped[bool] = mapped_column(default=False)  # a guest has come in
    tell_refused: Mapped[bool] = mapped_column(default=True)  # a guest was not let in
    tell_left: Mapped[bool] = mapped_column(default=False)  # a guest has gone out
    tell_ending: Mapped[bool] = mapped_column(default=False)  # a lasting pass ends tomorrow
    tell_joining: Mapped[bool] = mapped_column(default=True)  # to managers: somebody asks to join
    by_mail: Mapped[bool] = mapped_column(default=True)  # all of these by letter
    by_push: Mapped[bool] = mapped_column(default=True)  # and to the browsers that want notices
    by_telegram: Mapped[bool] = mapped_column(default=True)  # and to the chat that is tied to the account
    quiet_from: Mapped[int | None]  # quiet hours, in minutes of the territory's day; None = there are none
    quiet_until: Mapped[int | None]
    loud_refused: Mapped[bool] = mapped_column(default=True)  # told within the quiet hours too, as are the next ones
    loud_call: Mapped[bool] = mapped_column(default=True)  # the gate rings
    loud_arrived: Mapped[bool] = mapped_column(default=False)
    loud_left: Mapped[bool] = mapped_column(default=False)
    loud_ending: Mapped[bool] = mapped_column(default=False)
    loud_joining: Mapped[bool] = mapped_column(default=False)

    account: Mapped[Account] = relationship()
    territory: Mapped[Territory] = relationship()
