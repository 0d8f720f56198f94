"""A decoder in hardware is told as what it is: there, and not used."""

from __future__ import annotations

import errno
import struct
from pathlib import Path

import pytest

from edge.doctor.hardware_decoding import decoders, hardware_decoding

QUERYCAP, ENUM_FMT = 0x80685600, 0xC0405602
M2M_MPLANE, CAPTURE = 0x4000, 0x1


class Kernel:
    """Answers as the kernel does for one device: what it can, and the formats of its one coded queue."""

    def __init__(self, capabilities: int, formats: tuple[bytes, ...], *, queue: int = 10) -> None:
        self.capabilities, self.formats, self.queue = capabilities, formats, queue

    def ioctl(self, _handle: int, request: int, told: bytearray) -> int:
        if request == QUERYCAP:
            told[:] = struct.pack("=16s32s32sIII12x", b"bcm2835-codec", b"codec-decode", b"", 0, 0, self.capabilities)
            return 0
        assert request == ENUM_FMT
        index, queue = struct.unpack_from("=II", told)
        if queue != self.queue or index >= len(self.formats):
            raise OSError(errno.EINVAL, "")
        struct.pack_into("=4s", told, 44, self.formats[index])
        return 0


@pytest.fixture
def dev(tmp_path: Path) -> Path:
    (tmp_path / "video10").touch()
    return tmp_path


@pytest.mark.parametrize(
    ("kernel", "told"),
    [
        (Kernel(M2M_MPLANE, (b"MJPG", b"H264")), [("H.264",)]),
        (Kernel(M2M_MPLANE, (b"S265",)), [("H.265",)]),
        (Kernel(0x8000, (b"H264", b"S264", b"HEVC"), queue=2), [("H.264", "H.265")]),
        (Kernel(M2M_MPLANE, (b"YU12",)), []),
        (Kernel(CAPTURE, (b"H264",)), []),
    ],
)
def test_a_decoder_is_told_from_encoders_scalers_and_cameras(dev: Path, kernel: Kernel, told: list[object]) -> None:
    """What turns coded video into pictures is a decoder, by the formats it takes; a camera that sends H.264 is none."""
    assert told == [one.codecs for one in decoders(dev, kernel.ioctl)]


def test_it_is_said_that_it_is_not_used(dev: Path) -> None:
    """`gate check` names the device, says that the processor decodes all the same, and what helps."""
    (finding,) = hardware_decoding(dev, Kernel(M2M_MPLANE, (b"H264",)).ioctl)
    assert finding.well
    assert {"video10", "не"} <= set(finding.text.replace("/", " ").replace(",", " ").split())
    assert "sub_camera" in finding.cure


def test_a_box_without_one_is_told_nothing(tmp_path: Path) -> None:
    """No device, or one that does not answer: no line."""
    assert [] == list(hardware_decoding(tmp_path))
    (tmp_path / "video0").touch()  # a file that is no device
    assert [] == list(hardware_decoding(tmp_path))
