"""The outbox: letters are written with the change that causes them, and sent by a thread of their own (ADR 82).

A letter is lost by no restart, and a mail server that accepts and stays silent keeps nobody waiting but letters. Each
worker process has an outbox; a lease lets one of them send a letter at a time. Owns the thread `mail-outbox`.
"""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, event, func, or_, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from cloud.db.engine import Database
from cloud.db.letters import Letter, LetterState
from cloud.db.models import utc_now
from cloud.mail import Mailer, NotSent, ServerAway, Undeliverable

POLL_S = 15.0
"""How soon a letter of another process, or one that waits for its turn, is looked for."""
STOP_S = 2.0
FIRST_DELAY, LONGEST_DELAY = timedelta(minutes=1), timedelta(hours=1)
AWAY_FIRST_S, AWAY_LONGEST_S = 30.0, 600.0
LEASE = timedelta(minutes=5)
"""Longer than any conversation with a server may last."""
GIVEN_UP_AFTER = timedelta(days=3)
SENT_KEPT, FAILED_KEPT = timedelta(days=7), timedelta(days=30)
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class MailStanding:
    """How the mail is: what waits, since when, what failed of late, and what the server said last."""

    waiting: int
    oldest_s: float
    failed: int
    error: str


class Outbox:
    """`put` is called in any transaction; `start` and `stop` belong to the server's lifespan."""

    def __init__(self, database: Database, mailer: Mailer) -> None:
        self._database = database
        self._mailer = mailer
        self._wake = threading.Event()
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None
        self._away_s = 0.0

    def put(self, session: Session, *, to: str, subject: str, text: str) -> None:
        """Have a letter sent once, and only if, the session's transaction commits."""
        now = utc_now()
        session.add(Letter(recipient=to, subject=subject[:200], text=text, created_at=now, next_at=now))
        event.listen(session, "after_commit", self._committed, once=True)

    def _committed(self, _session: Session) -> None:
        self._wake.set()

    def start(self) -> None:
        self._stopped.clear()
        self._thread = threading.Thread(target=self._run, name="mail-outbox", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End soon; a letter that is just being sent is left to the lease."""
        self._stopped.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join(STOP_S)

    @property
    def alive(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    @property
    def dead(self) -> bool:
        """It was started, was not stopped, and is no more."""
        return self._thread is not None and not self._stopped.is_set() and not self._thread.is_alive()

    def _run(self) -> None:
        while not self._stopped.is_set():
            self._wake.clear()
            try:
                self.deliver_due()
            except SQLAlchemyError as error:
                log.warning("mail: the database is away (%s); next try in %s s", type(error).__name__, POLL_S)
            # While the server is away new letters wake nobody: they would only meet the same silence.
            if self._away_s:
                self._stopped.wait(self._away_s)
            else:
                self._wake.wait(POLL_S)

    def deliver_due(self, *, now: datetime | None = None) -> int:
        """Send what is due, oldest first, until nothing is or the server does not answer; how many were sent."""
        sent = 0
        while not self._stopped.is_set():
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
                self._close(letter.id, LetterState.SENT, "", now=at)
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
        """The next letter, leased to this worker."""
        with self._database.write() as session:
            letter = session.scalar(
                select(Letter)
                .where(
                    Letter.state == LetterState.WAITING,
                    Letter.next_at <= now,
                    or_(Letter.leased_until.is_(None), Letter.leased_until <= now),
                )
                .order_by(Letter.next_at, Letter.id)
                .limit(1)
                .with_for_update(skip_locked=True)
            )
            if letter is not None:
                letter.leased_until = now + LEASE
                letter.attempts += 1
            return letter

    def _failed(self, letter: Letter, error: NotSent, *, now: datetime) -> None:
        if isinstance(error, Undeliverable) or now - letter.created_at > GIVEN_UP_AFTER:
            log.warning("mail %s %r is given up: %s", letter.id, letter.subject, error)
            self._close(letter.id, LetterState.FAILED, str(error), now=now)
            return
        delay = min(FIRST_DELAY * 2 ** min(letter.attempts - 1, 10), LONGEST_DELAY)
        with self._database.write() as session:
            session.execute(
                update(Letter)
                .where(Letter.id == letter.id)
                .values(next_at=now + delay, leased_until=None, error=str(error)[:200])
            )

    def _close(self, letter_id: int, state: LetterState, error: str, *, now: datetime) -> None:
        values = {"state": state, "ended_at": now, "leased_until": None, "error": error[:200], "text": ""}
        with self._database.write() as session:
            session.execute(update(Letter).where(Letter.id == letter_id).values(values))


def standing(session: Session, *, now: datetime) -> MailStanding:
    """How the mail is."""
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
    """Forget letters that ended long ago."""
    for state, kept in ((LetterState.SENT, SENT_KEPT), (LetterState.FAILED, FAILED_KEPT)):
        session.execute(delete(Letter).where(Letter.state == state, Letter.ended_at < now - kept))
