"""One thread for one board: only this thread talks to it and times its pulses.

Whatever happens elsewhere, a contact closed here is opened here: each closing carries its end, and the end needs no
message from anybody. Events are reported to the controller as frozen facts. If a driver hangs, the controller abandons
this worker and starts a fresh one, which sends OFF first (`relay.workers.pool`).

This module handles jobs, due times and inputs. Switching a relay is in `relay.workers.output`, losing and reopening a
port in `relay.workers.port`.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable, Iterator
from typing import assert_never

from core.words.language import say
from relay.boards.seam import Board, Contact, Health
from relay.errors import BoardNonsense, BoardSilent
from relay.workers.jobs import CheckOutputs, Fact, InputsSeen, Job, Keep, Off, Pulse, Stop, WorkerEnded
from relay.workers.output import Output
from relay.workers.port import PORT_ERRORS, About, Port

log = logging.getLogger(__name__)

IDLE_CHECK_S = 5.0
SILENT_POLL_S = 1.0
"""A board that has repeatedly failed to report its inputs is asked only this often."""
INPUTS_AT_MOST_S = 0.25
"""Longest time that a question about inputs takes (`relay.boards.modbus.REPLY_S`)."""
TURN_AT_LEAST_S = 0.005
"""Inputs that are due but have no room must not make the thread spin."""
PRESENCE_S = 0.25
"""How soon an unplugged board is noticed."""
LAST_OFFS = 4
LAST_OFF_AGAIN_S = 0.05
LAST_OFF_S = 0.8
"""No new round of OFF starts later than this after the first, because the process wants to end."""


class BoardWorker(threading.Thread):
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
        self._port = Port(name, board, channels=channels, report=report, now=now, wanted=lambda: self.waiting)
        self._outputs = {channel: Output(channel, self._port) for channel in channels}
        self._input_numbers = input_numbers
        self._input_poll_s = input_poll_s
        self._report_fact = report
        self._now = now
        self._jobs: queue.SimpleQueue[Job] = queue.SimpleQueue()
        self._stopping = False
        self._ending = False
        """The last OFF is being sent: no waiting job counts any more."""
        self._next_check = 0.0
        self._next_presence = 0.0
        self._next_inputs = 0.0
        self.tried = threading.Event()
        """OFF was sent for the first time, or could not be."""
        self.off_sure = False
        """The thread is over, and every output had its last OFF."""
        self.error = ""
        """The error that ended the thread."""

    # -- from other threads --------------------------------------------------------------------------------------

    def post(self, job: Job) -> None:
        """Queues a job; never blocks. `Stop` overtakes waiting jobs: nothing new is started."""
        if isinstance(job, Stop):
            self._stopping = True
        self._jobs.put(job)

    def abandon(self) -> None:
        """Gives up this thread: it does nothing more, and its port is free for a fresh worker."""
        self._port.abandon()

    @property
    def busy_since(self) -> float | None:
        """Since when a driver call has been running; the controller reads it to notice a hang."""
        return self._port.busy_since

    @property
    def times_pulses(self) -> bool:
        """The board itself ends a pulse."""
        return self._port.board.times_pulses

    def check_soon(self) -> None:
        """Sends OFF again to every output that should be open: somebody else may have closed it."""
        self._jobs.put(CheckOutputs())

    @property
    def may_be_closed(self) -> bool:
        """A contact was closed and is not known to be open again."""
        return any(output.may_be_closed for output in self._outputs.values())

    def undone(self) -> Iterator[Job]:
        """The jobs left when the thread has ended."""
        while not self._jobs.empty():
            yield self._jobs.get()

    @property
    def waiting(self) -> bool:
        """Whether a job is waiting: drivers then cut a slow read short."""
        return not self._ending and not self._jobs.empty()

    # -- the thread ----------------------------------------------------------------------------------------------

    def run(self) -> None:
        error = ""
        try:
            while not self._port.abandoned and not self._stopping:
                self._turn()
        except Exception as problem:
            log.exception("плата %s: поток упал", self.board_name)
            error = f"{type(problem).__name__}: {problem}"
        try:
            if not self._port.abandoned:
                self._last_off()
        except Exception as problem:  # a driver failed beyond its own errors: the controller must still hear of the end
            log.exception("плата %s: размыкание в конце не удалось", self.board_name)
            error = error or f"{type(problem).__name__}: {problem}"
        if error:
            self._port.report_health(Health.BROKEN, say("драйвер платы упал: {error}", error=error))
        for output in self._outputs.values():
            if error:
                output.lost(Health.BROKEN, say("драйвер платы упал: {error}", error=error))
            output.tell_end()
        self.error = error
        self._report_fact(WorkerEnded(self.board_name, self.generation, error))

    def _turn(self) -> None:
        """Does what is due, then the next job."""
        port = self._port
        if not port.opened and self._now() >= port.reopen_at:
            self._guard(self._open)
            self.tried.set()
        if port.opened:
            self._guard(self._due)
        try:
            job = self._jobs.get(timeout=max(0.0, self._next_due() - self._now()))
        except queue.Empty:
            return
        if self._stopping:
            return
        if not port.opened:
            if isinstance(job, Pulse) or (isinstance(job, Keep) and job.token != self._outputs[job.channel].token):
                self._outputs[job.channel].refuse(job.token, port.health, say("нет связи с платой"))
            return
        self._guard(lambda: self._do(job))

    def _do(self, job: Job) -> None:
        match job:
            case Pulse():
                self._outputs[job.channel].pulse(job)
            case Keep():
                self._outputs[job.channel].keep(job)
            case Off():
                self._outputs[job.channel].off(job)
                self._due()
            case CheckOutputs():
                self._off_again()
            case Stop():  # pragma: no cover - `run` takes it before it comes here
                pass
            case _ as never:
                assert_never(never)

    def _guard(self, work: Callable[[], None]) -> None:
        try:
            work()
        except PORT_ERRORS as error:
            health, detail = self._port.lose(error)
            for output in self._outputs.values():
                output.lost(health, detail)
            if self._input_numbers:
                self._port.report(InputsSeen(self.board_name, self._now(), ()))

    def _open(self) -> None:
        self._port.open()
        self._next_check = self._next_inputs = 0.0
        self._off_again()  # `open` has already sent OFF; this reads it back

    def _off_again(self) -> None:
        for output in self._outputs.values():
            output.off_again()

    def _last_off(self) -> None:
        """Sends OFF as the last thing to the board, then frees the port.

        Every relay gets its OFF before any is read back. It is repeated until the relay is seen open, or a few times if
        it cannot be read.
        """
        self._ending = True
        left = list(self._outputs.values())
        deadline = self._now() + LAST_OFF_S
        try:
            for _ in range(LAST_OFFS):
                left = [output for output in left if output.last_off()]
                left = self._not_open(left)
                if not left or self._now() >= deadline:
                    break
                time.sleep(LAST_OFF_AGAIN_S)
            self.off_sure = all(output.off_sure for output in self._outputs.values())
        finally:
            self._port.close()

    def _not_open(self, outputs: list[Output]) -> list[Output]:
        """The outputs not seen open. If a board does not answer about one relay, the others are not asked."""
        left: list[Output] = []
        for index, output in enumerate(outputs):
            contact = output.last_look()
            if contact is not Contact.OFF:
                left.append(output)
            if contact is Contact.UNKNOWN:
                return left + outputs[index + 1 :]
        return left

    # -- what time brings ----------------------------------------------------------------------------------------

    def _due(self) -> None:
        for output in self._outputs.values():
            if output.off_at is not None and self._now() >= output.off_at:
                output.switch_off()
        for output in self._outputs.values():
            if output.repeat_at is not None and self._now() >= output.repeat_at and not self.waiting:
                output.repeat_off()
        now = self._now()
        if now >= self._next_presence:
            self._next_presence = now + PRESENCE_S
            self._port.board.check()
        if self._input_numbers and now >= self._next_inputs and self._room():
            self._next_inputs = now + self._input_poll_s
            self._poll_inputs()
        if now >= self._next_check and all(output.off_at is None for output in self._outputs.values()):
            self._next_check = now + IDLE_CHECK_S
            self._check()

    def _check(self) -> None:
        """While idle: is the board there, and are its contacts open?"""
        for output in self._outputs.values():
            if self.waiting:
                return
            output.look()

    def _poll_inputs(self) -> None:
        try:
            with self._port.calling() as board:
                levels = board.inputs(self._input_numbers)
        except (BoardSilent, BoardNonsense) as error:
            self._port.missed(About.INPUTS, error)
            self._next_inputs = self._now()  # at once: a press is short, and a wire loses an answer now and then
            if self._port.silent(About.INPUTS):
                self._port.report(InputsSeen(self.board_name, self._now(), ()))
                self._next_inputs += SILENT_POLL_S  # waiting for it must not hold up commands
            return
        self._port.answered(About.INPUTS)
        self._port.report(InputsSeen(self.board_name, self._now(), tuple(levels.items())))

    def _room(self) -> bool:
        """Whether no OFF falls due while a slow board is asked for its inputs."""
        latest = self._now() + INPUTS_AT_MOST_S
        return all(output.off_at is None or output.off_at > latest for output in self._outputs.values())

    def _next_due(self) -> float:
        if not self._port.opened:
            return self._port.reopen_at
        moments = [self._next_presence]
        for output in self._outputs.values():
            moments += [moment for moment in (output.off_at, output.repeat_at) if moment is not None]
        if self._input_numbers:
            moments.append(max(self._next_inputs, self._now() + TURN_AT_LEAST_S))
        return min(moments)
