"""`--since`: a time span before now, a day by name, or a moment."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import click

from core.passes.pass_list import day_start
from core.passes.periods import ALLOWED, MomentInvalid, beginning
from core.words.language import say
from edge.config import GateConfig
from edge.runtime.known_time import now_of

_UNITS = {
    **dict.fromkeys(("m", "min", "мин"), timedelta(minutes=1)),
    **dict.fromkeys(("h", "ч"), timedelta(hours=1)),
    **dict.fromkeys(("d", "д", "дн"), timedelta(days=1)),
    **dict.fromkeys(("w", "н", "нед"), timedelta(weeks=1)),
}
_AGO = re.compile(rf"(\d{{1,5}})\s*({'|'.join(_UNITS)})")
_DAYS = {"сегодня": 0, "today": 0, "вчера": 1, "yesterday": 1, "позавчера": 2}


def since_moment(text: str | None, config: GateConfig) -> datetime | None:
    """The moment meant, by the gate's clock and zone; None for an empty text. Raises click.UsageError."""
    if not text:
        return None
    text = text.strip().lower()
    found = _AGO.fullmatch(text)
    if found is not None:
        return now_of(config.state_dir).wall - int(found[1]) * _UNITS[found[2]]
    if text in _DAYS:
        today = now_of(config.state_dir).wall.astimezone(config.zone).date()
        return day_start(today - timedelta(days=_DAYS[text]), config.zone)
    try:
        return beginning(text, config.zone)
    except MomentInvalid as error:
        raise click.UsageError(
            say("--since: «{text}» — не время; можно: 2h, 3d, 1w, вчера, {allowed}", text=error.text, allowed=ALLOWED)
        ) from error
