"""The port of one board as its worker thread uses it: opened, lost, opened again; how the board fares.

Calls of the driver are marked here, so that another thread can notice one that hangs, and nothing is reported any
more once the port was given up.
"""

from __future__ import annotations

import logging
import termios
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import Enum, auto

from core.words.language import say
from relay.boards.seam import Acknowledgement, Board, Contact
from relay.errors import BoardError, BoardLost, BoardNonsense, BoardSilent
from relay.workers.jobs import BoardHealth, Fact

log = logging.getLogger(__name__)

PORT_ERRORS = (BoardError, OSError, termios.error)
"""After any of these the port is closed and opened again."""
REOPEN_S = (0.2, 0.5, 1.0)
"""Back-off of opening a lost port; the last for ever."""
MISSES = 4
"""So many answers in a row have to be missed before a board is told to be silent: wires lose one now and then."""


class About(Enum):
    """What a board is asked about: its relays may be heard of while its inputs are not, and the other way round."""

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
        """Since when one call of the driver has been running."""
        self.abandoned = False
        self.opened = False
        self.reopen_at = 0.0
        self.health = "starting"
        self._channels = channels
        self._report = report
        self.wanted = wanted
        """A job waits: what is leisurely is cut short."""
        self._failures = 0
        self._missed = dict.fromkeys(About, 0)
        self._troubles: dict[About, tuple[str, str]] = {}
        self._heard_of_relay = False

    def open(self) -> None:
        """Claim the port; every channel gets OFF. Raises one of `PORT_ERRORS`."""
        with self.calling() as board:
            board.open(self._channels)
        self.opened = True
        self._failures = 0
        self._missed, self._troubles, self._heard_of_relay = dict.fromkeys(About, 0), {}, False
        if not self.board.reads_back:
            self.tell_health("ok", "")

    def lose(self, error: Exception) -> tuple[str, str]:
        """Close the port until `reopen_at`; the health that `error` means, and its words."""
        self.close()
        self.reopen_at = self.now() + REOPEN_S[min(self._failures, len(REOPEN_S) - 1)]
        self._failures += 1
        health, detail = _fault(error)
        self.tell_health(health, detail)
        return health, detail

    def command(self, call: Callable[[Board], Acknowledgement]) -> Acknowledgement:
        """Send one command. An answer that is lost, or a refusal, closes no port: the next command goes out all the same."""
        with self.calling() as board:
            answer = call(board)
        if answer.heard:
            self.answered(About.RELAY)
        elif answer.heard is False:
            self.missed(About.RELAY, answer.trouble or BoardSilent(say("плата не ответила на команду")))
        return answer

    def contact(self, channel: int) -> Contact:
        """Ask the board for one of its relays; its answer, or that there is none, tells how it fares."""
        try:
            with self.calling() as board:
                contact = board.contact(channel)
        except BoardNonsense as error:
            self.missed(About.RELAY, error)
            return Contact.UNKNOWN
        if self.wanted():  # a read is cut short for a job that waits
            return contact
        if contact is Contact.UNKNOWN and self.board.reads_back:
            self.missed(About.RELAY, BoardSilent(say("плата не отвечает о реле")))
        else:
            self.answered(About.RELAY)
        return contact

    def missed(self, about: About, error: BoardError) -> None:
        """One answer did not come, or cannot be believed."""
        self._missed[about] += 1
        if self.silent(about):
            self._troubles[about] = _fault(error)
            self._tell()

    def answered(self, about: About) -> None:
        """One answer came, and made sense."""
        self._missed[about] = 0
        self._troubles.pop(about, None)
        self._heard_of_relay = self._heard_of_relay or about is About.RELAY
        if self._heard_of_relay:
            self._tell()

    def silent(self, about: About) -> bool:
        """So many answers were missed in a row that the board is told to be silent."""
        return self._missed[about] >= MISSES

    @property
    def in_doubt(self) -> bool:
        """The last answer about a relay did not come, or could not be believed."""
        return self._missed[About.RELAY] > 0

    def _tell(self) -> None:
        self.tell_health(*next(iter(self._troubles.values()), ("ok", "")))

    def last_off(self, channel: int) -> None:
        """OFF while the thread ends, whatever state the port is in. Raises one of `PORT_ERRORS`."""
        if not self.opened:
            with self.calling() as board:
                board.open(self._channels)
            self.opened = True
        with self.calling() as board:
            board.switch(channel, on=False)

    def close(self) -> None:
        """Let go of the port. A driver can hang in that too, so it is marked as a call."""
        self.opened = False
        with self._busy():
            self.board.close()

    @contextmanager
    def calling(self) -> Iterator[Board]:
        """Marks one call of the driver; a thread that was abandoned meanwhile goes no further."""
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
        """Give the port up: it is free for a fresh worker, and this one is not heard any more."""
        self.abandoned = True
        self.board.abandon()

    def tell_health(self, health: str, detail: str) -> None:
        """Report how the board fares, if that has changed."""
        if health != self.health:
            (log.info if health == "ok" else log.warning)("плата %s: %s %s", self.name, health, detail)
            self.health = health
            self.report(BoardHealth(self.name, health, detail))

    def report(self, fact: Fact) -> None:
        """Tell the controller, unless a fresh worker speaks for the board."""
        if not self.abandoned:
            self._report(fact)


def _fault(error: Exception) -> tuple[str, str]:
    """The health that an error means, and its words."""
    detail = str(error) if isinstance(error, BoardError) else say("порт отказал: {error}", error=error)
    if isinstance(error, BoardSilent):
        return "silent", detail
    return ("lost" if isinstance(error, BoardLost | OSError | termios.error) else "nonsense"), detail
