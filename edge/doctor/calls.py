"""What calls from the gate need besides the cloud: their library, and cameras that several processes can read."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator

from edge.call.settings import gives_pictures
from edge.config import GateConfig
from edge.doctor.finding import Finding
from edge.extras import install
from edge.language import say


def library(config: GateConfig) -> Iterator[Finding]:
    """A finding if calls are on but their library is missing."""
    if config.call.enabled and importlib.util.find_spec("aiortc") is None:
        text = say("включены, а библиотеки для них нет")
        yield Finding(say("звонки"), False, text, install("call"))


def calls(config: GateConfig) -> Iterator[Finding]:
    """If calls are on: findings about the library, and about each lane whose picture calls cannot show."""
    yield from library(config)
    for lane in config.lanes if config.call.enabled else ():
        if not gives_pictures(lane.camera):
            text = say("{lane}: камера USB или CSI занята зрением, картинки в звонке не будет", lane=lane.name)
            yield Finding(say("звонки"), False, text, say("звонку с картинкой нужна сетевая камера"))
