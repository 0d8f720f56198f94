"""The errors of the rules: an input that the person can correct, or that a rule of the territory stands against."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from types import MappingProxyType


class Invalid(ValueError):
    """A field (or the whole form, `field=""`) that is not acceptable; `text` is Russian and a catalogue key."""

    def __init__(self, field: str, text: str, **facts: object) -> None:
        self.field = field
        self.text = text
        self.facts = facts
        self.others: tuple[Invalid, ...] = ()
        """What else is wrong with the same form."""
        super().__init__(text.format(**facts))


class Rule(StrEnum):
    """A territory's rules for filing, by names on which other programs may rely."""

    TERRITORY_CLOSED = "territory_closed"
    PLATE_UNWELCOME = "plate_unwelcome"
    FILING_LIMIT = "filing_limit"
    PERIOD_LIMIT = "period_limit"
    PASS_LIMIT = "pass_limit"


RULE_WORDS: Mapping[Rule, str] = MappingProxyType(
    {
        Rule.TERRITORY_CLOSED: "Территория закрыта: новые заявки не принимаются.",
        Rule.PLATE_UNWELCOME: "Этот автомобиль просили не пускать: {name}. Сначала снимите отметку.",
        Rule.FILING_LIMIT: "За час можно подать не больше {n} заявок. Попробуйте позже.",
        Rule.PERIOD_LIMIT: "На этой территории период не длиннее {n} дн.",
        Rule.PASS_LIMIT: "На один объект можно подать не больше {n} действующих заявок.",
    }
)
"""Keys of the catalogue."""


class RuledOut(Invalid):
    """A filing that is right in itself, against which one of the territory's rules stands."""

    def __init__(self, rule: Rule, *, field: str = "", **facts: object) -> None:
        self.rule = rule
        super().__init__(field, RULE_WORDS[rule], **facts)


def read_all(*readers: Callable[[], str]) -> list[str]:
    """What all of them read. Raises the first Invalid with the others in it: a form tells all its mistakes at once."""
    read, wrong = list[str](), list[Invalid]()
    for one in readers:
        try:
            read.append(one())
        except Invalid as error:
            wrong.append(error)
    if wrong:
        wrong[0].others = tuple(wrong[1:])
        raise wrong[0]
    return read
