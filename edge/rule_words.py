"""Origins of the portal-choosable rules in words: for `gate status`, `gate config explain` and the guard's page."""

from __future__ import annotations

from edge.config.choice import CHOOSABLE, Origin
from edge.language import say
from edge.runtime.status import RulesStatus


def rules_text(rules: RulesStatus) -> str:
    """Both rules with their origin, for one row."""
    passback = say(
        "повторный въезд — {value} ({origin})", value=hours(rules.anti_passback_h), origin=_passback_from(rules)
    )
    convoy = say("колонна — {value} ({origin})", value=_on(rules.convoy), origin=_word(rules.convoy_from))
    return f"{passback}; {convoy}"


def note_of(name: str, rules: RulesStatus) -> str:
    """The note beside the key `name` of `CHOOSABLE`; empty for any other key."""
    if name not in CHOOSABLE:
        return ""
    passback = name == CHOOSABLE[0]
    value = hours(rules.anti_passback_h) if passback else _on(rules.convoy)
    origin = rules.anti_passback_from if passback else rules.convoy_from
    wanted = rules.chosen_anti_passback_h if passback else rules.chosen_convoy
    now = say(
        "Сейчас действует: {value} ({origin}).",
        value=value,
        origin=_passback_from(rules) if passback else _word(origin),
    )
    if wanted is None or origin == Origin.CLOUD:
        return now
    chosen = hours(wanted) if passback else _on(bool(wanted))
    return f"{now} " + say("В портале выбрано: {value}.", value=chosen)


def strength() -> str:
    """The order of precedence, in words."""
    return say("Значение из файла сильнее выбора управляющего в портале; чтобы решал портал, сотрите ключ в файле.")


def hours(value: float) -> str:
    return say("{n} ч", n=f"{value:g}") if value else _on(False)


def _on(value: bool) -> str:  # noqa: FBT001 - a value, no option
    return say("включено") if value else say("выключено")


def _passback_from(rules: RulesStatus) -> str:
    if rules.anti_passback_from == Origin.NO_EXIT and rules.chosen_anti_passback_h is not None:
        wanted = hours(rules.chosen_anti_passback_h)
        return say("в портале выбрано {value}, но выезда среди проездов нет", value=wanted)
    return _word(rules.anti_passback_from)


def _word(origin: str) -> str:
    return {
        Origin.FILE.value: say("из файла"),
        Origin.CLOUD.value: say("выбрал портал"),
        Origin.DEFAULT.value: say("по умолчанию"),
    }.get(origin, origin)
