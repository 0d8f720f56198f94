"""The symbols that a reader can output, in the order of its output.

Canonical plates use Latin look-alikes (`ABEKMHOPCTYX` for АВЕКМНОРСТУХ). Cyrillic letters without a Latin twin appear
on Soviet, Abkhazian and old neighbouring plates and stay Cyrillic. `PAD` marks a place with no character; `UNSEEN` one
where a character stands, or may stand, but cannot be seen. Older readers lack the column of `UNSEEN`, the last one.
"""

from __future__ import annotations

PAD = "_"
UNSEEN = "?"
DIGITS = "0123456789"
LATIN = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
CYRILLIC_ONLY = "БГДЖЗИЛПФЦЧШЩЭЮЯ"
ALPHABET = DIGITS + LATIN + CYRILLIC_ONLY + PAD + UNSEEN
SLOTS = 10
"""Most characters a plate can have; the longest in use have nine."""
