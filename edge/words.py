"""A verdict and a moment, as a guard reads them. Reasons: `core.reasons`; whole sentences: `core.why`."""

from __future__ import annotations

from core.instant import Instant
from core.reasons import reason_words
from core.standing import PlateStanding
from edge.config import GateConfig
from edge.language import say


def verdict_words(standing: PlateStanding) -> str:
    """Whether a plate may enter, and why: one line."""
    verdict = say("Въезд разрешён") if standing.opens else say("Въезд запрещён")
    return f"{verdict}: {reason_words(standing.word)}"


def site_time(at: Instant, config: GateConfig) -> str:
    """The moment as the site's people have it on the wall, and whether the gate believes it."""
    local = f"{at.wall.astimezone(config.zone):%d.%m.%Y %H:%M}"
    sure = "" if at.wall_trusted else say("; часы не сверены")
    return say("На объекте {local} ({timezone}){sure}.", local=local, timezone=config.site.timezone, sure=sure)
