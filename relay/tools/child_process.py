"""`python -m relay.tools.child_process`: a relay process that ends with its parent, for `gate relay-test`.

The plan arrives over a pipe. When the pipe closes, the relay sends OFF and exits. It closes however the other side
ends: when done, by Ctrl-C, a dropped SSH session or `kill -9`. In its own process the relay has the main thread, and
with it the signals.
"""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from core.words.language import read_language, say, speak
from relay.client import RelayClient
from relay.errors import RelayAbsent, RelayError
from relay.process.main import RelayProcess, switch_everything_off
from relay.settings import RelayPlan

START_S = 10.0
STOP_S = 5.0
LOOK_S = 0.05


@contextmanager
def child_relay(plan: RelayPlan) -> Iterator[None]:
    """Runs a responding relay process while the block lasts. Raises `RelayError` if none can be started."""
    process = subprocess.Popen(
        [sys.executable, "-m", "relay.tools.child_process"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,  # signals to this terminal must not hit the process that has to send OFF
    )
    try:
        _begin(process, plan)
        yield
    finally:
        _end(process, plan)


def _begin(process: subprocess.Popen[bytes], plan: RelayPlan) -> None:
    assert process.stdin is not None
    assert process.stdout is not None
    client = RelayClient(plan.state_dir)
    deadline = time.monotonic() + START_S
    try:
        pickle.dump(plan, process.stdin)
        process.stdin.flush()
    except BrokenPipeError:
        raise RelayError(say("gate relay не запустился")) from None
    while True:
        try:
            client.status()
        except RelayAbsent as absent:
            if process.poll() is not None:
                raise RelayError(process.stdout.read().decode().strip() or say("gate relay не запустился")) from None
            if time.monotonic() > deadline:
                raise RelayError(say("gate relay запущен, но не отвечает: {absent}", absent=absent)) from None
            time.sleep(LOOK_S)
        else:
            return


def _end(process: subprocess.Popen[bytes], plan: RelayPlan) -> None:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.close()
    try:
        process.wait(STOP_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    process.stdout.close()
    if process.returncode not in {0, 1}:  # with these exit codes, it has already sent its last OFF
        switch_everything_off(plan)


def _follow(pipe: int) -> None:
    """When the other side is gone, does what a service manager would do: sends SIGTERM."""
    while os.read(pipe, 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


def main() -> int:
    """Runs the relay process for the plan that arrives over stdin, in the language of whoever started it."""
    speak(read_language(os.environ.get("GATE_LANG")))
    try:
        plan = pickle.load(sys.stdin.buffer)  # noqa: S301 - from the process that started this one
    except (EOFError, pickle.UnpicklingError):  # the parent has already gone
        return 1
    threading.Thread(target=_follow, args=(sys.stdin.fileno(),), name="parent", daemon=True).start()
    try:
        return RelayProcess(plan).run()
    except RelayError as error:
        print(error, flush=True)
        return 1


if __name__ == "__main__":
    sys.exit(main())
