"""The status of barriers and inputs. Pure."""

from __future__ import annotations

from relay.barrier.unit import BarrierUnit
from relay.boards.seam import Health
from relay.inputs.unit import InputUnit
from relay.protocol import BarrierStatus, InputStatus


def barrier_status(barrier: BarrierUnit, now: float, *, times_pulses: bool) -> BarrierStatus:
    """The present status of one barrier."""
    settings = barrier.settings
    return BarrierStatus(
        name=settings.name,
        driver=settings.driver,
        port=settings.port if settings.pin is None else f"GPIO{settings.pin}",
        health=Health.STUCK if "contact_stuck" in barrier.alarms else barrier.health,
        contact=barrier.contact,
        doing=_doing(barrier),
        until_s=_until_s(barrier, now),
        timed_by="board" if times_pulses else "pi",
        position=barrier.boom.position,
        pulses=barrier.pulses,
        detail=barrier.detail,
        alarms=tuple(sorted(barrier.alarms)),
    )


def input_status(item: InputUnit) -> InputStatus:
    """The present status of one wired input."""
    settings = item.settings
    level = {None: "unknown", True: "on", False: "off"}[item.state.active]
    return InputStatus(
        name=settings.name,
        kind=settings.kind,
        barrier=item.barrier,
        lane=item.lane,
        level=level if item.deaf is False else "unknown",
        alarms=("input_deaf",) * bool(item.deaf) + ("input_stuck",) * item.state.stuck,
    )


def _doing(barrier: BarrierUnit) -> str:
    state = barrier.interlock
    if state.fire is not None:
        return "fire"
    if state.hold is not None:
        return "hold"
    return {"starting": "pulse", "ending": "pulse", "hold": "pulse"}.get(state.doing, state.doing)


def _until_s(barrier: BarrierUnit, now: float) -> float | None:
    state = barrier.interlock
    if state.fire is not None or _doing(barrier) == "idle":
        return None
    return round(max(0.0, (state.hold.until if state.hold else state.until) - now), 3)
