"""One call from ring to end, with the cloud and the browser in this process: aiortc speaks with aiortc."""

from __future__ import annotations

import asyncio
import threading
import time
from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction

import aiortc
import av
import numpy as np
import pytest

from edge.call import peer, talk
from edge.call.feed import CHUNK_SAMPLES, CameraFeed
from edge.call.settings import CallSettings
from edge.call.sound import CHUNK_BYTES
from edge.call.talk import Devices, Talk
from sync.call_wire import CallRing, CallTold
from sync.errors import CloudRefused, CloudUnreachable, EnrolmentLost
from tests.patience import PATIENCE_S

RING = CallRing("00000000-0000-4000-8000-000000000001", "entry", "button")
SOON = datetime(2026, 11, 30, 8, 1, tzinfo=UTC)


class Cloud:
    """A portal of one call, told what to say by the test."""

    def __init__(self):
        self.told = CallTold(RING.id, 1, "ringing", SOON)
        self.reports = []
        self.failing = None
        self.slow_s = 0.0
        self.changed = threading.Event()

    def say(self, **facts):
        self.told = replace(self.told, version=self.told.version + 1, **facts)
        self.changed.set()

    def ring(self, ring):
        return self._answer()

    def report(self, call_id, report):
        self.reports.append(report)
        if report.seen == self.told.version and report.wait_s:
            self.changed.wait(report.wait_s)
        self.changed.clear()
        return self._answer()

    def _answer(self):
        failing = self.failing
        if failing is not None:
            time.sleep(self.slow_s)
            raise failing
        return self.told

    def close(self):
        pass


class Still(CameraFeed):
    """A camera that shows a grey lane ten times a second, and hears a tone."""

    def run(self):
        number = 0
        while not self._over.wait(0.1):
            number += 1
            picture = av.VideoFrame.from_ndarray(np.full((90, 160, 3), 128, np.uint8), format="rgb24")
            self._newest = number, time.monotonic(), picture
            for _ in range(5):
                self._chunks.append(np.full(CHUNK_SAMPLES, 1000, np.int16))


class Speaker:
    """Takes what it is given and remembers how much."""

    def __init__(self):
        self.played = 0

    async def play(self, chunk):
        assert CHUNK_BYTES == len(chunk)
        self.played += 1

    async def close(self):
        pass


def made(cloud, speaker=None, *, settings=None):
    feed = Still("file:none", transport="tcp", with_sound=True)
    devices = Devices(feed=feed, microphone=None, loudspeaker=speaker, camera_sound=True)
    return Talk(RING, cloud=cloud, settings=settings or CallSettings(), devices=lambda: devices)


async def comes(holds):
    ends = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < ends, "it did not come"
        await asyncio.sleep(0.05)


