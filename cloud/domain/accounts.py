"""Accounts: links by mail, log-in and devices."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from cloud.db.models import Account, Device, MailToken, utc_now
from cloud.domain.errors import Invalid
from cloud.domain.tokens import new_token, token_hash
from cloud.telegram import links

MOST_DEVICES = 10
SESSION_LASTS = timedelta(days=365)
PENDING_LASTS = timedelta(minutes=10)
LINK_LASTS = {"reset": timedelta(hours=2), "change": timedelta(days=1)}

# Characters with a meaning in mail headers are refused: «a:ivan@mail.ru» would reach Ivan, under ever new addresses.
_PLAIN = r"[^\s@,:;<>()\[\]\\|\"'"
_EMAIL = re.compile(rf"{_PLAIN}]{{1,64}}@{_PLAIN}]{{1,180}}\.{_PLAIN}.]{{2,24}}")
_PHONE = re.compile(r"\+?[0-9]{5,15}")


@dataclass(frozen=True, slots=True)
class NewAccount:
    """A checked registration."""

    name: str
    phone: str
    email: str
    password_hash: str


def read_email(typed: str) -> str:
    """The address in the form that is stored and compared."""
    email = typed.strip().lower()
    if not _EMAIL.fullmatch(email) or len(email) > 254 or not email.isprintable():
        raise Invalid("email", "Введите адрес электронной почты, например ivanov@mail.ru.")
    return email


def read_phone(typed: str) -> str:
    """The number as digits with a plus, ready for a `tel:` link; a Russian 8 becomes +7."""
    number = re.sub(r"[\s().\-\u2010-\u2015]", "", typed)
    if not _PHONE.fullmatch(number):
        raise Invalid("phone", "Введите номер телефона, например +7 912 345-67-89.")
    if len(number) == 11 and number.startswith("8"):
        return "+7" + number[1:]
    if len(number) == 11 and number.startswith("7"):
        return "+" + number
    return number


def read_name(typed: str) -> str:
    name = " ".join(typed.split())
    if not 2 <= len(name) <= 120 or not name.isprintable():
        raise Invalid("name", "Введите фамилию и имя.")
    return name


def by_email(session: Session, email: str) -> Account | None:
    return session.scalar(select(Account).where(Account.email == email))


def create(session: Session, new: NewAccount, *, now: datetime) -> Account:
    """Create the account of somebody who has proved to own the address."""
    account = Account(
        email=new.email,
        name=new.name,
        phone=new.phone,
        password_hash=new.password_hash,
        created_at=now,
        confirmed_at=now,
    )
    session.add(account)
    session.flush()
    return account


def issue_link(session: Session, account: Account, purpose: str, *, now: datetime, new_email: str | None = None) -> str:
    """A token for a mailed link; it replaces earlier ones of the same purpose."""
    session.execute(delete(MailToken).where(MailToken.account_id == account.id, MailToken.purpose == purpose))
    token = new_token()
    session.add(
        MailToken(
            token_hash=token_hash(token),
            account_id=account.id,
            purpose=purpose,
            new_email=new_email,
            created_at=now,
            expires_at=now + LINK_LASTS[purpose],
        )
    )
    return token


def find_link(session: Session, token: str, purpose: str, *, now: datetime) -> MailToken | None:
    """The link of a token, used or not, unless it has expired."""
    return session.scalar(
        select(MailToken).where(
            MailToken.token_hash == token_hash(token), MailToken.purpose == purpose, MailToken.expires_at > now
        )
    )


def change_password(session: Session, account: Account, password_hash: str, *, keep: int | None) -> None:
    """Set the password. Ends every session except device `keep` and unlinks the chat."""
    account.password_hash = password_hash
    session.execute(delete(Device).where(Device.account_id == account.id, Device.id != (keep or -1)))
    session.execute(delete(MailToken).where(MailToken.account_id == account.id))
    links.lose_of(session, account, links.PASSWORD, now=utc_now())


def open_change(session: Session, token: str, *, now: datetime) -> MailToken | None:
    """The link to a new address, while it can still be used."""
    link = find_link(session, token, "change", now=now)
    return link if link is not None and link.used_at is None else None


def change_email(session: Session, token: str, *, now: datetime) -> Account | None:
    """Switch to the new address; None if the link is used up or the address has been taken meanwhile."""
    link = open_change(session, token, now=now)
    if link is None or link.new_email is None:
        return None
    if by_email(session, link.new_email) is not None:
        return None
    link.used_at = now
    # Links sent to the old address must not open the account any more.
    session.execute(delete(MailToken).where(MailToken.account_id == link.account_id, MailToken.id != link.id))
    link.account.email = link.new_email
    return link.account


def live_devices(session: Session, account: Account, *, now: datetime) -> list[Device]:
    """The browsers an account is logged in on, the longest unused first."""
    return list(
        session.scalars(
            select(Device)
            .where(Device.account_id == account.id, Device.pending.is_(False), Device.expires_at > now)
            .order_by(Device.last_seen_at, Device.id)
        )
    )


def log_in(session: Session, account: Account, *, user_agent: str, address: str, now: datetime) -> tuple[Device, str]:
    """A new device and its token; `pending` if ten others are logged in already."""
    session.execute(
        delete(Device).where(Device.account_id == account.id, (Device.expires_at <= now) | Device.pending.is_(True))
    )
    # Two simultaneous log-ins must not both see nine devices: the account row is the lock.
    session.execute(select(Account.id).where(Account.id == account.id).with_for_update())
    pending = len(live_devices(session, account, now=now)) >= MOST_DEVICES
    token = new_token()
    device = Device(
        token_hash=token_hash(token),
        account_id=account.id,
        pending=pending,
        created_at=now,
        last_seen_at=now,
        expires_at=now + (PENDING_LASTS if pending else SESSION_LASTS),
        user_agent=user_agent[:200],
        address=address[:64],
    )
    session.add(device)
    session.flush()
    return device, token


def admit_pending(session: Session, device: Device, leaving: Device | None, *, now: datetime) -> bool:
    """Log a pending device in, in place of `leaving`; False if there is still no room."""
    # As in `log_in`: the account row is the lock.
    session.execute(select(Account.id).where(Account.id == device.account_id).with_for_update())
    if leaving is not None and leaving.account_id == device.account_id:
        session.delete(leaving)
        session.flush()
    if len(live_devices(session, device.account, now=now)) >= MOST_DEVICES:
        return False
    device.pending = False
    device.created_at = device.last_seen_at = now
    device.expires_at = now + SESSION_LASTS
    return True
