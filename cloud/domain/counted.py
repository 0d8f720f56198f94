"""Some rows of many, with how many there are: a list that was cut must not look like all there is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Counted(Generic[Row]):
    """The first rows, and of how many. `whole`: False if there may be more than were counted."""

    rows: list[Row]
    count: int
    whole: bool = True

    @property
    def more(self) -> bool:
        """Whether there are others than the rows shown."""
        return self.count > len(self.rows) or not self.whole
