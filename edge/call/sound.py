"""Microphone and loudspeaker at the gate: ALSA's own programs, each in its own process.

`arecord` and `aplay` (Debian: alsa-utils) know the names and settings of this box's sound devices; the ALSA inside
PyAV's wheel knows neither. A hanging driver hangs only them.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import Protocol

from edge.call.errors import SoundLost
from edge.call.feed import CHUNK_SAMPLES, SAMPLE_RATE
from edge.language import say

log = logging.getLogger(__name__)
CHUNK_BYTES = 2 * CHUNK_SAMPLES
FORMAT = ("-q", "-t", "raw", "-f", "S16_LE", "-c", "1", "-r", str(SAMPLE_RATE))
TAKEN_WITHIN_S = 1.0
"""A device that accepts no sound for this long counts as broken."""
ENDS_WITHIN_S = 2.0
"""A program stuck in its driver, in the kernel, does not end; after this long it is abandoned."""


class Microphone(Protocol):
    """Sound of the lane, 20 ms at a time: mono, 48 kHz, signed 16 bit, little endian."""

    async def chunk(self) -> bytes:
        """The next 20 ms, once they have been recorded. Raises SoundLost."""
        ...

    async def close(self) -> None: ...


class Loudspeaker(Protocol):
    """Plays at the gate, in the same 20 ms chunks."""

    async def play(self, chunk: bytes) -> None:
        """Returns once the device has taken it. Raises SoundLost."""
        ...

    async def close(self) -> None: ...


class AlsaMicrophone:
    """`Microphone` over `arecord`."""

    def __init__(self, device: str) -> None:
        self._program = _Program("arecord", device)

    async def chunk(self) -> bytes:
        process = await self._program.running()
        assert process.stdout is not None
        try:
            return await process.stdout.readexactly(CHUNK_BYTES)
        except asyncio.IncompleteReadError:
            await self._program.close()
            raise SoundLost(say("микрофон {device} не отвечает", device=self._program.device)) from None

    async def close(self) -> None:
        await self._program.close()


class AlsaLoudspeaker:
    """`Loudspeaker` over `aplay`."""

    def __init__(self, device: str) -> None:
        self._program = _Program("aplay", device)

    async def play(self, chunk: bytes) -> None:
        process = await self._program.running()
        assert process.stdin is not None
        try:
            process.stdin.write(chunk)
            async with asyncio.timeout(TAKEN_WITHIN_S):
                await process.stdin.drain()
        except (OSError, TimeoutError):
            await self._program.close()
            raise SoundLost(say("динамик {device} не отвечает", device=self._program.device)) from None
        if process.returncode is not None:
            await self._program.close()
            raise SoundLost(say("динамик {device} не отвечает", device=self._program.device))

    async def close(self) -> None:
        await self._program.close()


class _Program:
    """One ALSA program, started on first use and again after it has ended."""

    def __init__(self, name: str, device: str) -> None:
        self.device = device
        self._command = (name, *FORMAT, "-D", device)
        self._process: asyncio.subprocess.Process | None = None

    async def running(self) -> asyncio.subprocess.Process:
        if self._process is None:
            pipe, nowhere = asyncio.subprocess.PIPE, asyncio.subprocess.DEVNULL
            try:
                self._process = await asyncio.create_subprocess_exec(
                    *self._command, stdin=pipe, stdout=pipe, stderr=nowhere
                )
            except OSError:
                what = self._command[0]
                raise SoundLost(say("программы {what} нет: apt install alsa-utils", what=what)) from None
        return self._process

    async def close(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        try:
            async with asyncio.timeout(ENDS_WITHIN_S):
                await process.wait()
        except TimeoutError:
            log.warning("звонок: %s не завершается", self._command[0])
