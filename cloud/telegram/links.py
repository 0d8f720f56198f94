"""Which chat belongs to which account: a person sends a code from their page to the bot, which ties their chat."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from cloud.db.models import Account, TelegramChat, TelegramCode, TelegramMessage, TelegramUpdate
from cloud.domain import limits
from cloud.domain.errors import Invalid
from cloud.domain.limits import Limit
from cloud.domain.tokens import new_token, token_hash

CODE_LASTS = timedelta(minutes=15)
TOLD_AGAIN = timedelta(days=2)
"""How long handled update ids are kept. Telegram repeats unconfirmed updates for a day, and may restart ids after a week
without updates."""
CODES = Limit("telegram-codes", 10, timedelta(hours=1))
BLOCKED, PASSWORD = "blocked", "password"  # why a chat was untied


def issue(session: Session, account: Account, *, language: str, now: datetime) -> str:
    """A new code, valid for `CODE_LASTS`, to tie one chat; it replaces an earlier code. Raises `Invalid`."""
    limits.demand(session, CODES, str(account.id), now=now)
    if tied(session, account) is not None:
        raise Invalid("", "Telegram уже подключён.")
    code = new_token()
    session.execute(delete(TelegramCode).where(TelegramCode.account_id == account.id))
    session.add(
        TelegramCode(
            account_id=account.id,
            code_hash=token_hash(code),
            language=language,
            created_at=now,
            expires_at=now + CODE_LASTS,
        )
    )
    session.flush()
    return code


def of(session: Session, account: Account) -> TelegramChat | None:
    """The person's chat. One without a chat id was untied, and says when and why."""
    return session.scalar(select(TelegramChat).where(TelegramChat.account_id == account.id))


def tied(session: Session, account: Account) -> TelegramChat | None:
    row = of(session, account)
    return None if row is None or row.chat_id is None else row


def of_chat(session: Session, chat: int) -> TelegramChat | None:
    return session.scalar(select(TelegramChat).where(TelegramChat.chat_id == chat))


def account_of(session: Session, code: str, *, now: datetime) -> int | None:
    """The account that the code belongs to; None if the code is unknown, expired or used."""
    return session.scalar(
        select(TelegramCode.account_id).where(TelegramCode.code_hash == token_hash(code), TelegramCode.expires_at > now)
    )


def tie(session: Session, code: str, chat: int, *, now: datetime) -> TelegramChat | None:
    """Tie a chat to the account of this code, and use up the code. None if the code is unknown or expired.

    The caller has made sure that the chat belongs to nobody.
    """
    made = session.scalar(
        select(TelegramCode)
        .where(TelegramCode.code_hash == token_hash(code), TelegramCode.expires_at > now)
        .with_for_update()
    )
    if made is None:
        return None
    account_id, language, agreed_at = made.account_id, made.language, made.created_at
    session.execute(delete(TelegramCode).where(TelegramCode.account_id == account_id))
    session.execute(delete(TelegramChat).where(TelegramChat.account_id == account_id))
    row = TelegramChat(
        account_id=account_id, chat_id=chat, language=language, agreed_at=agreed_at, created_at=now, next_at=now
    )
    session.add(row)
    session.flush()
    return row


def untie(session: Session, account: Account) -> None:
    """Untie at the person's own request: nothing is kept."""
    session.execute(delete(TelegramChat).where(TelegramChat.account_id == account.id))
    session.execute(delete(TelegramCode).where(TelegramCode.account_id == account.id))


def lose(session: Session, row: TelegramChat, why: str, *, now: datetime) -> None:
    """Untie without the person's request: delete the chat id and its waiting messages, and keep the reason for the page."""
    session.execute(delete(TelegramMessage).where(TelegramMessage.receiver_id == row.id))
    row.chat_id, row.gone_at, row.gone_why = None, now, why
    row.attempts, row.failing_since, row.error = 0, None, ""


def lose_of(session: Session, account: Account, why: str, *, now: datetime) -> None:
    """Like `lose`, for the account's chat, if any. An unused code is deleted too."""
    session.execute(delete(TelegramCode).where(TelegramCode.account_id == account.id))
    if (row := tied(session, account)) is not None:
        lose(session, row, why, now=now)


def is_new(session: Session, update_id: int, *, now: datetime) -> bool:
    """Whether an update is new. Marks it as handled from the transaction's commit on."""
    if session.get(TelegramUpdate, update_id) is not None:
        return False
    session.add(TelegramUpdate(id=update_id, done_at=now))
    session.flush()
    return True


def sweep(session: Session, *, now: datetime) -> None:
    """Delete expired codes, and ids of updates that Telegram no longer repeats."""
    session.execute(delete(TelegramUpdate).where(TelegramUpdate.done_at <= now - TOLD_AGAIN))
    session.execute(delete(TelegramCode).where(TelegramCode.expires_at <= now))
