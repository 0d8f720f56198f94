"""Notices to Telegram chats: what waits, how one is sent, and what happens when a chat no longer exists (ADR 168)."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from cloud.db.models import Kind, Membership, TelegramChat, TelegramMessage, Territory
from cloud.domain import addressed
from cloud.telegram import links
from posting.post import AskAgain, Gone, NotLetIn, NotTaken
from posting.telegram import BotApi

MOST_WAITING = 50
"""Most messages waiting for one chat; a newer one displaces the oldest."""
LONGEST_TEXT = 1000
"""Characters; Telegram takes 4096."""
AWAY_S = 30.0
"""How long to pause all chats after Telegram gave no answer: one server serves all of them."""


@dataclass(frozen=True, slots=True)
class Text:
    """One text, and how long it is worth sending."""

    words: str
    lasts: timedelta
    urgent: bool = False


def put(
    session: Session,
    to: TelegramChat,
    text: Text,
    *,
    member: Membership | None = None,
    kind: Kind | None = None,
    now: datetime,
) -> None:
    """Queue a text; it is sent only if the session's transaction commits (and the courier is woken).

    `member`: the membership it is for; before the text is sent, `addressed.hearing` judges by it and by `kind`.
    """
    newest = select(TelegramMessage.id).where(TelegramMessage.receiver_id == to.id).order_by(TelegramMessage.id.desc())
    waiting = list(session.scalars(newest))
    session.execute(delete(TelegramMessage).where(TelegramMessage.id.in_(waiting[MOST_WAITING - 1 :])))
    session.add(
        TelegramMessage(
            receiver_id=to.id, body=text.words[:LONGEST_TEXT], urgent=text.urgent, created_at=now,
            expires_at=now + text.lasts, **addressed.columns(member, kind),
        )
    )  # fmt: skip


def take_back(session: Session, territory: Territory, *, to: TelegramChat | None = None) -> None:
    """Delete waiting messages about a territory, for one chat or all: they are no longer wanted there."""
    members = select(Membership.id).where(Membership.territory_id == territory.id)
    doomed = delete(TelegramMessage).where(TelegramMessage.member_id.in_(members))
    session.execute(doomed if to is None else doomed.where(TelegramMessage.receiver_id == to.id))


class TelegramRound:
    """`courier.Round` for Telegram chats."""

    name = "telegram"
    longest_rest = timedelta(minutes=2)
    """As for web push: a refused guest is waiting at the gate."""
    receivers = TelegramChat
    parcels = TelegramMessage

    def __init__(self, api: BotApi, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._api = api
        self._clock = clock
        self._rests_until = 0.0
        """Time of `clock`: after a request to wait, or no answer, no chat is tried until then."""
        self._why = ""

    def send(self, receiver: TelegramChat, parcel: TelegramMessage) -> None:
        if receiver.chat_id is None:
            raise Gone("tied to no chat")
        if (rest_s := self._rests_until - self._clock()) > 0:
            raise AskAgain(self._why, rest_s)
        try:
            self._api.send(receiver.chat_id, parcel.body)
        except NotLetIn as error:  # the portal's token is wrong: once it is corrected, every message is taken
            self._rest(str(error), AWAY_S)
            raise AskAgain(str(error)) from None
        except AskAgain as error:
            self._rest(str(error), error.wait_s or AWAY_S)
            raise

    def failed(self, session: Session, receiver: TelegramChat, error: NotTaken, *, now: datetime) -> bool:
        """Untie a chat that no longer exists. One that cannot be reached waits, however long Telegram is away."""
        if not isinstance(error, Gone):
            return False
        links.lose(session, receiver, receiver.gone_why or links.BLOCKED, now=receiver.gone_at or now)
        return True

    def _rest(self, why: str, for_s: float) -> None:
        self._why, self._rests_until = why, self._clock() + for_s
