"""Whether this box has a hardware video decoder, which `gate run` does not use. Linux only. Reads, changes nothing.

Numbers and structures: the kernel's include/uapi/linux/videodev2.h (VIDIOC_QUERYCAP, VIDIOC_ENUM_FMT).
"""

from __future__ import annotations

import fcntl
import os
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from edge.doctor.finding import Finding
from edge.language import say

DEV = Path("/dev")
_QUERYCAP, _QUERYCAP_BYTES = 0x80685600, 104
_ENUM_FMT, _FMTDESC = 0xC0405602, struct.Struct("=III32sII12x")
_DEVICE_CAPS_AT = 88
_MEMORY_TO_MEMORY = 0x8000 | 0x4000
_CODED_QUEUES = (2, 10)
"""V4L2_BUF_TYPE_VIDEO_OUTPUT and its multi-planar variant: the queues for input to a decoder."""
_MOST_FORMATS = 32
CODECS = {b"H264": "H.264", b"S264": "H.264", b"HEVC": "H.265", b"S265": "H.265"}
"""By pixel format. S…: decodes slice by slice, so that the program would have to manage the reference frames."""

Ioctl = Callable[[int, int, bytearray], int]


@dataclass(frozen=True, slots=True)
class Decoder:
    """A decoding device, and its codecs."""

    device: str
    name: str
    codecs: tuple[str, ...]


def decoders(folder: Path = DEV, ioctl: Ioctl = fcntl.ioctl) -> Iterator[Decoder]:
    """Every video device under `folder` that accepts coded video. Devices that we may not open are skipped."""
    for device in sorted(folder.glob("video*")):
        try:
            handle = os.open(device, os.O_RDWR | os.O_NONBLOCK)
        except OSError:
            continue
        try:
            name, takes = _device_of(handle, ioctl)
        except OSError:
            continue
        finally:
            os.close(handle)
        codecs = tuple(dict.fromkeys(CODECS[one] for one in takes if one in CODECS))
        if codecs:
            yield Decoder(str(device), name, codecs)


def hardware_decoding(folder: Path = DEV, ioctl: Ioctl = fcntl.ioctl) -> Iterator[Finding]:
    """One finding per such device."""
    for found in decoders(folder, ioctl):
        text = say(
            "есть в железе ({device}, {name}: {codecs}), но не используется: видео разбирает процессор",
            device=found.device,
            name=found.name,
            codecs=", ".join(found.codecs),
        )
        cure = say("нагрузку снимает малый поток камеры: sub_camera")
        yield Finding(say("разбор видео"), True, text, cure)
        return


def _device_of(handle: int, ioctl: Ioctl) -> tuple[str, list[bytes]]:
    """The device's name and the coded formats it accepts; none for a camera. Raises OSError."""
    answer = bytearray(_QUERYCAP_BYTES)
    ioctl(handle, _QUERYCAP, answer)
    name = bytes(answer[16:48]).split(b"\0", 1)[0].decode("ascii", "replace")
    (capabilities,) = struct.unpack_from("=I", answer, _DEVICE_CAPS_AT)
    if not capabilities & _MEMORY_TO_MEMORY:
        return name, []
    return name, [one for queue in _CODED_QUEUES for one in _formats(handle, queue, ioctl)]


def _formats(handle: int, queue: int, ioctl: Ioctl) -> Iterator[bytes]:
    for index in range(_MOST_FORMATS):
        answer = bytearray(_FMTDESC.pack(index, queue, 0, b"", 0, 0))
        try:
            ioctl(handle, _ENUM_FMT, answer)
        except OSError:  # EINVAL: end of the list
            return
        yield _FMTDESC.unpack(answer)[4].to_bytes(4, "little")
