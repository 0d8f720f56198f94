"""A verdict and a moment in words for a guard. Reasons: `core.words.reasons`; whole sentences: `core.decision.why`."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from core.instant import Instant
from core.words.outcomes import OUTCOME_WORDS
from core.words.reasons import reason_words
from edge.config import GateConfig
from edge.language import say

if TYPE_CHECKING:  # `gate status` needs only the words, not the decision code
    from core.decision.standing import PlateStanding

STATES = MappingProxyType(
    {
        "ok": "на связи",
        "lost": "нет связи",
        "silent": "не отвечает",
        "nonsense": "отвечает не то",
        "stuck": "контакт не размыкается",
        "hung": "драйвер завис",
        "broken": "драйвер упал",
        "starting": "запускается",
        "on": "замкнут",
        "off": "разомкнут",
        "unknown": "неизвестно",
        "idle": "ждёт",
        "pulse": "импульс",
        "gap": "пауза",
        "hold": "удерживается",
        "fire": "пожарный вход",
        "open": "открыт",
        "closed": "закрыт",
        "between": "между",
        **OUTCOME_WORDS,
        "none": "не настроено",
        "linked": "на связи",
        "board": "неполадка платы",
        "contact_stuck": "контакт не размыкается",
        "contact_dead": "контакт не замыкается",
        "not_opened": "не открылся",
        "left_open": "стоит открытым",
        "forced": "открыт силой",
        "input_deaf": "вход не читается",
        "input_stuck": "вход не меняется",
        "not_taken": "не взят из настроек",
    }
)
"""States and outcomes of barriers, boards, inputs and the cloud link; the texts are catalogue keys."""


def state_words(code: str) -> str:
    """A state in words; an unknown one, as of a newer version, is shown as its code."""
    words = STATES.get(code)
    return code if words is None else say(words)


def verdict_words(standing: PlateStanding) -> str:
    """Whether a plate may enter, and why: one line."""
    verdict = say("Въезд разрешён") if standing.opens else say("Въезд запрещён")
    return f"{verdict}: {reason_words(standing.word)}"


def site_time(at: Instant, config: GateConfig) -> str:
    """The moment in the site's local time, and whether the gate trusts its clock."""
    local = f"{at.wall.astimezone(config.zone):%d.%m.%Y %H:%M}"
    sure = "" if at.wall_trusted else say("; часы не сверены")
    return say("На объекте {local} ({timezone}){sure}.", local=local, timezone=config.site.timezone, sure=sure)


def span(seconds: float) -> str:
    """A length of time in its largest unit, rounded."""
    for size, unit in ((86400, say("сут")), (3600, say("ч")), (60, say("мин"))):
        if seconds >= size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} {say('с')}"


def shift_words(shift: tuple[float, float]) -> str:
    """How a view has shifted: `shift` to the right and down, in shares of the picture's width."""
    right, down = (round(100 * part) for part in shift)
    return say(
        "вид сместился {across} на {right} %, {along} на {down} %",
        across=say("вправо") if right >= 0 else say("влево"),
        right=abs(right),
        along=say("вниз") if down >= 0 else say("вверх"),
        down=abs(down),
    )
