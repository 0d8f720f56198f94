"""The outbox: letters are stored in the transaction that causes them, and a separate thread sends them (ADR 82).

No letter is lost by a restart, and a mail server that accepts connections and stays silent delays only letters. Each
worker process has an outbox; a lease ensures that only one of them sends a given letter at a time.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, delete, func, select, update
from sqlalchemy.orm import Session

from cloud.db.engine import Database
from cloud.db.leases import free
from cloud.db.letters import Letter, LetterState
from cloud.db.models import Kind, Membership, utc_now
from cloud.domain import addressed
from cloud.mail import Mailer, NotSent, ServerAway, Undeliverable
from cloud.rounds import Rounds

FIRST_DELAY, LONGEST_DELAY = timedelta(minutes=1), timedelta(hours=1)
AWAY_FIRST_S, AWAY_LONGEST_S = 30.0, 600.0
LEASE = timedelta(minutes=5)
"""Longer than the longest conversation with a mail server."""
GIVEN_UP_AFTER = timedelta(days=3)
SENT_KEPT, FAILED_KEPT = timedelta(days=7), timedelta(days=30)
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class MailStanding:
    """State of the mail: letters waiting, age of the oldest, failed letters still kept, and the server's last error."""

    waiting: int
    oldest_s: float
    failed: int
    error: str


class Outbox(Rounds):
    """`put` may be called in any transaction."""

    def __init__(self, database: Database, mailer: Mailer) -> None:
        super().__init__("mail", threads=1)
        self._database = database
        self._mailer = mailer
        self._away_s = 0.0

    def put(
        self,
        session: Session,
        *,
        to: str,
        subject: str,
        text: str,
        member: Membership | None = None,
        kind: Kind | None = None,
    ) -> None:
        """Queue a letter; it is sent only if the session's transaction commits.

        `member`: the membership it is addressed to; before the letter is sent, `hearing` judges by it and by `kind`.
        """
        now, whose = utc_now(), addressed.columns(member, kind)
        session.add(Letter(recipient=to, subject=subject[:200], text=text, created_at=now, next_at=now, **whose))
        self.wake_after(session)

    def go_round(self) -> int:
        return self.deliver_due()

    def _pause(self, seen: int) -> None:
        # While the server is away, new letters do not wake this thread: they would fail the same way.
        if self._away_s:
            self._stopped.wait(self._away_s)
        else:
            super()._pause(seen)

    def deliver_due(self, *, now: datetime | None = None) -> int:
        """Send due letters, oldest first, until none is due or the server is away. Returns how many were sent."""
        sent = 0
        while not self.stopping:
            at = now or utc_now()
            letter = self._claim(at)
            if letter is None:
                break
            try:
                self._mailer.send(to=letter.recipient, subject=letter.subject, text=letter.text)
            except NotSent as error:
                self._failed(letter, error, now=at)
                if isinstance(error, ServerAway):
                    self._server_is_away(error)
                    break
            else:
                sent += 1
                self._back()
                self._close(letter, LetterState.SENT, "", now=at)
        return sent

    def _server_is_away(self, error: NotSent) -> None:
        if not self._away_s:
            log.warning("mail: the server does not take letters (%s); they wait", error)
        self._away_s = min(max(2 * self._away_s, AWAY_FIRST_S), AWAY_LONGEST_S)

    def _back(self) -> None:
        if self._away_s:
            log.info("mail: the server takes letters again")
        self._away_s = 0.0

    def _claim(self, now: datetime) -> Letter | None:
        """The next letter that may be sent now, leased to this worker; None if there is none."""
        with self._database.write() as session:
            while (letter := session.scalar(_next(now))) is not None:
                heard, until = addressed.hearing(session, letter, now)
                if not heard:
                    session.delete(letter)
                elif until is not None:
                    letter.next_at = until
                else:
                    letter.leased_until = now + LEASE
                    letter.attempts += 1
                    break
                session.flush()
            return letter

    def _failed(self, letter: Letter, error: NotSent, *, now: datetime) -> None:
        if isinstance(error, Undeliverable) or now - letter.created_at > GIVEN_UP_AFTER:
            log.warning("mail %s %r is given up: %s", letter.id, letter.subject, error)
            self._close(letter, LetterState.FAILED, str(error), now=now)
            return
        delay = min(FIRST_DELAY * 2 ** min(letter.attempts - 1, 10), LONGEST_DELAY)
        with self._database.write() as session:
            session.execute(
                update(Letter)
                .where(*_same(letter))
                .values(next_at=now + delay, leased_until=None, error=str(error)[:200])
            )

    def _close(self, letter: Letter, state: LetterState, error: str, *, now: datetime) -> None:
        values = {"state": state, "ended_at": now, "leased_until": None, "error": error[:200], "text": ""}
        with self._database.write() as session:
            session.execute(update(Letter).where(*_same(letter)).values(values))


def _same(letter: Letter) -> tuple[ColumnElement[bool], ...]:
    """Matches the letter that was claimed and not a later one: SQLite reuses the id of a deleted row."""
    return Letter.id == letter.id, Letter.created_at == letter.created_at


def _next(now: datetime) -> Select[Letter]:
    return (
        select(Letter)
        .where(
            Letter.state == LetterState.WAITING,
            Letter.next_at <= now,
            free(Letter.leased_until, LEASE, now),
        )
        .order_by(Letter.next_at, Letter.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )


def standing(session: Session, *, now: datetime) -> MailStanding:
    """The current state of the mail."""
    waiting, oldest = session.execute(
        select(func.count(), func.min(Letter.created_at)).where(Letter.state == LetterState.WAITING)
    ).one()
    failed = session.scalar(select(func.count()).where(Letter.state == LetterState.FAILED)) or 0
    error = session.scalar(
        select(Letter.error)
        .where(Letter.state == LetterState.WAITING, Letter.error != "")
        .order_by(Letter.next_at.desc())
        .limit(1)
    )
    return MailStanding(waiting, 0.0 if oldest is None else (now - oldest).total_seconds(), failed, error or "")


def sweep(session: Session, *, now: datetime) -> None:
    """Delete letters that were sent or given up long ago."""
    for state, kept in ((LetterState.SENT, SENT_KEPT), (LetterState.FAILED, FAILED_KEPT)):
        session.execute(delete(Letter).where(Letter.state == state, Letter.ended_at < now - kept))
