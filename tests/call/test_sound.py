"""Microphone and loudspeaker over programs that behave, hang and die."""

from __future__ import annotations

import asyncio

import pytest

from edge.call import sound, tones
from edge.call.errors import SoundLost
from edge.call.settings import CallSettings
from edge.call.sound import CHUNK_BYTES, AlsaLoudspeaker, AlsaMicrophone


@pytest.fixture
def programs(tmp_path, monkeypatch):
    """Puts a program of ALSA's that does what the test says."""

    def put(name, script):
        (tmp_path / name).write_text(f"#!/bin/sh\n{script}\n")
        (tmp_path / name).chmod(0o755)
        return tmp_path

    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    return put


def test_what_is_played_arrives(programs):
    """Every 20 ms reach the device in order, with the device and the format that were named."""
    folder = programs("aplay", 'echo "$@" > "$(dirname "$0")/words"; exec cat > "$(dirname "$0")/heard"')
    chunks = [bytes([number]) * CHUNK_BYTES for number in range(5)]

    async def play():
        speaker = AlsaLoudspeaker("plughw:CARD=Device")
        for chunk in chunks:
            await speaker.play(chunk)
        process = await speaker._program.running()
        process.stdin.close()
        await process.wait()
        await speaker.close()

    asyncio.run(play())

    assert b"".join(chunks) == (folder / "heard").read_bytes()
    assert "-q -t raw -f S16_LE -c 1 -r 48000 -D plughw:CARD=Device" == (folder / "words").read_text().strip()


def test_a_device_that_takes_nothing_is_lost(programs, monkeypatch):
    """A loudspeaker that hangs counts no frame as played: sooner or later its pipe is full."""
    monkeypatch.setattr(sound, "TAKEN_WITHIN_S", 0.2)
    programs("aplay", "exec sleep 600")

    async def play():
        speaker = AlsaLoudspeaker("null")
        try:
            for _ in range(1000):
                await speaker.play(bytes(CHUNK_BYTES))
        finally:
            await speaker.close()

    with pytest.raises(SoundLost, match="динамик null не отвечает"):
        asyncio.run(play())


def test_a_microphone_that_ends_is_lost_and_tried_again(programs):
    """20 ms at a time; when its program ends that is told, and the next call begins another."""
    programs("arecord", f"head -c {2 * CHUNK_BYTES} /dev/zero")

    async def hear():
        microphone = AlsaMicrophone("hw:1")
        for _ in range(2):
            assert [CHUNK_BYTES] * 2 == [len(await microphone.chunk()) for _ in range(2)]
            with pytest.raises(SoundLost, match="микрофон hw:1 не отвечает"):
                await microphone.chunk()
        await microphone.close()

    asyncio.run(hear())


def test_no_programs_is_said_with_its_cure(monkeypatch, tmp_path):
    """A box without alsa-utils."""
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(SoundLost, match="apt install alsa-utils"):
        asyncio.run(AlsaLoudspeaker("null").play(bytes(CHUNK_BYTES)))


def test_tones_have_their_cadence():
    """One second of 425 Hz in five; twenty milliseconds at a time."""
    sounding = [any(tones.chunk(number, tones.RINGING)) for number in range(0, 250, 10)]

    assert [True] * 5 + [False] * 20 == sounding
    assert CHUNK_BYTES == len(tones.chunk(3, tones.BUSY))


@pytest.mark.parametrize("device", ["-D hw", "hw:1 -f dat", "hw:1\n"])
def test_a_device_is_one_word(device):
    """A device's name can smuggle no option into the program's words."""
    assert ["loudspeaker"] == [key for key, _ in CallSettings(loudspeaker=device).problems()]


def test_a_program_that_its_driver_holds_keeps_no_call(programs, monkeypatch):
    """One that does not end although it was killed is left behind: the lane must be able to ring again."""
    monkeypatch.setattr(sound, "ENDS_WITHIN_S", 0.05)
    programs("aplay", "exec cat > /dev/null")

    async def play():
        speaker = AlsaLoudspeaker("null")
        await speaker.play(bytes(CHUNK_BYTES))
        process = speaker._program._process
        monkeypatch.setattr(process, "kill", lambda: None)  # as one in uninterruptible sleep takes it
        await speaker.close()
        assert process.returncode is None
        process.terminate()
        await process.wait()

    asyncio.run(play())
