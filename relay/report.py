"""What `status` tells of barriers and inputs. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from relay.debounce import Debounce
from relay.gatepost import Gatepost
from relay.protocol import BarrierStatus, InputStatus
from relay.wired import Wired


@dataclass(slots=True)
class WiredInput:
    """One input as the desk knows it."""

    state: Wired
    debounce: Debounce
    barrier: str
    lane: str | None
    deaf: bool | None = None
    """Nothing is heard of it: the board does not tell, or its thread has died. None: too early to say."""


def barrier_status(post: Gatepost, now: float, *, times_pulses: bool) -> BarrierStatus:
    """One barrier now."""
    settings = post.settings
    return BarrierStatus(
        name=settings.name,
        driver=settings.driver,
        port=settings.port if settings.pin is None else f"GPIO{settings.pin}",
        health="stuck" if "contact_stuck" in post.alarms else post.health,
        contact=post.contact,
        doing=_doing(post),
        until_s=_until_s(post, now),
        timed_by="board" if times_pulses else "pi",
        position=post.boom.position,
        pulses=post.pulses,
        detail=post.detail,
        alarms=tuple(sorted(post.alarms)),
    )


def input_status(item: WiredInput) -> InputStatus:
    """One wired input now."""
    settings = item.state.settings
    level = {None: "unknown", True: "on", False: "off"}[item.state.active]
    return InputStatus(
        name=settings.name,
        kind=settings.kind,
        barrier=item.barrier,
        lane=item.lane,
        level=level if item.deaf is False else "unknown",
        alarms=("input_deaf",) * bool(item.deaf) + ("input_stuck",) * item.state.stuck,
    )


def _doing(post: Gatepost) -> str:
    state = post.interlock
    if state.fire is not None:
        return "fire"
    if state.hold is not None:
        return "hold"
    return {"starting": "pulse", "ending": "pulse", "hold": "pulse"}.get(state.doing, state.doing)


def _until_s(post: Gatepost, now: float) -> float | None:
    state = post.interlock
    if state.fire is not None or _doing(post) == "idle":
        return None
    return round(max(0.0, (state.hold.until if state.hold else state.until) - now), 3)
