"""One WebRTC connection with one browser, by aiortc: answers its offer, plays its voice, counts what passes."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Sequence
from typing import Any

import av
from aiortc import (
    MediaStreamTrack,
    RTCConfiguration,
    RTCIceServer,
    RTCPeerConnection,
    RTCSessionDescription,
)
from aiortc.mediastreams import MediaStreamError

from edge.call.conversation import Connect
from edge.call.errors import OfferInvalid, SoundLost
from edge.call.feed import SAMPLE_RATE
from edge.call.sound import CHUNK_BYTES, Loudspeaker
from sync.call_wire import MediaCounts

log = logging.getLogger(__name__)
FLOWS_S = 5.0
ANSWER_S, CLOSE_S = 20.0, 10.0
"""Limits for gathering addresses, which waits for third-party servers, and for closing, which waits for the peer."""
LATE_FRAMES = 15
"""Voice waiting longer than this many 20 ms frames is dropped, so that a talk does not lag."""


class Peer:
    """The connection of one `attempt`. Used only on the event loop."""

    def __init__(self, wanted: Connect, *, send: Sequence[MediaStreamTrack], loudspeaker: Loudspeaker | None) -> None:
        self.attempt = wanted.attempt
        self._offer = wanted.offer
        servers = [RTCIceServer(one.urls, one.username or None, one.credential or None) for one in wanted.ice]
        self._link = RTCPeerConnection(RTCConfiguration(iceServers=servers))
        self._send = send
        self._loudspeaker = loudspeaker
        self._played = 0
        self._flowed_at = 0.0
        self._counted = (0, 0)
        self._voices: set[asyncio.Task[None]] = set()
        self._link.add_listener("track", self._play_track)

    @property
    def flows(self) -> bool:
        """Whether the browser has sent or acknowledged anything in the last seconds."""
        return time.monotonic() - self._flowed_at < FLOWS_S

    async def answer(self) -> str:
        """The answer to its offer, with all our addresses. Raises OfferInvalid."""
        try:
            async with asyncio.timeout(ANSWER_S):
                return await self._answered()
        except Exception as error:  # untrusted text in a third-party parser: any failure is the offer's fault
            raise OfferInvalid(f"{type(error).__name__}: {error}"[:200]) from error

    async def _answered(self) -> str:
        await self._link.setRemoteDescription(RTCSessionDescription(self._offer, "offer"))
        offered = {one.kind for one in self._link.getTransceivers()}
        if "video" not in offered:
            raise ValueError("no picture is asked for")
        for track in self._send:
            if track.kind in offered:
                self._link.addTrack(track)
        await self._link.setLocalDescription(await self._link.createAnswer())
        return str(self._link.localDescription.sdp)

    async def counts(self) -> MediaCounts:
        """What has passed since the connection was made."""
        stats = list((await self._link.getStats()).values())

        def sent(kind: str) -> int:
            return sum(one.packetsSent for one in stats if one.type == "outbound-rtp" and one.kind == kind)

        received = sum(one.packetsReceived for one in stats if one.type == "inbound-rtp")
        # Packets that the browser reports as received (RTCP receiver reports) are as good a sign of life as its voice.
        told = sum(one.packetsReceived for one in stats if one.type == "remote-inbound-rtp")
        if (received, told) != self._counted:
            self._flowed_at = time.monotonic()
        self._counted = (received, told)
        return MediaCounts(self.attempt, sent("video"), sent("audio"), self._played)

    async def close(self) -> None:
        """Bounded, and never raises: a hanging connection must not keep the lane from ringing again."""
        try:
            async with asyncio.timeout(CLOSE_S):
                await self._link.close()
        except Exception as error:  # noqa: BLE001 - third-party code, for a connection that nobody needs any more
            log.warning("звонок: соединение не закрылось: %s", type(error).__name__)
        for voice in self._voices:
            voice.cancel()
        await asyncio.gather(*self._voices, return_exceptions=True)

    def _play_track(self, track: MediaStreamTrack) -> None:
        if track.kind == "audio":
            voice = asyncio.ensure_future(self._play(track))
            self._voices.add(voice)
            voice.add_done_callback(self._voices.discard)

    async def _play(self, track: Any) -> None:
        """Play the person's voice. Without a loudspeaker it is still received, and dropped."""
        resampler = av.AudioResampler(format="s16", layout="mono", rate=SAMPLE_RATE)
        trouble = ""
        rest = b""
        with contextlib.suppress(MediaStreamError):
            while True:
                frame = await track.recv()
                if self._loudspeaker is None:
                    continue
                rest += b"".join(part.to_ndarray().tobytes() for part in resampler.resample(frame))
                rest = rest[-LATE_FRAMES * CHUNK_BYTES :]
                try:
                    while len(rest) >= CHUNK_BYTES:
                        chunk, rest = rest[:CHUNK_BYTES], rest[CHUNK_BYTES:]
                        await self._loudspeaker.play(chunk)
                        self._played += 1
                except SoundLost as error:
                    if str(error) != trouble:
                        log.warning("звонок: %s", error)
                    trouble = str(error)
                    await asyncio.sleep(1.0)