class Voice(aiortc.MediaStreamTrack):
    """Somebody who speaks."""

    kind = "audio"

    def __init__(self):
        super().__init__()
        self._samples = 0

    async def recv(self):
        await asyncio.sleep(0.02)
        frame = av.AudioFrame.from_ndarray(np.full((1, CHUNK_SAMPLES), 500, np.int16), format="s16", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = 48_000, self._samples, Fraction(1, 48_000)
        self._samples += CHUNK_SAMPLES
        return frame


async def offered():
    """A browser's connection and its offer."""
    browser = aiortc.RTCPeerConnection(aiortc.RTCConfiguration(iceServers=[]))
    browser.addTransceiver("video", direction="recvonly")
    browser.addTrack(Voice())
    await browser.setLocalDescription(await browser.createOffer())
    return browser


async def connected(call, cloud, speaker):
    """Has the call run until the person is heard; the call's task and the browser."""
    running = asyncio.create_task(call.run())
    browser = await offered()
    cloud.say(phase="answered", by="Олег", attempt=1, offer=browser.localDescription.sdp)
    await comes(lambda: any(one.answer for one in cloud.reports))
    answer = next(one.answer for one in cloud.reports if one.answer)
    await browser.setRemoteDescription(aiortc.RTCSessionDescription(answer, "answer"))
    await comes(lambda: speaker.played > 5)
    return running, browser


def test_picture_and_sound_go_both_ways_and_are_counted(monkeypatch):
    """What the gate reports as sent and played grows while it flows; at the end camera and connection are let go."""
    monkeypatch.setattr(talk, "REPORT_S", 0.2)

    async def whole():
        cloud, speaker = Cloud(), Speaker()
        call = made(cloud, speaker)
        running, browser = await connected(call, cloud, speaker)

        def grows():
            counts = [one.counts for one in cloud.reports if one.counts is not None]
            last = counts[-1] if counts else None
            return last and min(last.pictures_sent, last.sound_sent, last.sound_played) > 5

        await comes(grows)
        cloud.say(phase="ended", ending="person")
        ended = await running
        await browser.close()
        return ended, call, speaker

    ended, call, speaker = asyncio.run(whole())

    assert ("person", "Олег") == (ended.state.ending, ended.state.by)
    assert speaker.played > 5
    assert call._devices.feed._over.is_set()


def test_a_talk_that_flows_goes_on_without_the_cloud(monkeypatch):
    """A portal that restarts, and takes its time to refuse each report, ends no talk in which both are heard."""
    monkeypatch.setattr(talk, "REPORT_S", 0.1)
    monkeypatch.setattr(talk, "AGAIN_S", 0.05)
    monkeypatch.setattr("edge.call.peer.FLOWS_S", 0.5)
    monkeypatch.setattr(talk.conversation, "SILENT_BROKEN_S", 0.2)

    async def whole():
        cloud, speaker = Cloud(), Speaker()
        call = made(cloud, speaker)
        running, browser = await connected(call, cloud, speaker)
        cloud.slow_s, cloud.failing = 1.0, CloudUnreachable("нет")
        asked = len(cloud.reports)
        await comes(lambda: len(cloud.reports) >= asked + 3 or call._state.ending)
        ending, cloud.failing = call._state.ending, None
        cloud.say(phase="ended", ending="person")
        ended = await running
        await browser.close()
        return ending, ended

    ending, ended = asyncio.run(whole())

    assert ("", "person") == (ending, ended.state.ending)


@pytest.mark.parametrize(
    "offer", ["v=0\r\nnonsense\r\n", "m=audio x y\r\n", "v=0\r\nm=audio 9 RTP/SAVPF 1\r\na=rtpmap:z\r\n"]
)
def test_an_offer_that_is_none_is_told_to_the_person(monkeypatch, offer):
    """Nonsense of a browser ends nothing: the page is told why there is no talk, and may offer again."""
    monkeypatch.setattr(talk, "REPORT_S", 0.05)

    async def whole():
        cloud = Cloud()
        running = asyncio.create_task(made(cloud).run())
        cloud.say(phase="answered", by="Олег", attempt=1, offer=offer)
        await comes(lambda: any(one.problem for one in cloud.reports))
        cloud.say(phase="ended", ending="person")
        return await running

    assert "person" == asyncio.run(whole()).state.ending


@pytest.mark.parametrize(
    ("failing", "ending"), [(CloudRefused(404), "refused"), (CloudUnreachable("нет"), "gate_lost")]
)
def test_without_a_cloud_a_ring_ends(monkeypatch, failing, ending):
    """Nobody rings for ever where nobody can hear; the caller is given the busy tone."""
    monkeypatch.setattr(talk, "AGAIN_S", 0.01)
    monkeypatch.setattr(talk, "BUSY_S", 0.1)
    monkeypatch.setattr(talk.conversation, "SILENT_RINGING_S", 0.2)
    cloud, speaker = Cloud(), Speaker()
    cloud.failing = failing

    ended = asyncio.run(made(cloud, speaker).run())

    assert (ending, None) == (ended.state.ending, ended.state.answered)
    assert speaker.played > 0


def test_a_process_that_is_stopped_says_good_bye():
    """SIGTERM under a talk: the person learns it at once and not after a minute."""

    async def whole():
        cloud = Cloud()
        running = asyncio.create_task(made(cloud).run())
        await comes(lambda: cloud.reports)
        cloud.say()
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        return cloud

    assert asyncio.run(whole()).reports[-1].hang_up


def test_a_token_that_became_another_ends_no_call(monkeypatch):
    """A request that crossed a rotation of the token is asked again; the call ends only when the cloud goes on not to know us."""
    monkeypatch.setattr(talk, "AGAIN_S", 0.01)
    monkeypatch.setattr(talk, "BUSY_S", 0.0)

    async def whole():
        cloud, asked = Cloud(), []

        def once(answer, *words):
            asked.append(words)
            if len(asked) == 2:
                raise EnrolmentLost(401)
            return answer(*words)

        answered = cloud.report
        cloud.ring = lambda ring: once(lambda _: cloud.told, ring)
        cloud.report = lambda call_id, report: once(answered, call_id, report)
        running = asyncio.create_task(made(cloud).run())
        await comes(lambda: cloud.reports)
        ending = running.done()
        cloud.failing = EnrolmentLost(401)
        cloud.changed.set()
        return ending, (await running).state.ending

    assert (False, "refused") == asyncio.run(whole())


def test_a_connection_that_hangs_ends_the_call_all_the_same(monkeypatch):
    """What aiortc does not let go of, or does not answer, keeps neither the call nor its lane."""
    monkeypatch.setattr(talk, "REPORT_S", 0.05)
    monkeypatch.setattr(peer, "ANSWER_S", 0.05)
    monkeypatch.setattr(peer, "CLOSE_S", 0.05)

    async def hangs(_self, *_words):
        await asyncio.Event().wait()

    monkeypatch.setattr(aiortc.RTCPeerConnection, "setRemoteDescription", hangs)
    monkeypatch.setattr(aiortc.RTCPeerConnection, "close", hangs)

    async def whole():
        cloud = Cloud()
        running = asyncio.create_task(made(cloud).run())
        cloud.say(phase="answered", by="Олег", attempt=1, offer="v=0\r\n")
        await comes(lambda: any(one.problem for one in cloud.reports))
        cloud.say(phase="ended", ending="person")
        return await running

    assert "person" == asyncio.run(whole()).state.ending
