"""Tables of territories and their members."""

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
    """State of a membership; only `ACCEPTED` grants access."""

    REQUESTED = "requested"
    ACCEPTED = "accepted"
    ANNULLED = "annulled"
    LEFT = "left"
    REMOVED = "removed"


class Territory(Base):
    """A gated territory. `pass_*` are the counters of the gates' delta cursor (see cloud/push/)."""

    __tablename__ = "territories"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(7), unique=True)  # three digits, a dash, three digits
    name: Mapped[str] = mapped_column(String(120))
    timezone: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    passes_per_object: Mapped[int | None]  # live passes per object; None = no limit
    longest_period_days: Mapped[int | None]  # None = no limit, open-ended allowed
    filings_per_hour: Mapped[int | None]  # passes that a person may add or change in an hour; None = no limit
    ask_pin: Mapped[bool] = mapped_column(default=False)  # nobody opens a barrier without a PIN
    calls_host: Mapped[bool] = mapped_column(default=False)  # an unanswered call also rings at the guest's host
    calls_unproven: Mapped[bool] = mapped_column(default=False)  # a call may open even without picture and sound
    telegram_off: Mapped[bool] = mapped_column(default=False)  # none of its data goes to Telegram's servers
    closed_at: Mapped[datetime | None]  # since then no new requests and passes
    updates_stopped_at: Mapped[datetime | None]  # since then its gates are offered no release
    retention_days: Mapped[int] = mapped_column(default=90)
    operator_name: Mapped[str] = mapped_column(String(200), default="")  # the data controller of this territory
    operator_inn: Mapped[str] = mapped_column(String(12), default="")
    operator_address: Mapped[str] = mapped_column(String(300), default="")
    operator_email: Mapped[str] = mapped_column(String(254), default="")
    pass_rev: Mapped[int] = mapped_column(default=0)
    pass_epoch: Mapped[int] = mapped_column(default=1)
    pass_floor: Mapped[int] = mapped_column(default=0)


class Membership(Base):
    """One account in one territory, from the request on; the row stays when the person leaves."""

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
    object_key: Mapped[str] = mapped_column(String(120), default="")  # the label, normalised for comparison
    requested_at: Mapped[datetime] = mapped_column(default=utc_now)
    decided_at: Mapped[datetime | None]
    household: Mapped[bool] = mapped_column(default=False)  # shares its passes with members of its object who do too
    tell_arrived: Mapped[bool] = mapped_column(default=False)  # a guest has come in
    tell_refused: Mapped[bool] = mapped_column(default=True)  # a guest was not let in
    tell_left: Mapped[bool] = mapped_column(default=False)  # a guest has gone out
    tell_ending: Mapped[bool] = mapped_column(default=False)  # a long pass ends tomorrow
    tell_joining: Mapped[bool] = mapped_column(default=True)  # for managers: somebody asks to join
    by_mail: Mapped[bool] = mapped_column(default=True)  # all of these by mail
    by_push: Mapped[bool] = mapped_column(default=True)  # and to subscribed browsers
    by_telegram: Mapped[bool] = mapped_column(default=True)  # and to the account's linked chat
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
