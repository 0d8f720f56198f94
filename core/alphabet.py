"""The symbols a reader can answer, in the order of its output.

Canonical plates use Latin look-alikes (`ABEKMHOPCTYX` stand for АВЕКМНОРСТУХ). The Cyrillic rest, without Latin
twins, appears on Soviet, Abkhazian and old neighbour plates and stays Cyrillic. The last symbol pads.
"""

from __future__ import annotations

PAD = "_"
DIGITS = "0123456789"
LATIN = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
CYRILLIC_ONLY = "БГДЖЗИЛПФЦЧШЩЭЮЯ"
ALPHABET = DIGITS + LATIN + CYRILLIC_ONLY + PAD
SLOTS = 10
"""Characters a plate can have at the most; the longest in use have nine."""
