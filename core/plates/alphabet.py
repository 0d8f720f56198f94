"""The symbols a reader can answer, in the order of its output.

Canonical plates use Latin look-alikes (`ABEKMHOPCTYX` stand for АВЕКМНОРСТУХ). The Cyrillic rest, without Latin
twins, appears on Soviet, Abkhazian and old neighbour plates and stays Cyrillic. `PAD` stands where nothing stands,
`UNSEEN` where a character stands, or may stand, and cannot be seen. Readers from before it lack its column, the last.
"""

from __future__ import annotations

PAD = "_"
UNSEEN = "?"
DIGITS = "0123456789"
LATIN = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
CYRILLIC_ONLY = "БГДЖЗИЛПФЦЧШЩЭЮЯ"
ALPHABET = DIGITS + LATIN + CYRILLIC_ONLY + PAD + UNSEEN
SLOTS = 10
"""Characters a plate can have at the most; the longest in use have nine."""
