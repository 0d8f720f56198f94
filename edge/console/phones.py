"""Finds telephone numbers in texts by residents and technicians, so that they can be tapped. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

_NUMBER = re.compile(r"(?<![\w+])\+?\d(?:[\s().-]{0,2}\d){9,14}(?!\w)")


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of text; `call` is the number to dial, empty for plain text."""

    text: str
    call: str = ""


def pieces(text: str) -> tuple[Piece, ...]:
    """The text, cut into pieces.

    >>> pieces("дом 5, 8 (912) 345-67-89")
    (Piece(text='дом 5, ', call=''), Piece(text='8 (912) 345-67-89', call='+79123456789'))
    """
    found, at = [], 0
    for match in _NUMBER.finditer(text):
        if match.start() > at:
            found.append(Piece(text[at : match.start()]))
        found.append(Piece(match[0], _dialled(match[0])))
        at = match.end()
    if at < len(text):
        found.append(Piece(text[at:]))
    return tuple(found)


def _dialled(number: str) -> str:
    digits = "".join(char for char in number if char.isdecimal())
    if len(digits) == 11 and digits[0] == "8" and not number.startswith("+"):
        return f"+7{digits[1:]}"
    return f"+{digits}" if number.startswith("+") or len(digits) == 11 else digits
