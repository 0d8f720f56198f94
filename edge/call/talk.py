"""One call from its ring to its end: follows the cloud, answers the newest offer, plays tones, records the end.

Runs on the event loop. Requests to the cloud run on this call's own thread, because `CloudHttp` belongs to one thread.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol, TypeVar

from aiortc import MediaStreamTrack

from edge.call import conversation, tones
from edge.call.conversation import Connect, Conversation
from edge.call.errors import OfferInvalid, SoundLost
from edge.call.feed import CameraFeed
from edge.call.peer import Peer
from edge.call.settings import FROM_CAMERA, CallSettings
from edge.call.sound import AlsaLoudspeaker, AlsaMicrophone, Loudspeaker, Microphone
from edge.call.tracks import CameraSoundTrack, MicrophoneTrack, PictureTrack
from edge.language import say
from sync.call_wire import CallReport, CallRing, CallTold, MediaCounts
from sync.errors import CloudError, CloudRefused, EnrolmentLost

log = logging.getLogger(__name__)
REPORT_S = 2.0
RING_WAIT_S = 10.0
AGAIN_S = 1.0
BUSY_S = 3.0
"""How long the busy tone is played when nobody answers."""
T = TypeVar("T")


class Cloud(Protocol):
    """The part of `sync.call_api.CallApi` that a call uses."""

    def ring(self, ring: CallRing) -> CallTold: ...

    def report(self, call_id: str, report: CallReport) -> CallTold: ...

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Devices:
    """Camera, microphone and loudspeaker of the lane; None = there is no such device."""

    feed: CameraFeed
    microphone: Microphone | None
    loudspeaker: Loudspeaker | None
    camera_sound: bool


def devices_of(settings: CallSettings, camera: str, *, transport: str) -> Devices:
    """The devices in `[call]`, not opened yet. `camera`: the address of the lane's small stream, else of its camera."""
    own = settings.microphone and settings.microphone != FROM_CAMERA
    return Devices(
        feed=CameraFeed(camera, transport=transport, with_sound=settings.microphone == FROM_CAMERA),
        microphone=AlsaMicrophone(settings.microphone) if own else None,
        loudspeaker=AlsaLoudspeaker(settings.loudspeaker) if settings.loudspeaker else None,
        camera_sound=settings.microphone == FROM_CAMERA,
    )


@dataclass(frozen=True, slots=True)
class Ended:
    """What the journal records of a call. Times are CLOCK_MONOTONIC seconds."""

    call_id: str
    state: Conversation
    at: float


