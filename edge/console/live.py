"""The server-sent event stream: the changed parts of the home page, and a beat that tells how old everything is.

One message is `{"beat": {...}, "parts": {name: html}, "waiting": [ids], "token": …}`. A beat comes at least every
second, so a page that misses one knows that it is out of date. A stream ends by itself after a while, so that an
expired session ends too.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

import anyio

from edge.config import GateConfig
from edge.console.views import lane_cards, titled, visit_row, waiting_cards
from edge.console.watch import Now
from edge.health import health_rows, without_gate

LOOK_S = 0.4
BEAT_S = 1.0
HEALTH_S = 5.0
STREAM_S = 600.0
MOST_STREAMS = 24

Render = Callable[[str, Mapping[str, Any]], str]


def parts_of(config: GateConfig, now: Now, render: Render, more: Mapping[str, Any]) -> tuple[dict[str, str], list[str]]:
    """Every part of the home page by name, and the ids of the waiting cars in order."""
    lanes = lane_cards(config, now)
    waiting = () if now.gate is None else waiting_cards(config, now.gate.scene)
    visits = None if now.visits is None else [visit_row(visit, config, now=now.wall) for visit in now.visits]
    status = without_gate(config, now.relay) if now.gate is None else titled(config, now.gate.status)
    rows = health_rows(status, () if now.relay is None else now.relay.inputs, zone=config.zone)
    unseen = [lane.title for lane in lanes if not lane.seeing]
    shown = {
        "lanes": lanes,
        "now": now,
        "visits": visits,
        "late": now.visits_late,
        "rows": rows,
        "waiting": waiting,
        "unseen": unseen,
        **more,
    }
    parts = {name: render(f"parts/{name}.html", shown) for name in ("state", "calm", "visits", "health")}
    for lane in lanes:
        parts[f"lane-{lane.index}"] = render("parts/lane.html", {"lane": lane, **more})
    for card in waiting:
        parts[f"waiting-{card.id}"] = render("parts/waiting.html", {"card": card, **more})
        parts[f"act-{card.id}"] = render("parts/act.html", {"card": card, **more})
    return parts, [card.id for card in waiting]


def beat_of(config: GateConfig, now: Now) -> dict[str, Any]:
    """Whatever changes by itself: how long cars wait, the rest of a hold, and whether buttons may be pressed.

    Seconds count from this moment: what was heard a while ago has gone on since. `opens`: the waiting cars for which
    OPEN may be pressed now, because both processes answer and the board of that car's barrier is well.
    """
    lanes: dict[str, Any] = {}
    since_relay = now.relay_age_s or 0.0
    for index, lane in enumerate(config.lanes):
        seen = None if now.gate is None else now.gate.scene.lane(lane.name)
        barrier = now.barrier(lane.barrier)
        held = barrier is not None and barrier.doing in {"hold", "fire"}
        lanes[str(index)] = {
            "frame": None if seen is None else seen.frame_id,
            "held": held,
            "hold_s": _rest(barrier.until_s, since_relay) if barrier is not None and held else None,
            "ready": now.ready(lane),
        }
    since_gate = now.gate_age_s or 0.0
    visits = () if now.gate is None else now.gate.scene.visits
    waits = {one.visit.visit_id: one.waited_s + since_gate for one in visits}
    opens = [one.visit.visit_id for one in visits if now.ready(config.lane(one.visit.lane))]
    return {"waits": waits, "opens": opens, "lanes": lanes}


def _rest(until_s: float | None, since_s: float) -> float | None:
    return None if until_s is None else max(0.0, until_s - since_s)


def _filled_in(_seed: str = "") -> str:
    """The script puts a new id into the form at each press; a random one here would make every look differ."""
    return ""


class Streams:
    """Makes the streams and counts them. Lives on the server's event loop."""

    def __init__(self, config: GateConfig, look: Callable[[], Now], render: Render) -> None:
        self._config = config
        self._look = look
        self._render = render
        self._open = 0

    @property
    def full(self) -> bool:
        return self._open >= MOST_STREAMS

    async def stream(self, more: Mapping[str, Any], holds: Callable[[], bool]) -> AsyncIterator[bytes]:
        """The messages for one page. `more` is passed to every template. Ends once `holds` says the session is over."""
        self._open += 1
        try:
            ends, beat_at, told = time.monotonic() + STREAM_S, 0.0, dict[str, str]()
            order: list[str] | None = None
            health_at = 0.0
            yield b"retry: 1000\n\n"
            while time.monotonic() < ends and holds():
                now, parts, waiting = await anyio.to_thread.run_sync(self._made, more)
                if time.monotonic() < health_at and "health" in told:
                    parts["health"] = told["health"]  # its figures change at every look
                else:
                    health_at = time.monotonic() + HEALTH_S
                changed = {name: html for name, html in parts.items() if told.get(name) != html}
                if changed or waiting != order or time.monotonic() >= beat_at:
                    message: dict[str, Any] = {"beat": beat_of(self._config, now), "parts": changed}
                    if waiting != order:
                        message["waiting"] = waiting
                    if not told:  # the page may come from an earlier process than this one
                        message["token"] = more["token"]
                    told, order, beat_at = parts, waiting, time.monotonic() + BEAT_S
                    yield f"data: {json.dumps(message, ensure_ascii=False, separators=(',', ':'))}\n\n".encode()
                await asyncio.sleep(LOOK_S)
        finally:
            self._open -= 1

    def _made(self, more: Mapping[str, Any]) -> tuple[Now, dict[str, str], list[str]]:
        now = self._look()
        return now, *parts_of(self._config, now, self._render, {**more, "new_id": _filled_in})
