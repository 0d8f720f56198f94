"""`gate call` as a process: presses in, one call a lane out, and the gate's journal told."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime

import pytest

from edge.call.feed import CameraFeed
from edge.call.process import CallProcess, Parts
from edge.call.talk import Devices
from edge.config import load
from relay.fake import FakeRelay
from relay.protocol import EventKind
from sync.call_wire import CallTold
from tests.commands import in_this_process
from tests.configs import write_config
from tests.patience import PATIENCE_S

SOON = datetime(2026, 11, 30, 8, 1, tzinfo=UTC)


class Gate:
    """A `gate run` that has nothing in view."""

    def __init__(self):
        self.told = []

    def scene(self):
        from edge.runtime.control import GateAbsent

        raise GateAbsent("none")

    def call(self, lane="", said=""):
        self.told.append((lane, said))


class Cloud:
    """Rings, and nobody answers once the test says so."""

    def __init__(self, rung):
        self._rung = rung
        self.over = False

    def ring(self, ring):
        self._rung.append(ring)
        return CallTold(ring.id, 1, "ringing", SOON)

    def report(self, call_id, report):
        time.sleep(0.02)
        phase = "ended" if self.over else "ringing"
        return CallTold(call_id, 2 if self.over else 1, phase, SOON, ending="nobody" if self.over else "")

    def close(self):
        pass


async def comes(holds):
    ends = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < ends, "it did not come"
        await asyncio.sleep(0.02)


def test_presses_ring_once_and_the_end_is_written_down(tmp_path, monkeypatch):
    """Three presses are one call; when nobody came the journal is told, and the process is told to be alive meanwhile."""
    monkeypatch.setattr("edge.call.talk.BUSY_S", 0.0)
    config = load(write_config(tmp_path, "[call]\nenabled = true\n"))
    lane = config.lanes[0].name
    gate, relay, rung, clouds = Gate(), FakeRelay(), [], []

    def cloud():
        clouds.append(Cloud(rung))
        return clouds[-1]

    def devices(_lane):
        return Devices(CameraFeed("file:none", transport="tcp", with_sound=False), None, None, camera_sound=False)

    async def whole():
        process = CallProcess(Parts(config=config, gate=gate, relay=relay, cloud=cloud, devices=devices))
        running = asyncio.create_task(process.run())
        await comes(lambda: relay._streams)
        for _ in range(3):
            relay.publish(EventKind.PRESENCE, lane=lane, what="call_button", outcome="on")
        relay.publish(EventKind.PRESENCE, lane="nowhere", what="call_button", outcome="on")
        await comes(lambda: rung)
        clouds[0].over = True
        await comes(lambda: any(said for _, said in gate.told))
        process.stop()
        await running

    asyncio.run(whole())

    assert [(lane, "button")] == [(one.lane, one.cause) for one in rung]
    assert ("", "") in gate.told
    assert [(lane, f"звонок {rung[0].id}: никто не ответил")] == [one for one in gate.told if one[1]]


@pytest.mark.parametrize(
    ("more", "line"),
    [
        ("", "gate: звонки выключены: [call] enabled = true в gate.toml"),
        ("[call]\nenabled = true\n", "gate: звонить некуда: шлагбаум не привязан к облаку"),
    ],
)
def test_where_nobody_can_be_called_it_says_so(tmp_path, more, line):
    """Off, or bound to no cloud: one line with its cure."""
    done = in_this_process("call", config=write_config(tmp_path, more))

    assert 1 == done.returncode
    assert done.stderr.startswith(line)


def test_a_call_button_names_its_lane(tmp_path):
    """Without one nobody knows which camera sees the caller."""
    more = '[[input]]\nname = "call"\nkind = "call_button"\nbarrier = "main"\npin = 6\n'

    done = in_this_process("config", "check", config=write_config(tmp_path, more))

    assert "кнопке вызова нужна полоса" in done.stdout + done.stderr
