"""The camera's small stream: whether the configured one works, and where there may be one that is not configured."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator, Sequence
from urllib.parse import SplitResult, unquote, urlsplit

from camera.errors import CameraError
from camera.frame import Picture
from camera.opening import STREAM_SCHEMES, open_source
from camera.redact import redact
from core.errors import FileUnusable
from edge.aim.discovery import Stream, streams_of
from edge.config import Lane
from edge.doctor.finding import Finding
from edge.doctor.same_view import SAME, likeness
from edge.language import say

_LARGE_AND_SMALL = (
    (r"(?i)(/Streaming/Channels/\d*)01\b", r"\g<1>02"),  # Hikvision
    (r"(?i)(/ch\d+)/main/", r"\g<1>/sub/"),  # Hikvision before
    (r"(?i)subtype=0(?!\d)", "subtype=1"),  # Dahua
    (r"(?i)(h264|h265)Preview_(\d+)_main", r"\g<1>Preview_\g<2>_sub"),  # Reolink
    (r"(?i)/videoMain\b", "/videoSub"),  # Foscam
    (r"(?i)stream=0(?!\d)", "stream=1"),  # XiongMai
    (r"(?i)/stream1\b", "/stream2"),  # TP-Link
    (r"(?i)/profile1\b", "/profile2"),
    (r"(?i)/main\b", "/sub"),
)
"""How manufacturers name the two streams in the path of the address."""


def likely_small(address: str) -> tuple[str, ...]:
    """Addresses that may be the small stream of the camera at `address`, the most likely first."""
    start = re.match(r"\w+://[^/]*", address)
    if start is None:
        return ()
    host, path = start[0], address[start.end() :]
    changed = (re.sub(large, small, path, count=1) for large, small in _LARGE_AND_SMALL)
    return tuple(dict.fromkeys(host + one for one in changed if one != path))


Ask = Callable[[str, str, str], Sequence[Stream]]
"""Asks the camera at a host for its streams; called with host, user and password."""


def told_small(address: str, large: Picture, ask: Ask) -> Iterator[str]:
    """Addresses of smaller streams that the camera at `address` itself reports, with its user and password.

    The credentials go to no host but the camera's.
    """
    camera = _parts(address)
    if camera is None or not camera.hostname:
        return
    userinfo = camera.netloc.rpartition("@")[0]
    for stream in ask(camera.hostname, unquote(camera.username or ""), unquote(camera.password or "")):
        told = _parts(stream.uri)
        size = re.match(r"(\d+)×(\d+)", stream.size)
        if told is None or told.hostname != camera.hostname:
            continue
        if size and int(size[1]) * int(size[2]) >= large.shape[0] * large.shape[1]:
            continue
        place = told.netloc.rpartition("@")[2]
        yield told._replace(netloc=f"{userinfo}@{place}" if userinfo else place).geturl()


def _parts(address: str) -> SplitResult | None:
    try:
        return urlsplit(address)
    except ValueError:
        return None


def small_stream(lane: Lane, large: Picture, *, ask: Ask = streams_of) -> Iterator[Finding]:
    """Findings about the small stream of `lane`, whose large stream shows `large`; often none.

    A stream with a different view watches another place: it is never proposed, and in the config it is a fault. A
    recorder reports the streams of all its cameras, so a reported stream is proposed only if its view was seen to be
    the same.
    """
    part = say("малый поток {name}", name=lane.name)
    if lane.sub_camera:
        yield _named(part, _picture(lane, lane.sub_camera), large)
        return
    if not lane.camera.lower().startswith(STREAM_SCHEMES):
        return
    guessed = likely_small(lane.camera)
    for address in itertools.chain(guessed, told_small(lane.camera, large, ask)):
        found = _picture(lane, address)
        if found is None or not _is_smaller(found, large):
            continue
        alike = likeness(found, large)
        if alike is None and address not in guessed:
            continue
        if alike is not None and alike < SAME:
            continue
        size = say("есть: {width}×{height}", width=found.shape[1], height=found.shape[0])
        unsure = "" if alike is not None else say("; тот ли это вид, не видно: картинка пуста, проверьте при свете")
        cure = say(
            'в [[lane]] {name}: sub_camera = "{address}"; пустой проезд займёт процессор втрое меньше',
            name=lane.name,
            address=re.sub(r"://[^/]*@", "://", redact(address)),
        )
        yield Finding(part, True, size + unsure, cure)
        return


def _named(part: str, found: Picture | None, large: Picture) -> Finding:
    """Test the configured stream."""
    if found is None:
        cure = say("проверьте sub_camera; без него проезд работает, но процессор занят втрое больше")
        return Finding(part, False, say("не открывается"), cure)
    size = f"{found.shape[1]}×{found.shape[0]}"
    alike = likeness(found, large)
    if alike is not None and alike < SAME:
        cure = say("sub_camera: нужен второй поток той же камеры, с тем же видом; иначе проезд проспит машину")
        return Finding(part, False, say("{size}, показывает другое место", size=size), cure)
    cure = (
        "" if _is_smaller(found, large) else say("в настройках камеры сделайте второй поток меньше, например 640×360")
    )
    return Finding(part, True, size, cure)


def _is_smaller(found: Picture, large: Picture) -> bool:
    return bool(found.shape[0] * found.shape[1] < large.shape[0] * large.shape[1])


def _picture(lane: Lane, address: str) -> Picture | None:
    """Its next picture; None if there is none."""
    try:
        source = open_source(address, lane=lane.name, settings=lane.view)
        try:
            source.open()
            frame = source.read()
        finally:
            source.close()
    except (CameraError, FileUnusable):
        return None
    return None if frame is None else frame.bgr
