"""By which ways somebody hears of a thing: a letter, a notice in their browsers, their chat, or none, as they have chosen."""

from __future__ import annotations

from sqlalchemy.orm import Session

from cloud.calls.ringing import TellCall
from cloud.db.models import Call, FootPass, GateEvent, Membership, Pass, Webhook
from cloud.domain import territories
from cloud.domain.endings import TellEnding
from cloud.domain.guests import Tell, left
from cloud.web import briefs, mails, pushes, telegrams
from cloud.web.briefs import Brief
from cloud.web.portal import Portal


def about_guest(portal: Portal) -> Tell:
    """Tells a host of a visit, as the edge API is given it."""

    def tell(session: Session, host: Membership, event: GateEvent) -> None:
        refused, out = event.decision != "open", left(event)
        if host.by_mail:
            letter = mails.guest_refused if refused else mails.guest_left if out else mails.guest_arrived
            letter(portal, session, host, event)
        brief = briefs.guest_refused if refused else briefs.guest_left if out else briefs.guest_arrived
        _briefly(portal, session, host, brief(host, event))

    return tell


def gate_rings(portal: Portal) -> TellCall:
    """Tells a guard or a host that somebody at the gate rings: on the screen only: a letter would come too late, and a chat would keep a call that is over."""

    def tell(session: Session, member: Membership, call: Call) -> None:
        if member.by_push:
            pushes.put(portal, session, member, briefs.gate_rings(member, call))

    return tell


def pass_ending(portal: Portal) -> TellEnding:
    """Tells the owner of a pass that is about to end."""

    def tell(session: Session, host: Membership, pass_: Pass) -> None:
        if host.by_mail:
            mails.pass_ending(portal, session, host, pass_)
        _briefly(portal, session, host, briefs.pass_ending(host, pass_))

    return tell


def asks_to_join(portal: Portal, session: Session, manager: Membership, name: str, label: str) -> None:
    """Tells a manager who asks to join."""
    if manager.by_mail:
        mails.asks_to_join(portal, session, manager, name, label)
    _briefly(portal, session, manager, briefs.asks_to_join(manager, name, label))


def came_on_foot(portal: Portal, session: Session, host: Membership, row: FootPass) -> None:
    """Tells a host whose guests the guard has marked as come."""
    if host.by_mail:
        mails.came_on_foot(portal, session, host, row)
    _briefly(portal, session, host, briefs.came_on_foot(host, row))


def webhook_off(portal: Portal, session: Session, row: Webhook) -> None:
    """Writes to the managers that a webhook was switched off: nobody else would notice for weeks."""
    for manager in territories.managers_of(session, row.territory):
        mails.webhook_off(portal, session, manager, row.url, row.error)


def _briefly(portal: Portal, session: Session, to: Membership, brief: Brief) -> None:
    """In few words, on the screen and in the chat."""
    if to.by_push:
        pushes.put(portal, session, to, brief)
    if to.by_telegram:
        telegrams.put(portal, session, to, brief)
