"""Notices in a person's chat with the portal's bot: the words of the screen, and the page that they lead to (ADR 168).

Nothing is done from the chat itself: who admits a guest does it on the page, logged in.
"""

from __future__ import annotations

from sqlalchemy.orm import Session

from cloud.couriers import telegram
from cloud.db.models import Account, Kind, Membership, TelegramChat, Territory, utc_now
from cloud.domain import audit
from cloud.telegram import links
from cloud.web import mails
from cloud.web.briefs import DAY, Brief, Summary
from cloud.web.language import read_language, translate
from cloud.web.portal import Portal

ROOM = 700
"""Characters of a body; a chat shows more of it than a screen."""


def put(portal: Portal, session: Session, to: Membership, brief: Brief | Summary, kind: Kind | None) -> None:
    """Have a notice said once, and only if, the session's transaction commits; nothing where no chat is tied, or may hear."""
    if portal.telegram is None or to.territory.telegram_off or (chat := links.tied(session, to.account)) is None:
        return
    title, body = brief.words(read_language(chat.language), room=ROOM)
    said = f"{title[:150]}\n{body}\n\n{portal.settings.public_url}/t/{to.territory.code}{brief.path}"
    text = telegram.Text(said, brief.lasts, urgent=brief.urgent)
    telegram.put(session, chat, text, member=to, kind=kind, now=utc_now())
    portal.telegram.courier.wake_after(session)


def take_back(session: Session, territory: Territory, *, of: Account | None = None) -> None:
    """What waits of the territory is not said any more, in nobody's chat or in one: while Telegram is away that may be a day of it."""
    chat = None if of is None else links.tied(session, of)
    if of is None or chat is not None:
        telegram.take_back(session, territory, to=chat)


def tied(portal: Portal, session: Session, chat: TelegramChat) -> None:
    """A chat was tied: it is greeted there, and a letter says so where the account is at home."""
    assert portal.telegram is not None
    words = (
        "Готово: уведомления с {url} приходят в этот чат. О чём — выбирают на странице «Уведомления». Отключить: /stop"
    )
    said = translate(read_language(chat.language), words, url=portal.settings.public_url)
    telegram.put(session, chat, telegram.Text(said, DAY), now=utc_now())
    portal.telegram.courier.wake_after(session)
    mails.telegram_tied(portal, session, chat.account)
    audit.record(session, "telegram-tied", actor=chat.account)
