"""How `gate passes` shows a pass: as a line for people, and as values for programs."""

from __future__ import annotations

from datetime import datetime, timedelta, tzinfo

from core.passes.pass_list import Pass, PassSource
from core.plates.canonical import display
from edge.language import say


def values(one: Pass, zone: tzinfo) -> dict[str, object]:
    """For `--json`; moments in the site's zone."""
    return {
        "id": one.id,
        "plate": one.plate,
        "display": display(one.plate),
        "valid_from": None if one.valid_from is None else one.valid_from.astimezone(zone).isoformat(),
        "valid_until": None if one.valid_until is None else one.valid_until.astimezone(zone).isoformat(),
        "hours": None if one.hours is None else one.hours.text(),
        "source": one.source.value,
        "one_time": one.one_time,
        "blocked": one.blocked,
        "revoked": one.revoked,
        "note": one.note,
    }


def line(one: Pass, zone: tzinfo) -> str:
    """For people: plate, period, and what there is to tell."""
    return f"{display(one.plate):<14} {period(one, zone):<38} {about(one)}".rstrip()


def about(one: Pass) -> str:
    """Hours, kind and whose it is, in words; empty if there is nothing to tell."""
    marks = [
        word
        for holds, word in (
            (one.hours is not None, one.hours.words() if one.hours is not None else ""),
            (one.one_time and not one.used, say("разовый")),
            (one.one_time and one.used, say("разовый пропуск использован")),
            (one.blocked, say("въезд запрещён")),
            (one.revoked, say("отозван")),
            (one.source is PassSource.CLOUD, say("облако")),
        )
        if holds
    ]
    return ", ".join([*marks, one.note]).strip(", ")


def period(one: Pass, zone: tzinfo) -> str:
    """The period in the site's zone."""
    if one.valid_from is None and one.valid_until is None:
        return say("бессрочно")
    start = "…" if one.valid_from is None else _moment(one.valid_from.astimezone(zone))
    stop = "…" if one.valid_until is None else _moment(one.valid_until.astimezone(zone), is_end=True)
    return f"{start} – {stop}"


def _moment(at: datetime, *, is_end: bool = False) -> str:
    """A moment; just the date if the period covers the whole of that day."""
    if (at.hour, at.minute, at.second) != (0, 0, 0):
        return f"{at:%d.%m.%Y %H:%M}"
    return f"{at - timedelta(days=1) if is_end else at:%d.%m.%Y}"
