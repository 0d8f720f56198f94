"""The seam: a carrier takes what was committed and brings what is listened to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from cloud.push.notices import Notice, Topic

Deliver = Callable[[Notice], None]
"""Hands a notice to the streams of this worker; from any thread, never blocks."""


class Carrier(Protocol):
    """Belongs to one hub. All but `tell` are called on the event loop."""

    async def start(self, deliver: Deliver) -> None:
        """Begin to carry. Returns though nobody is there to connect to: it goes on trying, and `hearing` tells."""

    async def stop(self) -> None: ...

    async def listen(self, topic: Topic) -> None:
        """From the return on notices of `topic` are delivered, each at least once, as long as `hearing`.

        Also others may be, of topics nobody asked for. While not `hearing` it returns at once, and listens later.
        """

    def unlisten(self, topic: Topic) -> None:
        """Nobody wants `topic` any more."""

    def tell(self, notices: Sequence[Notice]) -> None:
        """Carry what has just been committed, to every worker that listens, this one too. Never waits, never raises."""

    @property
    def hearing(self) -> bool:
        """Whether notices arrive. When they no longer do `Missed` is delivered, and again when all that is wanted is heard."""

    @property
    def well(self) -> bool:
        """Whether this carrier still tries: false only when a part of it is dead."""
