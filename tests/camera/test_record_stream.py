"""`gate record-stream`: what a stream is like, without a picture of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from camera.mjpeg import Script, serving
from edge.recordings.recording import read
from tests.commands import in_this_process
from tests.configs import write_config

FILM = Path(__file__).resolve().parents[2] / "config" / "demo" / "exit.mp4"
MARKING = ("--marking", "Камера", "--by", "Анна")


def record(folder: Path, camera: str, *more: str) -> tuple[int, str, Path]:
    config = write_config(folder, replacing=('camera = "file:clip.mp4"', f'camera = "{camera}"'))
    file = folder / "camera.json"
    done = in_this_process("record-stream", *MARKING, *more, str(file), config=config)
    return done.returncode, done.stdout + done.stderr, file


def test_a_recording_tells_coder_size_and_key_frames(tmp_path: Path) -> None:
    """Of a file what does not depend on the disk's speed is told; it is no camera."""
    code, said, file = record(tmp_path, f"file:{FILM}")
    assert code == 0, said
    one = read(file)
    assert one.emulated
    assert one.stream is not None
    assert ("h264", 1280, 720, 15.0) == (one.stream.codec, one.stream.width, one.stream.height, one.stream.fps_told)
    assert one.stream.key_every is None or one.stream.key_every > 1
    assert (None, None) == (one.stream.fps, one.stream.clock)
    assert len(one.stream.first_bytes) == 64


def test_a_stream_is_listened_to_as_it_is_sent(tmp_path: Path) -> None:
    """Packets of a server are counted to its end; the file holds neither its address nor its password, and no picture."""
    pictures = tuple(np.full((48, 64, 3), shade, np.uint8) for shade in range(0, 240, 12))
    with serving(Script(pictures)) as server:
        url = server.url.replace("http://", "http://admin:geheim@")
        code, said, file = record(tmp_path, url, "--seconds", "20")
    assert code == 0, said
    one = read(file)
    assert one.stream is not None
    assert ("mjpeg", 64, 48) == (one.stream.codec.lower().replace("mjpg", "mjpeg"), one.stream.width, one.stream.height)
    assert one.stream.packets >= len(pictures) - 2
    text = file.read_text(encoding="utf-8")
    assert "geheim" not in text + said
    assert "127.0.0.1" not in text
    assert len(text) < 2000


@pytest.mark.parametrize(
    ("camera", "more", "code", "why"),
    [
        ("http://127.0.0.1:9/x", (), 1, "не отвечает"),
        ("/dev/video9", (), 1, "записать можно"),
        ("file:clip.mp4", ("--lane", "nowhere"), 2, "--lane"),
    ],
)
def test_what_cannot_be_recorded_is_one_line(
    tmp_path: Path, camera: str, more: tuple[str, ...], code: int, why: str
) -> None:
    """A camera that is away, one that sends no stream, a lane that is not there: no file is left behind."""
    found, said, file = record(tmp_path, camera, *more)
    assert (code, True) == (found, why in said), said
    assert not file.exists()
