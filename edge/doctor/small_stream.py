"""The camera's small stream: whether the one of the config works, and where one may be that nobody has named."""

from __future__ import annotations

import re
from collections.abc import Iterator

from camera.errors import CameraError
from camera.opening import open_source
from camera.redact import redact
from core.errors import FileUnusable
from edge.config import Lane
from edge.doctor.finding import Finding
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
"""How makers name the two streams in the path of the address."""


def likely_small(address: str) -> tuple[str, ...]:
    """Addresses at which the small stream of the camera at `address` may be, the likeliest first."""
    start = re.match(r"\w+://[^/]*", address)
    if start is None:
        return ()
    host, path = start[0], address[start.end() :]
    changed = (re.sub(large, small, path, count=1) for large, small in _LARGE_AND_SMALL)
    return tuple(dict.fromkeys(host + one for one in changed if one != path))


def small_stream(lane: Lane, size: tuple[int, int]) -> Iterator[Finding]:
    """What to say of the small stream of `lane`, whose large one shows pictures of `size`; often nothing."""
    part = say("малый поток {name}", name=lane.name)
    if lane.sub_camera:
        found = _size_of(lane, lane.sub_camera)
        if found is None:
            cure = say("проверьте sub_camera; без него проезд работает, но процессор занят втрое больше")
            yield Finding(part, False, say("не открывается"), cure)
        else:
            small = found[0] * found[1] < size[0] * size[1]
            cure = "" if small else say("в настройках камеры сделайте второй поток меньше, например 640×360")
            yield Finding(part, True, "{}×{}".format(*found), cure)
        return
    for address in likely_small(lane.camera):
        found = _size_of(lane, address)
        if found is not None and found[0] * found[1] < size[0] * size[1]:
            cure = say(
                'в [[lane]] {name}: sub_camera = "{address}"; пустой проезд займёт процессор втрое меньше',
                name=lane.name,
                address=re.sub(r"://[^/]*@", "://", redact(address)),
            )
            yield Finding(part, True, say("есть: {width}×{height}", width=found[0], height=found[1]), cure)
            return


def _size_of(lane: Lane, address: str) -> tuple[int, int] | None:
    """The size of its pictures; None where there are none."""
    try:
        source = open_source(address, lane=lane.name, settings=lane.view)
        try:
            source.open()
            frame = source.read()
        finally:
            source.close()
    except (CameraError, FileUnusable):
        return None
    return None if frame is None else frame.size
