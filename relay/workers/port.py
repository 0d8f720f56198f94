"""The port of one board as its worker thread uses it: opened, lost, reopened; and the board's health.

Driver calls are marked here so that another thread can notice one that hangs. Once the port has been given up, nothing
more is reported.
"""

from __future__ import annotations

import logging
import termios
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import Enum, auto

from core.words.language import say
from relay.boards.seam import Acknowledgement, Board, Contact, Health
from relay.errors import BoardError, BoardLost, BoardNonsense, BoardSilent
from relay.workers.jobs import BoardHealth, Fact

log = logging.getLogger(__name__)

PORT_ERRORS = (BoardError, OSError, termios.error)
"""After any of these, the port is closed and reopened."""
REOPEN_S = (0.2, 0.5, 1.0)
"""Backoff for opening a lost port; the last value repeats."""
MISSES = 4
"""Answers that must be missed in a row before a board is reported as silent: wires lose one now and then."""


class About(Enum):
    """What a board is asked about. It may answer about its relays but not about its inputs, or the other way round."""

    RELAY = auto()
    INPUTS = auto()


class Port:
    """Belongs to the worker thread; `abandon` and `busy_since` are for the thread that watches it."""

    def __init__(
        self,
        name: str,
        board: Board,
        *,
        channels: tuple[int, ...],
        report: Callable[[Fact], None],
        now: Callable[[], float],
        wanted: Callable[[], bool],
    ) -> None:
        self.name = name
        self.board = board
        self.now = now
        self.busy_since: float | None = None
        """Since when the present driver call has been running."""
        self.abandoned = False
        self.opened = False
        self.reopen_at = 0.0
        self.health = Health.STARTING
        self._channels = channels
        self._report = report
        self.wanted = wanted
        """Whether a job is waiting: slow operations are then cut short."""
        self._failures = 0
        self._missed = dict.fromkeys(About, 0)
        self._troubles: dict[About, tuple[Health, str]] = {}
        self._heard_of_relay = False

    def open(self) -> None:
        """Claims the port and sends OFF to every channel. Raises one of `PORT_ERRORS`."""
        with self.calling() as board:
            board.open(self._channels)
        self.opened = True
        self._failures = 0
        self._missed, self._troubles, self._heard_of_relay = dict.fromkeys(About, 0), {}, False
        if not self.board.reads_back:
            self.report_health(Health.OK, "")

    def lose(self, error: Exception) -> tuple[Health, str]:
        """Closes the port until `reopen_at`. Returns the health that `error` means, and its text."""
        self.close()
        self.reopen_at = self.now() + REOPEN_S[min(self._failures, len(REOPEN_S) - 1)]
        self._failures += 1
        health, detail = _fault(error)
        self.report_health(health, detail)
        return health, detail

    def command(self, call: Callable[[Board], Acknowledgement]) -> Acknowledgement:
        """Sends one command.

        A lost answer or a refusal does not close the port: the next command goes out all the same.
        """
        with self.calling() as board:
            answer = call(board)
        if answer.heard:
            self.answered(About.RELAY)
        elif answer.heard is False:
            self.missed(About.RELAY, answer.trouble or BoardSilent(say("плата не ответила на команду")))
        return answer

    def contact(self, channel: int) -> Contact:
        """Asks the board about one of its relays. Its answer, or the lack of one, determines its health."""
        try:
            with self.calling() as board:
                contact = board.contact(channel)
        except BoardNonsense as error:
            self.missed(About.RELAY, error)
            return Contact.UNKNOWN
        if self.wanted():  # a read is cut short for a waiting job
            return contact
        if contact is Contact.UNKNOWN and self.board.reads_back:
            self.missed(About.RELAY, BoardSilent(say("плата не отвечает о реле")))
        else:
            self.answered(About.RELAY)
        return contact

    def missed(self, about: About, error: BoardError) -> None:
        """Counts an answer that was missing or not credible."""
        self._missed[about] += 1
        if self.silent(about):
            self._troubles[about] = _fault(error)
            self._report_trouble()

    def answered(self, about: About) -> None:
        """Counts a valid answer."""
        self._missed[about] = 0
        self._troubles.pop(about, None)
        self._heard_of_relay = self._heard_of_relay or about is About.RELAY
        if self._heard_of_relay:
            self._report_trouble()

    def silent(self, about: About) -> bool:
        """Whether so many answers in a row were missed that the board counts as silent."""
        return self._missed[about] >= MISSES

    @property
    def in_doubt(self) -> bool:
        """Whether the last answer about a relay was missing or not credible."""
        return self._missed[About.RELAY] > 0

    def _report_trouble(self) -> None:
        self.report_health(*next(iter(self._troubles.values()), (Health.OK, "")))

    def last_off(self, channel: int) -> None:
        """Sends OFF while the thread ends, whatever the state of the port. Raises one of `PORT_ERRORS`."""
        if not self.opened:
            with self.calling() as board:
                board.open(self._channels)
            self.opened = True
        with self.calling() as board:
            board.switch(channel, on=False)

    def close(self) -> None:
        """Releases the port. A driver can hang in this too, so it is marked as a call."""
        self.opened = False
        with self._busy():
            self.board.close()

    @contextmanager
    def calling(self) -> Iterator[Board]:
        """Marks one driver call. A thread abandoned in the meantime stops here."""
        with self._busy():
            yield self.board
        if self.abandoned:
            raise BoardLost(say("поток платы заменён: вызов драйвера не вернулся вовремя"))

    @contextmanager
    def _busy(self) -> Iterator[None]:
        self.busy_since = self.now()
        try:
            yield
        finally:
            self.busy_since = None

    def abandon(self) -> None:
        """Gives the port up: it is free for a fresh worker, and this one's reports are ignored."""
        self.abandoned = True
        self.board.abandon()

    def report_health(self, health: Health, detail: str) -> None:
        """Reports the board's health, if it has changed."""
        if health != self.health:
            (log.info if health is Health.OK else log.warning)("плата %s: %s %s", self.name, health, detail)
            self.health = health
            self.report(BoardHealth(self.name, health, detail))

    def report(self, fact: Fact) -> None:
        """Reports to the controller, unless a fresh worker has taken over the board."""
        if not self.abandoned:
            self._report(fact)


def _fault(error: Exception) -> tuple[Health, str]:
    """The health that an error means, and its text."""
    detail = str(error) if isinstance(error, BoardError) else say("порт отказал: {error}", error=error)
    if isinstance(error, BoardSilent):
        return Health.SILENT, detail
    return (Health.LOST if isinstance(error, BoardLost | OSError | termios.error) else Health.NONSENSE), detail
