"""A cell opened by the move command: its database and its picture storage."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from cloud.cells.settings import CellSettings
from cloud.db.engine import Database
from cloud.pictures import Pictures, make_pictures
from cloud.push import Notice, make_hub

TELL_S = 0.5
"""Time for the transport to deliver notices. They are only hints: a recipient that misses one finds out by polling."""


@dataclass(frozen=True, slots=True)
class Cell:
    """The caller closes it when the move is over."""

    name: str
    url: str
    database: Database
    pictures: Pictures
    nats: str = ""

    @classmethod
    def opened(cls, settings: CellSettings) -> Self:
        pictures = make_pictures(settings.data_dir, settings.bucket)
        return cls(settings.name, settings.url, Database(settings.database_url), pictures, settings.nats)

    def tell(self, notices: Sequence[Notice]) -> None:
        """Notifies the cell's workers. The workers of a portal on SQLite cannot be reached from another process."""
        asyncio.run(self._tell(notices))

    async def _tell(self, notices: Sequence[Notice]) -> None:
        hub = make_hub(self.database, self.nats)
        await hub.start()
        try:
            hub.tell(notices)
            await asyncio.sleep(TELL_S)
        finally:
            await hub.stop()

    def close(self) -> None:
        self.database.close()
