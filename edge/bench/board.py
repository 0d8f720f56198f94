"""The hardware and software of a measurement, for a file that is sent to others. Nothing identifies the box.

It has no host name, serial number, address or user, and the sender can read it first.
"""

from __future__ import annotations

import json
import os
import platform
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path

import numpy as np

from core.errors import FileUnusable
from core.words.system import system_words

_FEATURES = ("asimddp", "i8mm", "fphp", "asimdhp", "avx2", "avx512f", "avx512_vnni")
"""CPU features that speed networks up; a Pi 4 has none of them, a Pi 5 the first, third and fourth."""
_PACKAGES = ("okter-gate", "onnxruntime", "opencv-python-headless", "numpy", "av")
_COPIED_MB = 64


@dataclass(frozen=True, slots=True)
class Board:
    """One machine at one moment."""

    model: str
    """From the device tree (`Raspberry Pi 5 Model B Rev 1.0`), or the processor's name; empty if unknown."""
    processor: str
    cores: int
    features: tuple[str, ...]
    memory_mb: int
    kernel: str
    python: str
    packages: dict[str, str]
    governor: str
    """`ondemand`, `performance`; empty if the kernel reports none."""
    clock_mhz: int | None
    temperature_c: float | None
    """The hottest zone; above 80 a Pi throttles."""
    load: float
    """Load average of the last minute: above 0.5 the figures are those of a busy machine."""
    copy_gb_s: float
    """Memory speed: 64 MB copied by one thread, counting bytes read and written."""


def board(root: Path = Path("/")) -> Board:
    """This machine; what is unknown stays empty."""
    cpu = _text(root / "proc/cpuinfo")
    flags = set(_field(cpu, "Features", "flags").split())
    first = root / "sys/devices/system/cpu/cpu0/cpufreq"
    clock, heat = _text(first / "scaling_cur_freq"), [_text(one) for one in (root / "sys/class/thermal").glob("*/temp")]
    return Board(
        model=_text(root / "proc/device-tree/model") or _field(cpu, "model name"),
        processor=platform.machine(),
        cores=os.cpu_count() or 1,
        features=tuple(name for name in _FEATURES if name in flags),
        memory_mb=int((_field(_text(root / "proc/meminfo"), "MemTotal").split() or ["0"])[0]) // 1024,
        kernel=platform.release(),
        python=platform.python_version(),
        packages={name: version(name) for name in _PACKAGES},
        governor=_text(first / "scaling_governor"),
        clock_mhz=int(clock) // 1000 if clock.isdecimal() else None,
        temperature_c=max((int(one) / 1000 for one in heat if one.lstrip("-").isdecimal()), default=None),
        load=float((_text(root / "proc/loadavg").split() or ["0"])[0]),
        copy_gb_s=round(copied_gb_s(), 2),
    )


def write_submission(path: Path, measured: Mapping[str, object]) -> None:
    """Write one JSON object: the board as hot as the run left it, and the measurements. Raises FileUnusable."""
    content = {"format": 1, "board": asdict(board()), "measured": measured}
    try:
        path.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    except OSError as error:
        raise FileUnusable(path, system_words(error)) from error


def copied_gb_s(*, times: int = 5) -> float:
    """The best of `times` measurements."""
    source = np.zeros(_COPIED_MB << 20, np.uint8)
    target = np.ones_like(source)
    taken = []
    for _ in range(times):
        began = time.thread_time()
        np.copyto(target, source)
        taken.append(time.thread_time() - began)
    return 2 * source.nbytes / max(min(taken), 1e-9) / 1e9


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip("\0 \n")
    except OSError:
        return ""


def _field(text: str, *names: str) -> str:
    """The value on the first line that starts with one of `names`."""
    for line in text.splitlines():
        name, colon, value = line.partition(":")
        if colon and name.strip() in names:
            return value.strip()
    return ""
