"""Texts of calls. All of them are keys of the catalogue."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

ENDINGS: Mapping[str, str] = MappingProxyType(
    {
        "nobody": "никто не ответил",
        "person": "завершён",
        "gate": "завершён у шлагбаума",
        "gate_lost": "шлагбаум пропал со связи",
        "person_lost": "ответивший пропал со связи",
        "person_out": "у ответившего больше нет доступа",
        "too_long": "закончился по времени",
    }
)
CAUSES: Mapping[str, str] = MappingProxyType({"button": "нажата кнопка вызова", "car": "машина ждёт"})
PICTURE: Mapping[str, str] = MappingProxyType(
    {"yes": "картинка есть", "no": "картинки нет", "unknown": "картинка не подтверждена"}
)
SOUND: Mapping[str, str] = MappingProxyType({"yes": "звук есть", "no": "звука нет", "unknown": "звук не подтверждён"})


def evidence_words(picture: str | None, sound: str | None) -> tuple[str, str]:
    """What the record of an opening says about picture and sound. A missing value reads as not confirmed."""
    return PICTURE.get(picture or "", PICTURE["unknown"]), SOUND.get(sound or "", SOUND["unknown"])
