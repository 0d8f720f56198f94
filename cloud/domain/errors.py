"""The one error of the rules: an input that the person can correct."""

from __future__ import annotations

from collections.abc import Callable


class Invalid(ValueError):
    """A field (or the whole form, `field=""`) that is not acceptable; `text` is Russian and a catalogue key."""

    def __init__(self, field: str, text: str, **facts: object) -> None:
        self.field = field
        self.text = text
        self.facts = facts
        self.others: tuple[Invalid, ...] = ()
        """What else is wrong with the same form."""
        super().__init__(text.format(**facts))


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
