"""What the caller at the gate hears before anybody speaks: Russian telephone tones, 425 Hz. Pure.

Ringing is one second in five, busy 0.35 s in 0.7 s (GOST R 21655-87, as telephone exchanges in Russia sound).
"""

from __future__ import annotations

import math
import struct

RATE = 48_000
HERTZ = 425
CHUNK_S = 0.02
LOUDNESS = 6000
RINGING = (1.0, 4.0)
BUSY = (0.35, 0.35)


def chunk(number: int, cadence: tuple[float, float]) -> bytes:
    """The 20 ms chunk `number` (from 0) of a tone: mono, 48 kHz, signed 16 bit, little endian."""
    on_s, off_s = cadence
    samples = round(RATE * CHUNK_S)
    sounds = (number * CHUNK_S) % (on_s + off_s) < on_s
    if not sounds:
        return bytes(2 * samples)
    first = number * samples
    wave = (round(LOUDNESS * math.sin(2 * math.pi * HERTZ * (first + at) / RATE)) for at in range(samples))
    return struct.pack(f"<{samples}h", *wave)
