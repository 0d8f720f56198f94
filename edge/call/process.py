"""`gate call`: waits for the button or a waiting car, and runs one call per lane. It has no part in decisions.

It reads the camera itself. From `gate run` it needs only who stands there; it reports to `gate run` that it is alive
and how calls ended. If it dies the barrier works on: `gate run` raises an alarm and the service manager restarts it.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from edge.call import bell
from edge.call.bell import Bell
from edge.call.ears import LOOK_S, ButtonEar, plate_in, waiting_cars
from edge.call.talk import Cloud, Devices, Ended, Talk, devices_of
from edge.call.words import call_over
from edge.config import GateConfig
from edge.config.schema import Lane
from edge.runtime.control import ControlClient, GateAbsent
from relay.client import Relay
from sync.call_wire import CallRing, Cause

log = logging.getLogger(__name__)
BEAT_S = 10.0


@dataclass(frozen=True, slots=True)
class Parts:
    """What the process works with."""

    config: GateConfig
    gate: ControlClient
    relay: Relay
    cloud: Callable[[], Cloud]
    """Makes a separate cloud connection for one call."""
    devices: Callable[[Lane], Devices]


def lane_devices(config: GateConfig, lane: Lane) -> Devices:
    """The lane's devices; the camera's small stream if there is one, since a call needs no readable plate."""
    return devices_of(config.call, lane.sub_camera or lane.camera, transport=lane.view.transport)


class CallProcess:
    """One run of `gate call`. Everything except listening for presses happens on one event loop."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._bells = {lane.name: Bell() for lane in parts.config.lanes}
        self._talks: set[asyncio.Task[None]] = set()
        self._stop = asyncio.Event()

    async def run(self) -> None:
        """Run until SIGTERM or SIGINT; calls in progress are then ended and the cloud is told."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            with contextlib.suppress(RuntimeError):  # not the main thread: a test ends it by `stop`
                loop.add_signal_handler(number, self.stop)

        def pressed(lane: str) -> None:
            loop.call_soon_threadsafe(self.pressed, lane)

        ear = ButtonEar(self._parts.relay, pressed=pressed)
        ear.start()
        chores = [asyncio.create_task(self._beat())]
        if self._parts.config.call.waiting_s:
            chores.append(asyncio.create_task(self._watch()))
        log.info("звонки: жду кнопки вызова")
        try:
            await self._stop.wait()
        finally:
            ear.stop()
            for task in (*chores, *self._talks):
                task.cancel()
            await asyncio.gather(*chores, *self._talks, return_exceptions=True)

    def stop(self) -> None:
        """Stop. Call on the event loop."""
        self._stop.set()

    def pressed(self, lane: str) -> None:
        """The call button of a lane was pressed. Call on the event loop."""
        if lane in self._bells:
            self._bells[lane], rings = bell.pressed(self._bells[lane], time.monotonic())
            if rings:
                self._begin(lane, "button", None)

    async def _watch(self) -> None:
        """Ring for a car that has stood long enough."""
        after_s = self._parts.config.call.waiting_s
        while True:
            await asyncio.sleep(LOOK_S)
            for car in await asyncio.to_thread(waiting_cars, self._parts.gate):
                if car.lane in self._bells:
                    self._bells[car.lane], rings = bell.waits(
                        self._bells[car.lane], car.visit_id, car.waited_s, time.monotonic(), after_s=after_s
                    )
                    if rings:
                        self._begin(car.lane, "car", car.plate)

    def _begin(self, lane: str, cause: Cause, plate: str | None) -> None:
        talk = asyncio.create_task(self._talk(lane, cause, plate))
        self._talks.add(talk)
        talk.add_done_callback(self._talks.discard)

    async def _talk(self, lane: str, cause: Cause, plate: str | None) -> None:
        try:
            if plate is None:
                plate = await asyncio.to_thread(plate_in, self._parts.gate, lane)
            ring = CallRing(id=str(uuid.uuid4()), lane=lane, cause=cause, plate=plate and plate[:16])
            found = self._parts.config.lane(lane)
            assert found is not None
            log.info("звонок с полосы %s: %s", lane, ring.id)
            talk = Talk(
                ring,
                cloud=self._parts.cloud(),
                settings=self._parts.config.call,
                devices=partial(self._parts.devices, found),
            )
            await self._note(lane, await talk.run())
        except Exception:
            log.exception("звонок оборвался")
        finally:
            self._bells[lane] = bell.over(self._bells[lane], time.monotonic(), pause_s=self._parts.config.call.pause_s)

    async def _note(self, lane: str, ended: Ended) -> None:
        """Record the end of a call in the gate's journal; if `gate run` is down, only the log has it."""
        state = ended.state
        words = call_over(
            ended.call_id,
            by=state.by,
            answered_after_s=None if state.answered is None else state.answered - state.begun,
            talked_s=0.0 if state.answered is None else ended.at - state.answered,
            ending=state.ending,
        )
        log.info("%s", words)
        with contextlib.suppress(GateAbsent):
            await asyncio.to_thread(self._parts.gate.call, lane, words)

    async def _beat(self) -> None:
        while True:
            with contextlib.suppress(GateAbsent):
                await asyncio.to_thread(self._parts.gate.call)
            await asyncio.sleep(BEAT_S)
