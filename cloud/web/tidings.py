"""By which ways somebody hears of a thing: a letter, a notice in their browsers, their chat, or none, as they have chosen.

In their quiet hours most of it waits for the end of those (ADR 180).
"""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy.orm import Session

from cloud.calls.ringing import TellCall
from cloud.db.models import Call, FootPass, GateEvent, Kind, Membership, Pass, Webhook, utc_now
from cloud.domain import quiet, territories
from cloud.domain.endings import TellEnding
from cloud.domain.guests import Tell
from cloud.domain.held import Morning
from cloud.domain.hosts import way
from cloud.web import briefs, mails, pushes, telegrams
from cloud.web.briefs import Brief, Summary
from cloud.web.portal import Portal

_PASSAGES = {"entry": Kind.ARRIVED, "exit": Kind.LEFT}


def about_guest(portal: Portal) -> Tell:
    """Tells a host of a visit, as the edge API is given it."""

    def tell(session: Session, host: Membership, event: GateEvent) -> None:
        kind = Kind.REFUSED if event.decision != "open" else _PASSAGES.get(way(event), Kind.PASSED)
        said = briefs.guest_refused(host, event) if kind is Kind.REFUSED else briefs.guest_passed(host, event, kind)
        if quiet.hold(session, host, kind, said.facts, now=utc_now(), event_id=event.id):
            return
        if host.by_mail:
            mails.about_guest(portal, session, host, event, kind)
        _briefly(portal, session, host, kind, said)

    return tell


def gate_rings(portal: Portal) -> TellCall:
    """Tells a guard or a host that somebody at the gate rings: on the screen only: a letter would come too late, and a chat would keep a call that is over."""

    def tell(session: Session, member: Membership, call: Call) -> None:
        # In quiet hours a call is told at once or not at all: what rang is over when they end, and stands in the journal.
        if member.by_push and quiet.silent(member, Kind.CALL, utc_now()) is None:
            pushes.put(portal, session, member, briefs.gate_rings(member, call), Kind.CALL)

    return tell


def pass_ending(portal: Portal) -> TellEnding:
    """Tells the owner of a pass that is about to end."""

    def tell(session: Session, host: Membership, pass_: Pass) -> None:
        said = briefs.pass_ending(host, pass_)
        if quiet.hold(session, host, Kind.ENDING, said.facts, now=utc_now(), pass_id=pass_.id):
            return
        if host.by_mail:
            mails.pass_ending(portal, session, host, pass_)
        _briefly(portal, session, host, Kind.ENDING, said)

    return tell


def asks_to_join(
    portal: Portal, session: Session, manager: Membership, name: str, label: str, *, asker: Membership | None = None
) -> None:
    """Tells a manager who asks to join."""
    said = briefs.asks_to_join(manager, name, label)
    asker_id = None if asker is None else asker.id
    if quiet.hold(session, manager, Kind.JOINING, said.facts, now=utc_now(), asker_id=asker_id):
        return
    if manager.by_mail:
        mails.asks_to_join(portal, session, manager, name, label)
    _briefly(portal, session, manager, Kind.JOINING, said)


def came_on_foot(portal: Portal, session: Session, host: Membership, row: FootPass) -> None:
    """Tells a host whose guests the guard has marked as come."""
    said = briefs.came_on_foot(host, row)
    if quiet.hold(session, host, Kind.ON_FOOT, said.facts, now=utc_now(), foot_id=row.id):
        return
    if host.by_mail:
        mails.came_on_foot(portal, session, host, row)
    _briefly(portal, session, host, Kind.ON_FOOT, said)


def webhook_off(portal: Portal, session: Session, row: Webhook) -> None:
    """Writes to the managers that a webhook was switched off: nobody else would notice for weeks."""
    for manager in territories.managers_of(session, row.territory):
        mails.webhook_off(portal, session, manager, row.url, row.error)


def in_the_morning(portal: Portal, session: Session, morning: Morning) -> None:
    """Tells what was held back: a guest who still waits as ever, with its button and what is left of its time; all else at once."""
    to = morning.member
    for event in morning.questions:
        if to.by_mail:
            mails.about_guest(portal, session, to, event, Kind.REFUSED)
        brief = briefs.guest_refused(to, event)
        _briefly(portal, session, to, Kind.REFUSED, replace(brief, lasts=brief.lasts - (utc_now() - event.placed_at)))
    if not morning.news:
        return
    summary = briefs.summary(to, morning.news)
    if to.by_mail:
        mails.quiet_hours(portal, session, to, summary)
    _briefly(portal, session, to, None, summary)


def _briefly(portal: Portal, session: Session, to: Membership, kind: Kind | None, brief: Brief | Summary) -> None:
    """In few words, on the screen and in the chat; a summary (`kind` None) disturbs nobody's next quiet hours."""
    if to.by_push:
        pushes.put(portal, session, to, brief, kind)
    if to.by_telegram:
        telegrams.put(portal, session, to, brief, kind)
