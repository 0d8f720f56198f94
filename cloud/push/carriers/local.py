"""The carrier for a single process: notices are delivered where they are committed."""

from __future__ import annotations

from collections.abc import Sequence

from cloud.push.carriers.seam import Deliver
from cloud.push.notices import Notice, Topic


class LocalCarrier:
    """`Carrier` within a process."""

    hearing = True
    well = True

    def __init__(self) -> None:
        self._deliver: Deliver | None = None

    async def start(self, deliver: Deliver) -> None:
        self._deliver = deliver

    async def stop(self) -> None:
        self._deliver = None

    async def listen(self, topic: Topic) -> None: ...

    def unlisten(self, topic: Topic) -> None: ...

    def tell(self, notices: Sequence[Notice]) -> None:
        deliver = self._deliver
        if deliver is not None:
            for notice in notices:
                deliver(notice)