class Talk:
    """One call. `devices` makes fresh ones, because the camera is read only during a talk."""

    def __init__(self, ring: CallRing, *, cloud: Cloud, settings: CallSettings, devices: Callable[[], Devices]) -> None:
        self._ring = ring
        self._cloud = cloud
        self._settings = settings
        self._devices = devices()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="call-cloud")
        self._peer: Peer | None = None
        self._answer = ""
        self._problem = ""
        self._call_id = ring.id
        now = time.monotonic()
        self._state = Conversation(begun=now, heard=now)

    async def run(self) -> Ended:
        """From the ring to the end. Raises nothing but CancelledError."""
        tone = asyncio.create_task(self._sound_of_ringing())
        try:
            await self._follow()
            if self._state.answered is None:
                tone.cancel()
                await self._play_for(BUSY_S, tones.BUSY)
        except asyncio.CancelledError:
            await self._say_good_bye()
            raise
        finally:
            tone.cancel()
            await self._release_devices()
        return Ended(self._call_id, self._state, time.monotonic())

    async def _follow(self) -> None:
        """Follow the cloud until the call is over."""
        rung = unknown = False
        while not self._state.ending:
            try:
                if not rung:
                    said = await self._ask(lambda: self._cloud.ring(self._ring))
                    rung, self._call_id = True, said.id
                else:
                    report = await self._report()
                    said = await self._ask(lambda report=report: self._cloud.report(self._call_id, report))  # type: ignore[misc]
            except (CloudRefused, EnrolmentLost) as error:
                if isinstance(error, EnrolmentLost) and not unknown:  # the token may have been rotated just now
                    unknown = True
                    await asyncio.sleep(AGAIN_S)
                    continue
                log.warning("звонок: %s", error)
                self._state, _ = conversation.refused(self._state)
            except CloudError as error:
                log.debug("звонок: %s", error)
                await self._count()  # media are counted without the cloud, also after a request that failed slowly
                flows = self._peer is not None and self._peer.flows
                self._state, _ = conversation.silent(self._state, time.monotonic(), flows=flows)
                await asyncio.sleep(AGAIN_S)
            else:
                unknown = False
                self._state, action = conversation.told(self._state, said, time.monotonic())
                if isinstance(action, Connect):
                    await self._connect(action)

    async def _report(self) -> CallReport:
        rings = self._state.answered is None
        if self._peer is not None and not self._answer:
            await asyncio.sleep(REPORT_S)  # counts two seconds apart show whether something passes
        return CallReport(
            seen=self._state.version,
            wait_s=RING_WAIT_S if rings else REPORT_S if self._peer is None else 0.0,
            attempt=self._state.attempt if self._answer else 0,
            answer=self._take_answer(),
            problem=(self._problem or self._devices.feed.trouble)[:200],
            counts=await self._count(),
        )

    def _take_answer(self) -> str:
        answer, self._answer = self._answer, ""
        return answer

    async def _count(self) -> MediaCounts | None:
        return None if self._peer is None else await self._peer.counts()

    async def _connect(self, wanted: Connect) -> None:
        if self._peer is not None:
            await self._peer.close()
        if not self._devices.feed.is_alive() and self._devices.feed.ident is None:
            self._devices.feed.start()
        self._peer = Peer(wanted, send=self._tracks(), loudspeaker=self._devices.loudspeaker)
        self._problem = ""
        try:
            self._answer = await self._peer.answer()
        except OfferInvalid as error:
            await self._peer.close()
            self._peer = None
            log.warning("звонок: предложение браузера не принято: %s", error)
            self._problem = say("шлагбаум не понял браузер")

    def _tracks(self) -> list[MediaStreamTrack]:
        devices = self._devices
        tracks: list[MediaStreamTrack] = [
            PictureTrack(devices.feed, width_px=self._settings.width_px, fps=self._settings.fps)
        ]
        if devices.camera_sound:
            tracks.append(CameraSoundTrack(devices.feed))
        elif devices.microphone is not None:
            tracks.append(MicrophoneTrack(devices.microphone))
        return tracks

    async def _sound_of_ringing(self) -> None:
        while self._state.rings:
            await self._play_for(sum(tones.RINGING), tones.RINGING)

    async def _play_for(self, seconds: float, cadence: tuple[float, float]) -> None:
        """Play a tone until somebody speaks: tone and voice cannot share the loudspeaker."""
        speaker = self._devices.loudspeaker
        begun = time.monotonic()
        for number in range(round(seconds / tones.CHUNK_S)):
            if self._peer is not None:
                return
            if speaker is not None:
                try:
                    await speaker.play(tones.chunk(number, cadence))
                except SoundLost as error:
                    log.warning("звонок: %s", error)
                    return
            ahead_s = (number + 1) * tones.CHUNK_S - (time.monotonic() - begun)
            await asyncio.sleep(max(0.0, ahead_s - 0.1))

    async def _say_good_bye(self) -> None:
        """Tell the cloud that the process ends, so that the person learns it at once instead of after minutes."""
        if not self._state.ending:
            self._state = conversation.hung_up(self._state)
            with contextlib.suppress(CloudError):
                await self._ask(lambda: self._cloud.report(self._call_id, CallReport(hang_up=True)))

    async def _release_devices(self) -> None:
        if self._peer is not None:
            await self._peer.close()
        self._devices.feed.stop()
        for device in (self._devices.microphone, self._devices.loudspeaker):
            if device is not None:
                await device.close()
        await self._ask(self._cloud.close)
        self._thread.shutdown(wait=False)

    async def _ask(self, what: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, what)
