"""Pictures and recordings that cannot be used: one line each, after everything usable was given out."""

from __future__ import annotations

import os
import struct
from pathlib import Path

import cv2
import numpy as np
import pytest

from camera.recording import LoopedRecording, Recording
from camera.shrink import to_grey
from camera.stills import load_grey, load_picture
from core.errors import FileUnusable

NOISE = np.random.default_rng(0).integers(0, 255, (90, 160, 3), dtype=np.uint8)


def jpeg() -> bytes:
    return bytes(cv2.imencode(".jpg", NOISE)[1].tobytes())


def png(width: int, height: int) -> bytes:
    return bytes(cv2.imencode(".png", np.zeros((height, width, 3), np.uint8))[1].tobytes())


def write_clip(path: Path, frames: int) -> bytes:
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 25, (160, 90))
    for _ in range(frames):
        writer.write(NOISE)
    writer.release()
    return path.read_bytes()


class TestPictures:
    def test_a_picture_in_grey_is_the_picture_without_its_colours(self, tmp_path: Path) -> None:
        """What is read in grey shows what the picture shows in colour, and is refused as it is."""
        smooth = cv2.resize(NOISE[:9, :16], (160, 90), interpolation=cv2.INTER_CUBIC)
        path = tmp_path / "a.jpg"
        path.write_bytes(bytes(cv2.imencode(".jpg", smooth, [cv2.IMWRITE_JPEG_QUALITY, 95])[1].tobytes()))

        grey = load_grey(path)

        assert grey.shape == (90, 160)
        assert np.abs(grey.astype(int) - to_grey(load_picture(path))).mean() < 3
        path.write_bytes(path.read_bytes()[:-20])
        with pytest.raises(FileUnusable, match="файл обрывается"):
            load_grey(path)

    @pytest.mark.parametrize(
        ("data", "why"),
        [
            (b"", "файл пуст"),
            (b"no picture at all", "это не картинка, или файл повреждён"),
            (jpeg()[: len(jpeg()) // 2], "файл обрывается"),
            (png(60, 40)[:-20], "файл обрывается"),
            (png(1, 1), "картинка 1x1 слишком мала"),
        ],
        ids=["empty", "text", "half jpeg", "half png", "1x1"],
    )
    def test_unusable_picture_is_named_with_its_reason(self, tmp_path: Path, data: bytes, why: str) -> None:
        """A picture that cannot be used is refused with its path and one reason."""
        path = tmp_path / "p.jpg"
        path.write_bytes(data)

        with pytest.raises(FileUnusable) as caught:
            load_picture(path)

        assert str(caught.value) == f"{path}: {why}"

    @pytest.mark.parametrize(("name", "why"), [("absent.jpg", "нет такого файла"), ("", "это папка, а не картинка")])
    def test_what_is_no_file_is_named(self, tmp_path: Path, name: str, why: str) -> None:
        """A missing file and a folder are refused alike."""
        with pytest.raises(FileUnusable, match=why):
            load_picture(tmp_path / name)

    @pytest.mark.parametrize("more", [b"\0" * 100 + b"maker data", b"a film \xff\xda \xff\xd8"], ids=["notes", "film"])
    @pytest.mark.parametrize("whole", [jpeg(), png(60, 40)], ids=["jpeg", "png"])
    def test_bytes_after_the_end_are_no_cut(self, tmp_path: Path, whole: bytes, more: bytes) -> None:
        """Cameras append their own data to a whole picture, and it is still whole."""
        path = tmp_path / "p.jpg"
        path.write_bytes(whole + more)

        assert load_picture(path).size > 0

    def test_a_whole_preview_does_not_make_a_cut_picture_whole(self, tmp_path: Path) -> None:
        """The end mark of the preview in the header is not that of the picture."""
        preview = jpeg()[: 2**15]
        header = b"\xff\xe1" + (len(preview) + 2).to_bytes(2, "big") + preview
        path = tmp_path / "p.jpg"
        path.write_bytes(jpeg()[:2] + header + jpeg()[2:-200])

        with pytest.raises(FileUnusable, match="обрывается"):
            load_picture(path)

    def test_fill_bytes_before_a_mark_are_no_cut(self, tmp_path: Path) -> None:
        """A JPEG whose marks have fill bytes before them, as the standard allows, is whole."""
        path = tmp_path / "p.jpg"
        path.write_bytes(jpeg()[:2] + b"\xff\xff\xff" + jpeg()[2:])

        assert load_picture(path).shape == NOISE.shape


def matroska(times_ms: list[int], *, length_ms: float) -> bytes:
    """A film with a picture at each of the times, which says how long it is and not how many pictures it holds."""

    def element(mark: int, data: bytes) -> bytes:
        return mark.to_bytes((mark.bit_length() + 7) // 8, "big") + (1 << 56 | len(data)).to_bytes(8, "big") + data

    def number(mark: int, value: int) -> bytes:
        return element(mark, value.to_bytes(8, "big"))

    size = element(0xE0, number(0xB0, NOISE.shape[1]) + number(0xBA, NOISE.shape[0]))
    track = number(0xD7, 1) + number(0x73C5, 1) + number(0x83, 1) + element(0x86, b"V_MJPEG") + size
    info = number(0x2AD7B1, 1_000_000) + element(0x4489, struct.pack(">d", length_ms))
    clusters = [element(0x1F43B675, number(0xE7, at) + element(0xA3, b"\x81\0\0\x80" + jpeg())) for at in times_ms]
    body = element(0x1549A966, info) + element(0x1654AE6B, element(0xAE, track)) + b"".join(clusters)
    return element(0x1A45DFA3, element(0x4282, b"matroska")) + element(0x18538067, body)


class TestRecordings:
    def test_frames_that_come_unevenly_are_no_cut(self, tmp_path: Path) -> None:
        """A recorder that writes only what moves makes a film of few frames, which is whole when its last one is there."""
        path = tmp_path / "clip.mkv"
        times = [*range(0, 400, 40), *range(5_000, 60_000, 1_000)]
        path.write_bytes(matroska(times, length_ms=60_000))

        frames = list(Recording(path, lane="exit").frames())

        assert [round(1000 * frame.captured) for frame in frames] == times

    def test_half_of_such_a_film_is_cut_off(self, tmp_path: Path) -> None:
        """A film whose frames end long before its header's end breaks off."""
        path = tmp_path / "clip.mkv"
        path.write_bytes(matroska([*range(0, 400, 40), *range(5_000, 30_000, 1_000)], length_ms=60_000))

        with pytest.raises(FileUnusable, match="обрывается: 35 кадров"):
            list(Recording(path, lane="exit").frames())

    def test_a_name_is_a_name_and_no_address(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """A recording is opened by its file's name also where that looks like an address of FFmpeg's."""
        monkeypatch.chdir(tmp_path)
        write_clip(tmp_path / "clip.avi", 5)
        named = (tmp_path / "clip.avi").rename("cam1:12.30.avi")

        assert len(list(Recording(Path(named.name), lane="exit").frames())) == 5

    def test_a_name_that_is_no_utf_8_is_refused(self, tmp_path: Path) -> None:
        """A file whose name OpenCV cannot take is named in one line, for else the process ends without one."""
        path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.avi"))
        path.write_bytes(b"RIFF")

        with pytest.raises(FileUnusable, match="имя файла не в UTF-8"):
            Recording(path, lane="exit").open()

    def test_times_are_those_of_the_file(self, tmp_path: Path) -> None:
        """A recording's frames carry their place in the file, so that a replay repeats itself."""
        path = tmp_path / "clip.avi"
        write_clip(path, 5)

        frames = list(Recording(path, lane="exit").frames())

        assert [round(frame.captured, 3) for frame in frames] == [0.0, 0.04, 0.08, 0.12, 0.16]
        assert [frame.media_s for frame in frames] == [frame.captured for frame in frames]

    @pytest.mark.parametrize(
        ("data", "why"),
        [
            (b"", "файл пуст"),
            (b"RIFF no video", "это не видео, или файл повреждён"),
            (png(1, 1), "кадр 1x1 слишком мал"),
        ],
        ids=["empty", "text", "1x1"],
    )
    def test_unusable_recording_is_named_with_its_reason(self, tmp_path: Path, data: bytes, why: str) -> None:
        """A file that is no video is refused with its path and one reason."""
        path = tmp_path / "clip.avi"
        path.write_bytes(data)

        with pytest.raises(FileUnusable) as caught:
            Recording(path, lane="exit").open()

        assert str(caught.value) == f"{path}: {why}"

    def test_broken_off_recording_gives_its_frames_first(self, tmp_path: Path) -> None:
        """All frames of a file that breaks off are given out, and then its end is told."""
        path = tmp_path / "clip.avi"
        whole = write_clip(path, 40)
        path.write_bytes(whole[: len(whole) // 2])
        frames = Recording(path, lane="exit").frames()
        first = [next(frames).frame_id for _ in range(10)]

        with pytest.raises(FileUnusable, match="обрывается"):
            list(frames)

        assert first == list(range(1, 11))

    def test_loop_starts_again_in_real_time(self, tmp_path: Path) -> None:
        """A looped recording waits until each frame is due, the first after the last one too: a single picture spins no core."""
        path = tmp_path / "clip.avi"
        write_clip(path, 3)
        now = [100.0]
        source = LoopedRecording(
            path, lane="entry", clock=lambda: now[0], sleep=lambda s: now.__setitem__(0, now[0] + s)
        )
        source.open()

        frames = [source.read() for _ in range(5)]
        source.close()

        assert [round(frame.media_s or 0, 2) for frame in frames if frame] == [0.0, 0.04, 0.08, 0.0, 0.04]
        assert [round(frame.captured, 2) for frame in frames if frame] == [100.0, 100.04, 100.08, 100.12, 100.16]
