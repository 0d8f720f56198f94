"""Several worker processes under one parent, which logs the end of each."""

from __future__ import annotations

import logging
import signal
from time import monotonic

import uvicorn
from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors import Multiprocess
from uvicorn.supervisors.multiprocess import Process

HEALTH_S = 60
"""A worker that does not answer its parent for this long is considered hung. Under load an answer may take a while:
uvicorn's default of five seconds killed workers that were only busy."""
LOOK_S = 0.25
"""How soon the parent notices that a worker it is waiting for has died, or that it must stop itself."""
log = logging.getLogger(__name__)


class NotServing(RuntimeError):
    """The portal could not begin to listen."""


class Workers(Multiprocess):
    """Uvicorn's parent process. It logs the death of a worker as an error; uvicorn logs it only at INFO.

    While it waits for a busy worker's answer, it keeps watching: if the worker dies, it is replaced at once, and a signal to
    stop is obeyed.
    """

    def keep_subprocess_alive(self) -> None:
        for index, process in enumerate(self.processes):
            if self.should_exit.is_set() or self._answers(process):
                continue
            hung = process.process.is_alive()
            process.kill()
            process.join()
            if process.exitcode == STARTUP_FAILURE:
                log.error("worker %s could not start: the portal ends", process.pid)
                self.should_exit.set()
                return
            how = f"did not answer for {HEALTH_S} s and was killed" if hung else death(process.exitcode)
            log.error("worker %s %s; another takes its place", process.pid, how)
            self.processes[index] = Process(self.config, self.sockets)
            self.processes[index].start()

    def _answers(self, process: Process) -> bool:
        """Whether a worker is alive and answers within `HEALTH_S`. Also true if a signal ends the wait for it."""
        deadline = monotonic() + HEALTH_S
        try:
            process.parent_conn.send(b"ping")
            while process.process.is_alive() and monotonic() < deadline:
                if process.parent_conn.poll(LOOK_S):
                    process.parent_conn.recv()
                    return True
                if self.signal_queue:
                    return True
        except (OSError, EOFError):  # its end of the pipe is gone
            return False
        return False


def death(exitcode: int | None) -> str:
    """How a process ended, in words. Signals are named («SIGKILL» often means that the kernel ran out of memory)."""
    if exitcode is not None and exitcode < 0:
        try:
            return f"was killed by {signal.Signals(-exitcode).name}"
        except ValueError:
            return f"was killed by signal {-exitcode}"
    return f"ended with {exitcode}"


def run(config: uvicorn.Config) -> None:
    """Serves with `config.workers` processes until told to stop."""
    listener = config.bind_socket()
    try:
        Workers(config, [listener]).run()
    finally:
        listener.close()
