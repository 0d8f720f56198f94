"""Pictures and recordings that cannot be used: one line each, after everything usable was given out."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from camera.recording import LoopedRecording, Recording
from camera.stills import load_picture
from edge.core.errors import FileUnusable

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


class TestRecordings:
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
        """A looped recording waits until each frame is due, and after the last comes the first."""
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
        assert [round(frame.captured, 2) for frame in frames if frame][:3] == [100.0, 100.04, 100.08]
