"""One thread for one board: the only one that speaks with it, and the one that times its pulses.

Whatever happens elsewhere, a contact closed here is opened here: each closing carries its end, and the end needs no
message from anybody. What happened is reported to the desk as frozen facts. If a driver hangs, the desk abandons
this owner and starts a fresh one, whose first act is OFF (`relay.crew`).
"""

from __future__ import annotations

import logging
import queue
import termios
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from relay.boards.seam import Board, Contact
from relay.errors import BoardError, BoardLost, BoardNonsense, BoardSilent
from relay.jobs import (
    BoardHealth,
    CheckOutputs,
    CommandFailed,
    ContactSeen,
    Fact,
    InputsSeen,
    Job,
    Keep,
    Off,
    OutputOff,
    OwnerEnded,
    Pulse,
    PulseBegan,
    Stop,
)
from relay.output import (
    BOARD_PULSE_MARGIN_S,
    CONFIRM_ROOM_S,
    IDLE_CHECK_S,
    KEEP_AGAIN_S,
    OFF_AGAIN_S,
    OFF_TRIES,
    PRESENCE_S,
    REOPEN_S,
    SILENT_POLL_S,
    STUCK_AGAIN_S,
    Output,
)

log = logging.getLogger(__name__)


class BoardOwner(threading.Thread):
    """Owns `board`. `post` may be called from any thread and from a signal handler."""

    def __init__(
        self,
        name: str,
        board: Board,
        *,
        channels: tuple[int, ...],
        input_numbers: tuple[int, ...] = (),
        input_poll_s: float = 0.05,
        generation: int = 0,
        report: Callable[[Fact], None],
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(name=f"board:{name}", daemon=True)
        self.board_name = name
        self.generation = generation
        self.busy_since: float | None = None
        """Since when one call of the driver has been running; read by the desk to notice a hang."""
        self._board = board
        self._outputs = {channel: Output(channel) for channel in channels}
        self._input_numbers = input_numbers
        self._input_poll_s = input_poll_s
        self._report_fact = report
        self._now = now
        self._jobs: queue.SimpleQueue[Job] = queue.SimpleQueue()
        self._abandoned = False
        self._stopping = False
        self._opened = False
        self._reopen_at = 0.0
        self._failures = 0
        self._health = "starting"
        self._next_check = 0.0
        self._next_presence = 0.0
        self._next_inputs = 0.0

    def post(self, job: Job) -> None:
        """Queue a job; never blocks. `Stop` overtakes what waits: nothing is begun any more."""
        if isinstance(job, Stop):
            self._stopping = True
        self._jobs.put(job)

    def abandon(self) -> None:
        """Give up on this thread: it does nothing more, and its port is free for a fresh owner."""
        self._abandoned = True
        self._board.abandon()

    @property
    def times_pulses(self) -> bool:
        """The board itself ends a pulse."""
        return self._board.times_pulses

    def check_soon(self) -> None:
        """Send OFF again to every output that should be open: somebody else may have closed it."""
        self._jobs.put(CheckOutputs())

    @property
    def waiting(self) -> bool:
        """A job is waiting: drivers cut a leisurely read short for it."""
        return not self._jobs.empty()

    def run(self) -> None:
        error = ""
        try:
            while not self._abandoned and not self._stopping:
                self._turn()
        except Exception as problem:
            log.exception("board %s: the thread died", self.board_name)
            error = f"{type(problem).__name__}: {problem}"
        finally:
            if not self._abandoned:
                self._last_off()
            self._report_fact(OwnerEnded(self.board_name, self.generation, error))

    def _turn(self) -> None:
        """Do what is due, then the next job."""
        now = self._now()
        if not self._opened and now >= self._reopen_at:
            self._open()
        if self._opened:
            self._guard(self._due)
        try:
            job = self._jobs.get(timeout=max(0.0, self._next_due() - self._now()))
        except queue.Empty:
            return
        if self._stopping:
            return
        if not self._opened:
            if isinstance(job, Pulse) or (isinstance(job, Keep) and job.token != self._outputs[job.channel].token):
                self._report(CommandFailed(self.board_name, job.channel, job.token, self._health, "нет связи с платой"))
            return
        self._guard(lambda: self._do(job))

    # -- jobs ----------------------------------------------------------------------------------------------------

    def _do(self, job: Job) -> None:
        match job:
            case Pulse():
                self._pulse(job)
            case Keep():
                self._keep(job)
            case Off():
                output = self._outputs[job.channel]
                output.token, output.off_at, output.tries, output.told_off = job.token, self._now(), 0, False
                output.board_timed = False
                self._due()
            case CheckOutputs():
                for output in self._outputs.values():
                    if output.off_at is None:
                        output.off_at, output.tries = self._now(), 0
            case Stop():
                pass

    def _pulse(self, job: Pulse) -> None:
        output = self._outputs[job.channel]
        if self._now() > job.expires:
            self._report(CommandFailed(self.board_name, job.channel, job.token, "expired", "просьба устарела"))
            return
        output.token, output.tries, output.told_off = job.token, 0, False
        # The end stands before the beginning: if closing the contact raises half way, OFF is still due.
        output.off_at = self._now() + job.seconds
        output.board_timed = self._board.times_pulses
        if output.board_timed:
            with self._busy():
                self._board.pulse(job.channel, seconds=job.seconds)
            output.off_at = self._now() + job.seconds + BOARD_PULSE_MARGIN_S
        else:
            with self._busy():
                self._board.switch(job.channel, on=True)
            output.off_at = self._now() + job.seconds
        output.contact = Contact.UNKNOWN
        self._report(PulseBegan(self.board_name, job.channel, job.token))
        self._confirm_on(output)

    def _keep(self, job: Keep) -> None:
        output = self._outputs[job.channel]
        fresh = output.token != job.token or output.off_at is None
        if fresh and job.token == output.token:
            return  # its lease ran out before the renewal came: the desk hears of the end and begins anew
        output.token, output.off_at, output.tries, output.told_off = job.token, job.until, 0, False
        if fresh or output.board_timed or self._now() >= output.again_at:
            output.board_timed = False
            output.again_at = self._now() + KEEP_AGAIN_S
            with self._busy():
                self._board.switch(job.channel, on=True)
            output.contact = Contact.UNKNOWN
        if fresh:
            self._report(PulseBegan(self.board_name, job.channel, job.token))
            self._confirm_on(output)

    def _confirm_on(self, output: Output) -> None:
        """Does the board say that the contact has closed? If not, ON once more. Never at the cost of the end."""
        assert output.off_at is not None
        if not self._board.reads_back or output.off_at - self._now() < CONFIRM_ROOM_S:
            return
        if self._contact(output) is Contact.OFF and not output.board_timed:
            log.warning("board %s: relay %d did not close; ON again", self.board_name, output.channel)
            with self._busy():
                self._board.switch(output.channel, on=True)
            self._contact(output)
        self._report(ContactSeen(self.board_name, output.channel, output.contact))

    # -- what time brings ----------------------------------------------------------------------------------------

    def _due(self) -> None:
        for output in self._outputs.values():
            if output.off_at is not None and self._now() >= output.off_at:
                self._switch_off(output)
        now = self._now()
        if now >= self._next_presence:
            self._next_presence = now + PRESENCE_S
            self._board.check()
        if self._input_numbers and now >= self._next_inputs and self._room():
            self._next_inputs = now + self._input_poll_s
            self._poll_inputs()
        if now >= self._next_check and all(output.off_at is None for output in self._outputs.values()):
            self._next_check = now + IDLE_CHECK_S
            self._check()

    def _switch_off(self, output: Output) -> None:
        """One try to open the contact; the next is due soon when the board says it is still closed."""
        if output.board_timed:
            output.board_timed = False
            if self._contact(output) is Contact.OFF:
                self._ended(output, confirmed=True)
                return
        with self._busy():
            self._board.switch(output.channel, on=False)
        output.tries += 1
        contact = self._contact(output)
        if contact is Contact.OFF:
            self._ended(output, confirmed=True)
        elif contact is Contact.UNKNOWN and (not self._board.reads_back or output.tries >= 2):
            self._ended(output, confirmed=None)
        elif output.tries < OFF_TRIES:
            output.off_at = self._now() + OFF_AGAIN_S
        else:
            output.off_at = self._now() + STUCK_AGAIN_S
            if contact is Contact.ON:
                self._tell_off(output, confirmed=False)
            else:
                self._ended(output, confirmed=None)

    def _ended(self, output: Output, *, confirmed: bool | None) -> None:
        output.off_at = None
        self._tell_off(output, confirmed=confirmed)

    def _tell_off(self, output: Output, *, confirmed: bool | None) -> None:
        if not output.told_off:
            output.told_off = True
            self._report(OutputOff(self.board_name, output.channel, output.token, confirmed))
        self._report(ContactSeen(self.board_name, output.channel, output.contact))

    def _check(self) -> None:
        """While idle: is the board there, and are its contacts open?"""
        for output in self._outputs.values():
            if self.waiting:
                return
            before = output.contact
            contact = self._contact(output)
            if contact is Contact.ON:  # switched on by somebody else, or never switched off
                output.off_at, output.tries = self._now(), 0
            if contact is not before:
                self._report(ContactSeen(self.board_name, output.channel, contact))

    def _contact(self, output: Output) -> Contact:
        with self._busy():
            output.contact = self._board.contact(output.channel)
        if self._board.reads_back and not self.waiting:
            silent = output.contact is Contact.UNKNOWN
            self._tell_health("silent" if silent else "ok", "плата не отвечает о реле" if silent else "")
        return output.contact

    def _poll_inputs(self) -> None:
        try:
            with self._busy():
                levels = self._board.inputs(self._input_numbers)
        except (BoardSilent, BoardNonsense) as error:
            self._tell_health("silent" if isinstance(error, BoardSilent) else "nonsense", str(error))
            self._report(InputsSeen(self.board_name, self._now(), ()))
            self._next_inputs = self._now() + SILENT_POLL_S  # waiting for it must not hold up commands
            return
        self._report(InputsSeen(self.board_name, self._now(), tuple(levels.items())))

    def _room(self) -> bool:
        """No OFF falls due while a slow board is asked for its inputs."""
        return all(output.off_at is None or output.off_at - self._now() > 0.25 for output in self._outputs.values())

    def _next_due(self) -> float:
        if not self._opened:
            return self._reopen_at
        moments = [self._next_presence]
        moments += [output.off_at for output in self._outputs.values() if output.off_at is not None]
        if self._input_numbers:
            moments.append(max(self._next_inputs, self._now() + 0.005))
        return min(moments)

    # -- the port ------------------------------------------------------------------------------------------------

    def _guard(self, work: Callable[[], None]) -> None:
        try:
            work()
        except (BoardError, OSError, termios.error) as error:
            self._lose(error)

    def _open(self) -> None:
        try:
            with self._busy():
                self._board.open(tuple(self._outputs))
        except (BoardError, OSError, termios.error) as error:
            self._lose(error)
            return
        self._opened = True
        self._failures = 0
        self._next_check = self._next_inputs = 0.0
        for output in self._outputs.values():  # the board had OFF in `open`; this reads it back
            output.off_at, output.tries = self._now(), 0
        if not self._board.reads_back:
            self._tell_health("ok", "")

    def _lose(self, error: Exception) -> None:
        self._opened = False
        self._board.close()
        self._reopen_at = self._now() + REOPEN_S[min(self._failures, len(REOPEN_S) - 1)]
        self._failures += 1
        detail = str(error) if isinstance(error, BoardError) else f"порт отказал: {error}"
        health = "lost" if isinstance(error, BoardLost | OSError | termios.error) else "nonsense"
        if isinstance(error, BoardSilent):
            health = "silent"
        self._tell_health(health, detail)
        for output in self._outputs.values():
            output.contact = Contact.UNKNOWN
            if not output.told_off:
                output.told_off = True
                self._report(CommandFailed(self.board_name, output.channel, output.token, health, detail))
            output.off_at = None
            self._report(ContactSeen(self.board_name, output.channel, Contact.UNKNOWN))
        if self._input_numbers:
            self._report(InputsSeen(self.board_name, self._now(), ()))

    def _last_off(self) -> None:
        """OFF is the last thing said to the board, then the port is free."""
        for output in self._outputs.values():
            for _ in range(OFF_TRIES):
                try:
                    if not self._opened:
                        self._board.open(tuple(self._outputs))
                        self._opened = True
                    self._board.switch(output.channel, on=False)
                    output.contact = self._board.contact(output.channel)
                except (BoardError, OSError, termios.error) as error:
                    log.warning("board %s: OFF at the end failed: %s", self.board_name, error)
                    break
                if output.contact is not Contact.ON:
                    break
            if not output.told_off:
                output.told_off = True
                confirmed = {Contact.OFF: True, Contact.ON: False, Contact.UNKNOWN: None}[output.contact]
                self._report(OutputOff(self.board_name, output.channel, output.token, confirmed))
        self._board.close()

    def _tell_health(self, health: str, detail: str) -> None:
        if health != self._health:
            (log.info if health == "ok" else log.warning)("board %s: %s %s", self.board_name, health, detail)
            self._health = health
            self._report(BoardHealth(self.board_name, health, detail))

    @contextmanager
    def _busy(self) -> Iterator[None]:
        """Marks one call of the driver; a thread that was abandoned meanwhile goes no further."""
        self.busy_since = self._now()
        try:
            yield
        finally:
            self.busy_since = None
        if self._abandoned:
            raise BoardLost("поток платы заменён: вызов драйвера не вернулся вовремя")

    def _report(self, fact: Fact) -> None:
        if not self._abandoned:
            self._report_fact(fact)
