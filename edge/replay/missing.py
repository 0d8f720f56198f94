"""Why an answer of `gate replay --journal` is not known, in words."""

from __future__ import annotations

from core.decision.again import Missing
from edge.language import say


def missing_words(why: Missing | None) -> str:
    """In the reader's language."""
    if why is Missing.OLDER:
        return say("визит записан прежней версией: она не хранила ни тогдашних пропусков, ни чтений")
    if why is Missing.MORE:
        return say("сохранены не все чтения этого номера")
    if why is Missing.DIFFERS:
        return say("открыто без единого сохранённого чтения")
    return say("сохранённое не прочитать")
