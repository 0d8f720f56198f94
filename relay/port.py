"""The port of one board as its owner thread uses it: opened, lost, opened again; how the board fares.

Calls of the driver are marked here, so that another thread can notice one that hangs, and nothing is reported any
more once the port was given up.
"""

from __future__ import annotations

import logging
import termios
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from core.language import say
from relay.boards.seam import Board, Contact
from relay.errors import BoardError, BoardLost, BoardNonsense, BoardSilent
from relay.jobs import BoardHealth, Fact

log = logging.getLogger(__name__)

PORT_ERRORS = (BoardError, OSError, termios.error)
"""After any of these the port is closed and opened again."""
REOPEN_S = (0.2, 0.5, 1.0)
"""Back-off of opening a lost port; the last for ever."""


class Port:
    """Belongs to the owner thread; `abandon` and `busy_since` are for the thread that watches it."""

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

    def open(self) -> None:
        """Claim the port; every channel gets OFF. Raises one of `PORT_ERRORS`."""
        with self.calling() as board:
            board.open(self._channels)
        self.opened = True
        self._failures = 0
        if not self.board.reads_back:
            self.tell_health("ok", "")

    def lose(self, error: Exception) -> tuple[str, str]:
        """Close the port until `reopen_at`; the health that `error` means, and its words."""
        self.close()
        self.reopen_at = self.now() + REOPEN_S[min(self._failures, len(REOPEN_S) - 1)]
        self._failures += 1
        detail = str(error) if isinstance(error, BoardError) else say("порт отказал: {error}", error=error)
        health = "lost" if isinstance(error, BoardLost | OSError | termios.error) else "nonsense"
        if isinstance(error, BoardSilent):
            health = "silent"
        self.tell_health(health, detail)
        return health, detail

    def contact(self, channel: int) -> Contact:
        """Ask the board for one of its relays; its answer, or that there is none, tells how it fares."""
        try:
            with self.calling() as board:
                contact = board.contact(channel)
        except BoardNonsense as error:
            self.tell_health("nonsense", str(error))
            return Contact.UNKNOWN
        if not self.wanted():  # a read is cut short for a job that waits
            silent = contact is Contact.UNKNOWN and self.board.reads_back
            self.tell_health("silent" if silent else "ok", say("плата не отвечает о реле") if silent else "")
        return contact

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
        """Give the port up: it is free for a fresh owner, and this one is not heard any more."""
        self.abandoned = True
        self.board.abandon()

    def tell_health(self, health: str, detail: str) -> None:
        """Report how the board fares, if that has changed."""
        if health != self.health:
            (log.info if health == "ok" else log.warning)("плата %s: %s %s", self.name, health, detail)
            self.health = health
            self.report(BoardHealth(self.name, health, detail))

    def report(self, fact: Fact) -> None:
        """Tell the desk, unless a fresh owner speaks for the board."""
        if not self.abandoned:
            self._report(fact)
