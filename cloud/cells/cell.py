"""One cell as the mover holds it: its database and its place for pictures, opened."""

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
"""What a carrier gets to hand a notice on; it is a hint, and whoever misses it looks by itself."""


@dataclass(frozen=True, slots=True)
class Cell:
    """Close it when the move is over."""

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
        """Tell the cell's workers; those of a portal on SQLite are in a process that nothing reaches from here."""
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
