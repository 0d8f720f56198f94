"""Object labels («Участок 632 и 633 (дом 148)»): free text, compared regardless of how it was typed."""

from __future__ import annotations

import unicodedata

from cloud.domain.errors import Invalid

LONGEST = 120
_LOOK_ALIKES = str.maketrans("abekmhopctyx", "авекмнорстух")


def read_object(typed: str, *, required: bool = True) -> str:
    """The label for display: one line, single spaces."""
    label = " ".join(unicodedata.normalize("NFC", typed).split())
    if required and not label:
        raise Invalid("object", "Укажите идентификатор объекта.")
    if len(label) > LONGEST or not label.isprintable():
        raise Invalid("object", "Идентификатор объекта слишком длинный.")
    return label


def object_key(label: str) -> str:
    """The comparison key, equal for all spellings of one object's label."""
    folded = unicodedata.normalize("NFKC", label.replace("№", "")).casefold().replace("ё", "е").translate(_LOOK_ALIKES)
    return "".join(char for char in folded if char.isalnum())[:LONGEST]
