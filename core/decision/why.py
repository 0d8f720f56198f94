"""A trace as people read it, in Russian and English: the text of the "why card"."""

from __future__ import annotations

import re
from datetime import datetime, time, timedelta, tzinfo

from core.decision.record import TraceStep, VisitRecord
from core.decision.sentences import ENGLISH_WORDS, RUSSIAN_WORDS, SENTENCES
from core.decision.trace import Rule
from core.passes.schedule import hours_in_words
from core.plates.canonical import display, is_canonical
from core.words.language import Language, translate
from core.words.reasons import WORDS


class _Facts(dict[str, str]):
    """Shows a dash for a fact that an older record does not have."""

    def __missing__(self, key: str) -> str:
        return "–"


_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d)?(?:\+\d\d:\d\d|Z)")


def _local(name: str, value: str, zone: tzinfo | None) -> str:
    """Replaces moments in a fact by the site's local time. Text that only looks like a moment stays as it is.

    A period that ends at midnight is shown as the end of the day before, which is what the person who filed it typed.
    """

    def shown(found: re.Match[str]) -> str:
        try:
            at = datetime.fromisoformat(found[0]).astimezone(zone)
            ends = name == "end" or (name == "period" and found.start() > 0)
            if ends and at.time() == time():
                return f"{at - timedelta(days=1):%d.%m.%Y} 24:00"
        except (ValueError, OverflowError):
            return found[0]
        return f"{at:%d.%m.%Y %H:%M}"

    return value if zone is None else _MOMENT.sub(shown, value)


def _on_the_road(name: str, value: str) -> str:
    return display(value) if name in {"plate", "read", "said", "one", "other"} and is_canonical(value) else value


def _in_russian(value: str) -> str:
    if value in RUSSIAN_WORDS:
        return RUSSIAN_WORDS[value]
    for unit, russian in (" s", " с"), (" h", " ч"):
        if (number := value.removesuffix(unit)) != value:
            return number + russian
    return WORDS.get(value, value)


def _in_english(value: str) -> str:
    return translate(Language.EN, WORDS[value]) if value in WORDS else ENGLISH_WORDS.get(value, value)


def word_of(value: str) -> tuple[str, str]:
    """One fact as people read it, Russian and English."""
    return _in_russian(value), _in_english(value)


def sentence(step: TraceStep, *, zone: tzinfo | None = None) -> tuple[str, str]:
    """One trace step as a sentence, in Russian and English. A rule unknown to this version is shown by its code.

    `zone`: the site's time zone. With it, moments are shown in local time and plates as they look on the road; None
    leaves both as they were recorded.
    """
    try:
        templates = SENTENCES[Rule(step.rule)]
    except ValueError:
        shown = f"{step.rule}: {', '.join(f'{name} {value}' for name, value in step.facts)}"
        return shown, shown
    facts = step.facts if zone is None else tuple((name, _on_the_road(name, value)) for name, value in step.facts)
    told = _Facts((name, _local(name, _in_russian(value), zone)) for name, value in facts)
    told_en = _Facts((name, _local(name, _in_english(value), zone)) for name, value in facts)
    if "hours" in told:
        kept = dict(step.facts)["hours"]
        told["hours"], told_en["hours"] = hours_in_words(kept, Language.RU), hours_in_words(kept, Language.EN)
    return templates[0].format_map(told).strip(), templates[1].format_map(told_en).strip()


def sentences(record: VisitRecord, *, zone: tzinfo | None = None) -> tuple[tuple[str, str], ...]:
    """All sentences of a record's trace, in order."""
    return tuple(sentence(step, zone=zone) for step in record.trace)
