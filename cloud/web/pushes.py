"""Notices on the screen: to each of a person's browsers, in the language that it was in when it asked for them."""

from __future__ import annotations

from sqlalchemy.orm import Session

from cloud.couriers import web_push
from cloud.db.models import Kind, Membership, PushSubscription, utc_now
from cloud.domain.guests import WAITS
from cloud.web.briefs import Brief, Summary
from cloud.web.language import read_language, translate
from cloud.web.portal import Portal


def put(portal: Portal, session: Session, to: Membership, brief: Brief | Summary, kind: Kind | None) -> None:
    """Have a notice shown once, and only if, the session's transaction commits."""
    now = utc_now()
    for browser in web_push.of_account(session, to.account, now=now):
        title, body = brief.words(read_language(browser.language))
        path_there = f"/t/{to.territory.code}{brief.path}"
        notice = web_push.Notice(title, body, path_there, brief.tag, brief.lasts, urgent=brief.urgent)
        web_push.put(session, browser, notice, member=to, kind=kind, now=now)
        portal.web_push.wake_after(session)


def trial(portal: Portal, session: Session, browser: PushSubscription) -> None:
    """The first notice of a browser: that it will hear of things."""
    language, now = read_language(browser.language), utc_now()
    title = translate(language, "Уведомления включены")
    body = translate(language, "Сюда придёт, если вашего гостя не пропустят.")
    web_push.put(session, browser, web_push.Notice(title, body, "/territories", "trial", WAITS), now=now)
    portal.web_push.wake_after(session)
