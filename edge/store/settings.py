"""`[store]`: how long data is kept, and how much of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

from core.setting import setting

MEMORY_PICTURES_MB = 32
"""Limit for pictures if the store is in memory, of which a Pi has little."""
MEMORY_JOURNAL_MB = 16
"""Limit for the journal's records there."""


@dataclass(frozen=True, slots=True)
class StoreSettings:
    keep_days: int = setting(
        90,
        low=1,
        high=3650,
        unit="days",
        help_ru="сколько дней хранить журнал и снимки",
        help_en="days the journal and its pictures are kept",
    )
    journal_max_mb: int = setting(
        1000,
        low=1,
        high=100_000,
        unit="MB",
        help_ru="сколько места отдать записям журнала; самые старые удаляются первыми, даже если даты никто не знает",
        help_en="room for the journal's records; the oldest go first, even if nobody knows the date",
    )
    snapshots_max_mb: int = setting(
        2000,
        low=1,
        high=1_000_000,
        unit="MB",
        help_ru="сколько места отдать снимкам; самые старые удаляются первыми",
        help_en="room for pictures; the oldest go first",
    )
    free_floor_mb: int = setting(
        200,
        low=1,
        high=100_000,
        unit="MB",
        help_ru="сколько места на диске оставлять свободным",
        help_en="free disk space that is never used",
    )
    ballast_mb: int = setting(
        16,
        low=0,
        high=1000,
        unit="MB",
        help_ru="запасной файл: при полном диске удаляется первым, чтобы было чем дышать",
        help_en="a file to delete first when the disk is full, so that there is room to clean up",
    )

    def in_memory(self) -> Self:
        """The same settings, adjusted for a store in memory."""
        pictures = min(self.snapshots_max_mb, MEMORY_PICTURES_MB)
        journal = min(self.journal_max_mb, MEMORY_JOURNAL_MB)
        return replace(self, ballast_mb=0, snapshots_max_mb=pictures, journal_max_mb=journal, free_floor_mb=1)
