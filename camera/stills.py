"""Loads still pictures from files, whole, or refuses them with one line."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import cv2
import numpy as np

from camera import backend
from camera.frame import Picture
from core.errors import FileUnusable
from core.words.language import say
from core.words.system import system_words

_SMALLEST_PX = 8
_LARGEST_BYTES = 200_000_000
_JPEG_START, _JPEG_SCAN, _JPEG_END = b"\xff\xd8", b"\xff\xda", b"\xff\xd9"
_PNG_START, _PNG_END = b"\x89PNG", b"IEND"


def load_picture(path: Path) -> Picture:
    """Reads a picture as blue-green-red, rotated as its EXIF says.

    Raises `FileUnusable` if it is missing, empty, cut off, not a picture, or too small to show a plate.
    """
    return _load(path, cv2.IMREAD_COLOR)


def load_grey(path: Path) -> Picture:
    """The same in grey, height x width. The colours of a JPEG are not even decoded, which takes half the time."""
    return _load(path, cv2.IMREAD_GRAYSCALE)


def _load(path: Path, how: int) -> Picture:
    data = _bytes_of(path)
    if _is_cut_off(data):
        raise FileUnusable(path, say("файл обрывается"))
    backend.silence()
    with _deaf_stderr():
        try:
            picture = cv2.imdecode(np.frombuffer(data, np.uint8), how)
        except cv2.error:  # sizes beyond OpenCV's limits
            picture = None
    if picture is None:
        raise FileUnusable(path, say("это не картинка, или файл повреждён"))
    height, width = picture.shape[:2]
    if min(width, height) < _SMALLEST_PX:
        raise FileUnusable(path, say("картинка {width}x{height} слишком мала", width=width, height=height))
    return np.ascontiguousarray(picture, dtype=np.uint8)


@contextmanager
def _deaf_stderr() -> Iterator[None]:
    """Drops what libjpeg writes about damaged data directly to the process's stderr.

    Only for single-threaded programs.
    """
    kept = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


def _bytes_of(path: Path) -> bytes:
    try:
        why = _why_unusable(path)
        data = b"" if why else path.read_bytes()
    except FileNotFoundError as error:
        raise FileUnusable(path, say("нет такого файла")) from error
    except OSError as error:
        raise FileUnusable(path, say("не читается: {error}", error=system_words(error))) from error
    except ValueError as error:  # a name with a zero byte
        raise FileUnusable(path, say("не читается: {error}", error=error)) from error
    if why:
        raise FileUnusable(path, why)
    return data


def _why_unusable(path: Path) -> str:
    if path.is_dir():
        return say("это папка, а не картинка")
    size = path.stat().st_size
    if size == 0:
        return say("файл пуст")
    return say("файл слишком велик для картинки") if size > _LARGEST_BYTES else ""


def _first_scan(data: bytes) -> int:
    """Where a JPEG's own pixels begin, behind all its headers; the end of `data` if they never do.

    Headers contain whole preview pictures, and telephones append videos, so markers found anywhere else mean nothing.
    """
    at = len(_JPEG_START)
    while data[at : at + 1] == b"\xff" and data[at : at + 2] != _JPEG_SCAN:
        if data[at + 1 : at + 2] == b"\xff":  # any marker may be preceded by fill bytes
            at += 1
            continue
        at += 2 + max(2, int.from_bytes(data[at + 2 : at + 4], "big"))
    return min(at, len(data))


def _is_cut_off(data: bytes) -> bool:
    # Decoders silently fill the missing rest with grey.
    if data.startswith(_JPEG_START):
        return data.find(_JPEG_END, _first_scan(data)) < 0
    return data.startswith(_PNG_START) and _PNG_END not in data
