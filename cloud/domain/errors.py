"""The one error of the rules: an input that the person can correct."""

from __future__ import annotations


class Invalid(ValueError):
    """A field (or the whole form, `field=""`) that is not acceptable; `text` is Russian and a catalogue key."""

    def __init__(self, field: str, text: str, **facts: object) -> None:
        self.field = field
        self.text = text
        self.facts = facts
        super().__init__(text.format(**facts))
