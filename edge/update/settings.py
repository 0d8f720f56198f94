"""`[update]`: whether the cloud may deliver new programs. The gate's owner decides; the pinned key verifies them."""

from __future__ import annotations

from dataclasses import dataclass

from core.setting import setting


@dataclass(frozen=True, slots=True)
class UpdateSettings:
    from_cloud: bool = setting(
        False,
        help_ru="брать обновления программы через облако; ставится только подписанное ключом, закреплённым при установке",
        help_en="take updates of the program through the cloud; only what the key pinned at install has signed is used",
    )
    quiet_s: float = setting(
        60.0,
        help_ru="сколько в проездах должно быть пусто, прежде чем программа будет сменена",
        help_en="how long the lanes have to be empty before the program is changed",
        low=5.0,
        high=3600.0,
        unit="s",
    )
