"""A serial port as a relay board needs it: exclusive, DTR and RTS low, every wait bounded.

Used only by the worker thread, except for `abandon`.
"""

from __future__ import annotations

import contextlib
import logging
import os
import select
import termios
import time
from collections.abc import Callable
from pathlib import Path

import serial

from core.words.language import say
from relay.boards.seam import Transcript
from relay.errors import BoardLost

log = logging.getLogger(__name__)

WRITE_S = 0.3
SLICE_S = 0.005
"""Interval at which a wait checks whether it should be cut short."""
_GONE = select.POLLHUP | select.POLLERR | select.POLLNVAL


class SerialLink:
    """One port. `wanted` returns True if a slow read should be cut short for a waiting job."""

    def __init__(
        self,
        port: str,
        *,
        baud: int,
        transcript: Transcript,
        wanted: Callable[[], bool] = lambda: False,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._path = port
        self._baud = baud
        self._transcript = transcript
        self._wanted = wanted
        self._now = now
        self._port: serial.Serial | None = None

    def open(self) -> None:
        """Claims the port. `BoardLost` says why that failed."""
        self.close()
        if "/ttyUSB" in self._path or "/ttyACM" in self._path:
            log.warning("порт %s после перезапуска может стать другим: укажите /dev/serial/by-path/…", self._path)
        # A lock instead of TIOCEXCL: that one outlives a killed process while any other program has the port open, and
        # the next start could not send its OFF. What a program without a lock closes is opened again within seconds.
        port = serial.Serial(timeout=0, write_timeout=WRITE_S, exclusive=True)
        port.port, port.baudrate = self._path, self._baud
        # Set these before opening: some boards switch on DTR or RTS.
        port.dtr = False
        port.rts = False
        try:
            port.open()
            port.reset_input_buffer()
        except (OSError, ValueError, termios.error) as error:
            with contextlib.suppress(OSError, termios.error):
                port.close()
            raise BoardLost(_why_not(self._path, error)) from None
        self._port = port

    def send(self, data: bytes) -> None:
        """Writes all of `data`, after discarding what is left of old answers."""
        port = self._alive()
        try:
            port.reset_input_buffer()
            port.write(data)
        except (OSError, termios.error) as error:
            raise BoardLost(say("{path}: запись не удалась: {error}", path=self._path, error=error)) from None
        self._transcript.sent(data)

    def receive(self, enough: Callable[[bytes], bool], *, within_s: float, patient: bool = True) -> bytes:
        """What arrived until `enough(data)` or the end of the time; without `patient`, also until a job waits."""
        deadline = self._now() + within_s
        data = b""
        while not enough(data):
            rest = deadline - self._now()
            if rest <= 0 or (not patient and self._wanted()):
                break
            data += self._read(min(rest, SLICE_S if not patient else rest))
        self._transcript.received(data)
        return data

    def check(self) -> None:
        """Raises `BoardLost` if the device has gone, without talking to it."""
        port = self._alive()
        poller = select.poll()
        poller.register(port.fileno(), 0)
        if any(events & _GONE for _, events in poller.poll(0)):
            raise BoardLost(say("{path}: устройство отключено", path=self._path))

    def wanted(self) -> bool:
        """Whether a command is waiting for the present operation to end."""
        return self._wanted()

    def close(self) -> None:
        """Releases the port. Never raises."""
        port, self._port = self._port, None
        if port is not None:
            with contextlib.suppress(OSError, termios.error):
                port.close()

    def abandon(self) -> None:
        """Called from another thread: frees the port. A write that still hangs goes nowhere."""
        port = self._port
        if port is None:
            return
        with contextlib.suppress(OSError, TypeError, ValueError):
            nowhere = os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC)
            try:
                # The descriptor stays taken, so that the hung thread cannot write to a file that reuses it.
                os.dup2(nowhere, port.fileno(), inheritable=False)
            finally:
                os.close(nowhere)

    def _read(self, within_s: float) -> bytes:
        port = self._alive()
        try:
            port.timeout = within_s
            return bytes(port.read(max(1, port.in_waiting)))
        except (OSError, termios.error) as error:
            raise BoardLost(say("{path}: чтение не удалось: {error}", path=self._path, error=error)) from None

    def _alive(self) -> serial.Serial:
        if self._port is None:
            raise BoardLost(say("{path}: порт закрыт", path=self._path))
        return self._port


def _why_not(path: str, error: Exception) -> str:
    text = str(error)
    if not Path(path).exists():
        return say("{path}: такого порта нет: плата отключена или путь не тот (ls /dev/serial/by-path)", path=path)
    if isinstance(error, PermissionError) or "Errno 13" in text:
        return say("{path}: нет прав: пользователь должен быть в группе dialout", path=path)
    if "Errno 11" in text or "exclusively lock" in text or "Errno 16" in text:
        return say("{path}: порт занят другой программой (fuser {path})", path=path)
    if not Path(path).is_char_device():
        return say("{path}: это не последовательный порт", path=path)
    return say("{path}: порт не открывается: {error}", path=path, error=error)
