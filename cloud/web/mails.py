"""Who is written what: each letter is put into the outbox with the transaction that causes it. Its words: `cloud.web.letters`."""

from __future__ import annotations

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from cloud.db.models import Account, FootPass, GateEvent, Kind, Membership, Pass
from cloud.plates import show_plate
from cloud.web import letters
from cloud.web.briefs import Summary
from cloud.web.language import Language
from cloud.web.letters import Facts, Words
from cloud.web.portal import Portal

_OF_GUESTS = {
    Kind.REFUSED: letters.GUEST_REFUSED,
    Kind.ARRIVED: letters.GUEST_ARRIVED,
    Kind.LEFT: letters.GUEST_LEFT,
    Kind.PASSED: letters.GUEST_PASSED,
}
QUIET_LINE = 400
"""Characters that a line of a summary may take; a group of guests on foot has as many names."""


def confirm_address(portal: Portal, session: Session, to: str, token: str, languages: Sequence[Language]) -> None:
    """`languages`: of the page on which somebody registers; there is no account yet."""
    link = f"{portal.settings.public_url}/confirm/{token}"
    _put(portal, session, to, languages, letters.CONFIRM_ADDRESS, link=link)


def already_registered(portal: Portal, session: Session, account: Account) -> None:
    url = portal.settings.public_url
    _put(portal, session, account.email, letters.languages_of(account), letters.ALREADY_REGISTERED, url=url)


def reset_password(portal: Portal, session: Session, account: Account, token: str) -> None:
    link = f"{portal.settings.public_url}/reset/{token}"
    _put(portal, session, account.email, letters.languages_of(account), letters.RESET_PASSWORD, link=link)


def change_address(portal: Portal, session: Session, account: Account, to: str, token: str) -> None:
    link = f"{portal.settings.public_url}/email/{token}"
    _put(portal, session, to, letters.languages_of(account), letters.CHANGE_ADDRESS, link=link)


def address_changed(portal: Portal, session: Session, account: Account, before: str) -> None:
    """To the address of before."""
    _put(portal, session, before, letters.languages_of(account), letters.ADDRESS_CHANGED)


def telegram_tied(portal: Portal, session: Session, account: Account) -> None:
    link = f"{portal.settings.public_url}/account"
    _put(portal, session, account.email, letters.languages_of(account), letters.TELEGRAM_TIED, link=link)


def about_guest(portal: Portal, session: Session, host: Membership, event: GateEvent, kind: Kind) -> None:
    """`kind`: refused, arrived, left, or passed. Of a refusal the letter has the link to the one button."""
    facts = _of_car(host, event)
    if kind is Kind.REFUSED:
        facts["link"] = _link(portal, host, f"/guests/{event.id}")
    _put_to(portal, session, host, kind, _OF_GUESTS[kind], **facts)


def came_on_foot(portal: Portal, session: Session, host: Membership, row: FootPass) -> None:
    assert row.came_at is not None
    when = f"{row.came_at.astimezone(ZoneInfo(host.territory.timezone)):%d.%m.%Y %H:%M}"
    facts = {"names": row.names, "came": str(row.came), "people": str(row.people), "when": when}
    _put_to(portal, session, host, Kind.ON_FOOT, letters.CAME_ON_FOOT, **facts)


def pass_ending(portal: Portal, session: Session, host: Membership, pass_: Pass) -> None:
    assert pass_.valid_until is not None
    link = _link(portal, host, f"/passes/{pass_.id}")
    when = f"{pass_.valid_until.astimezone(ZoneInfo(host.territory.timezone)):%d.%m.%Y %H:%M}"
    _put_to(portal, session, host, Kind.ENDING, letters.PASS_ENDING, link=link, plate=pass_.plate_display, when=when)


def asks_to_join(portal: Portal, session: Session, manager: Membership, name: str, label: str) -> None:
    link = _link(portal, manager, "/people")
    _put_to(portal, session, manager, Kind.JOINING, letters.ASKS_TO_JOIN, link=link, name=name, label=label)


def webhook_off(portal: Portal, session: Session, manager: Membership, url: str, error: str) -> None:
    link = _link(portal, manager, "/webhooks")
    _put_to(portal, session, manager, Kind.WEBHOOK, letters.WEBHOOK_OFF, link=link, url=url, error=error)


def quiet_hours(portal: Portal, session: Session, to: Membership, summary: Summary) -> None:
    """What was held back in their quiet hours, all of it; it can wait for the end of their next ones."""

    def facts(language: Language) -> dict[str, str]:
        title, lines = summary.words(language, room=100 * QUIET_LINE)
        link = _link(portal, to, summary.path)
        return {"title": title, "lines": lines, "link": link, "place": _plain(to.territory.name)}

    _send(portal, session, to, None, letters.QUIET_HOURS, facts)


def _of_car(host: Membership, event: GateEvent) -> dict[str, str]:
    when = f"{event.placed_at.astimezone(ZoneInfo(host.territory.timezone)):%d.%m.%Y %H:%M}"
    return {"plate": show_plate(event.plate or ""), "when": when}


def _link(portal: Portal, to: Membership, path: str) -> str:
    return f"{portal.settings.public_url}/t/{to.territory.code}{path}"


def _plain(typed: str) -> str:
    """What people have typed makes no lines of its own."""
    return " ".join(typed.split())


def _put(portal: Portal, session: Session, to: str, languages: Sequence[Language], words: Words, **facts: str) -> None:
    subject, text = letters.made(words, languages, lambda _: facts)
    portal.outbox.put(session, to=to, subject=subject, text=text)


def _put_to(portal: Portal, session: Session, to: Membership, kind: Kind, words: Words, **facts: str) -> None:
    """To somebody as a member of a territory, whose name is the fact `place`."""
    told = {name: _plain(value) for name, value in {**facts, "place": to.territory.name}.items()}
    _send(portal, session, to, kind, words, lambda _: told)


def _send(portal: Portal, session: Session, to: Membership, kind: Kind | None, words: Words, facts: Facts) -> None:
    subject, text = letters.made(words, letters.languages_of(to.account), facts)
    portal.outbox.put(session, to=to.account.email, subject=subject, text=text, member=to, kind=kind)
