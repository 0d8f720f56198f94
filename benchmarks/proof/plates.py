"""Plates of cars. Pure."""

from __future__ import annotations

LETTERS = "ABEKMHOPCTYX"


def plate(number: int) -> str:
    """Number `number` of some 15 million Russian plates."""
    number, digits = divmod(number, 1000)
    number, third = divmod(number, 12)
    number, second = divmod(number, 12)
    number, first = divmod(number, 12)
    return f"{LETTERS[first]}{digits:03}{LETTERS[second]}{LETTERS[third]}{(77, 99, 50, 78, 47, 16, 23, 54, 66)[number % 9]}"
