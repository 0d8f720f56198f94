"""Several worker processes under one parent, which says in the log what became of each."""

from __future__ import annotations

import logging
import signal

import uvicorn
from uvicorn.supervisors import Multiprocess

HEALTH_S = 60
"""A worker that does not answer its parent for so long hangs. Under load an answer may take a while: uvicorn's own
five seconds killed workers that were only busy."""
log = logging.getLogger(__name__)


class Workers(Multiprocess):
    """Uvicorn's parent process; a death, which uvicorn tells only those who log at INFO, is an error here."""

    def keep_subprocess_alive(self) -> None:
        before = [(process, process.process.is_alive()) for process in self.processes]
        super().keep_subprocess_alive()
        kept = {id(process) for process in self.processes}
        for process, was_alive in before:
            if id(process) not in kept:
                how = f"did not answer for {HEALTH_S} s and was killed" if was_alive else death(process.exitcode)
                log.error("worker %s %s; another takes its place", process.pid, how)


def death(exitcode: int | None) -> str:
    """How a process ended, in words: a signal has a name («SIGKILL» is often the kernel short of memory)."""
    if exitcode is not None and exitcode < 0:
        try:
            return f"was killed by {signal.Signals(-exitcode).name}"
        except ValueError:
            return f"was killed by signal {-exitcode}"
    return f"ended with {exitcode}"


def run(config: uvicorn.Config) -> None:
    """Serve with `config.workers` processes until told to stop."""
    listener = config.bind_socket()
    try:
        Workers(config, [listener]).run()
    finally:
        listener.close()
