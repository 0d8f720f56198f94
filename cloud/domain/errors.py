"""The one error of the rules: an input that a person can put right."""

from __future__ import annotations


class Invalid(ValueError):
    """A field (or the whole form, `field=""`) that cannot be accepted; `text` is Russian and a key of the catalogue."""

    def __init__(self, field: str, text: str, **facts: object) -> None:
        self.field = field
        self.text = text
        self.facts = facts
        super().__init__(text.format(**facts))
