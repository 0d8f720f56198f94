"""The default lane names of a new config, in words: whoever writes no title still reads no English."""

from __future__ import annotations

from core.words.language import say

LANES = {"entry": "въезд", "exit": "выезд"}


def lane_words(name: str) -> str:
    """A lane's name for people; one that somebody chose stays as it is."""
    return say(LANES[name]) if name in LANES else name
