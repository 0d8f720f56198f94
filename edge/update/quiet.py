"""When the program may be replaced: lanes empty, no barrier moving, and all of that known. Unknown is not quiet."""

from __future__ import annotations

import time
from collections.abc import Callable

from edge.language import say
from edge.runtime.status import NOT_TAKEN, GateStatus
from edge.update.errors import UpdateUnready

LOOK_S = 2.0
PATIENCE_S = 3600.0


def disturbance(status: GateStatus | None) -> str:
    """Why the program must not be replaced now; empty = all quiet. `None`: `gate run` does not answer. Pure."""
    if status is None or status.occupied is None:
        return say("gate run не отвечает: не видно, пусто ли в проездах")
    if status.relay_pid is None:
        return say("процесс шлагбаума не отвечает: не видно, что он делает")
    if status.occupied:
        return say("в проезде машина: {lanes}", lanes=", ".join(status.occupied))
    # One that no relay process has taken up is moved by none.
    if at_work := sorted(one.name for one in status.barriers if one.doing != "idle" and one.health != NOT_TAKEN):
        return say("шлагбаум занят: {names}", names=", ".join(at_work))
    blind = sorted(camera.lane for camera in status.cameras if not camera.alive or camera.frozen)
    return say("камера не показывает, пусто ли: {lanes}", lanes=", ".join(blind)) if blind else ""


def await_quiet(
    look: Callable[[], GateStatus | None],
    *,
    quiet_s: float,
    patience_s: float = PATIENCE_S,
    told: Callable[[str], None] = lambda _why: None,
    clock: Callable[[], float] = time.monotonic,
    rest: Callable[[float], None] = time.sleep,
) -> None:
    """Return after `quiet_s` of uninterrupted quiet. Raises UpdateUnready after `patience_s`: try another time."""
    began = since = clock()
    last = ""
    while True:
        why, now = disturbance(look()), clock()
        if why:
            since = now
            if why != last:
                told(why)
        elif now - since >= quiet_s:
            return
        last = why
        if now - began >= patience_s:
            raise UpdateUnready(last or say("ещё не было тихой минуты"))
        rest(min(LOOK_S, quiet_s))
