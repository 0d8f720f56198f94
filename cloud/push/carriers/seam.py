"""The seam: a carrier takes notices of commits and delivers them to the workers that listen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from cloud.push.notices import Notice, Topic

Deliver = Callable[[Notice], None]
"""Hands a notice to the streams of this worker. From any thread; never blocks."""


class Carrier(Protocol):
    """Belongs to one hub. All but `tell` are called on the event loop."""

    async def start(self, deliver: Deliver) -> None:
        """Begin to carry. Returns even if no server can be reached: it keeps trying, and `hearing` shows the state."""

    async def stop(self) -> None: ...

    async def listen(self, topic: Topic) -> None:
        """After the return, notices of `topic` are delivered at least once each, as long as `hearing`.

        Notices of other topics may be delivered too. If not `hearing`, it returns at once and listens later.
        """

    def unlisten(self, topic: Topic) -> None:
        """End one `listen` of `topic`."""

    def tell(self, notices: Sequence[Notice]) -> None:
        """Carry notices of a commit to every worker that listens, including this one. Never waits, never raises."""

    @property
    def hearing(self) -> bool:
        """Whether notices arrive. `Missed` is delivered when they stop, and again once all wanted topics are heard."""

    @property
    def well(self) -> bool:
        """Whether this carrier is still trying; false only if a part of it is dead."""
