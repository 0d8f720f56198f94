"""Who asked the barrier to move, as programs write it and as people read it.

`console:NAME` a person at the guard's page, `console` the page where nobody is named, `cli:NAME` the command line,
`portal:NAME` the portal, `relay-test` a test pulse; a wired input says nothing beside its reason.
"""

from __future__ import annotations

from core.words.language import say
from core.words.reasons import Reason, reason_words

CONSOLE = "console"
COMMAND_LINE = "cli"
PORTAL = "portal"
RELAY_TEST = "relay-test"
MOST = 200


def requester(house: str, name: str = "") -> str:
    """`house:NAME`, or `house` alone where nobody is named; what the relay's protocol takes."""
    return printable(f"{house}:{name}" if name else house)


def printable(text: str) -> str:
    """Text of a person as it may stand in a line: one line, nothing that is not printed, at most `MOST` characters."""
    return "".join(char for char in " ".join(text.split()) if char.isprintable())[:MOST].strip()


def requester_words(by: str, reason: Reason) -> str:
    """Who it was, for people; what no one is named for is told by its reason."""
    house, _, name = by.partition(":")
    said = {
        CONSOLE: say("страница охраны"),
        COMMAND_LINE: say("командная строка"),
        PORTAL: say("портал"),
        RELAY_TEST: say("проверка реле"),
    }.get(house)
    if said is None:
        return by or reason_words(reason)
    return f"{said}, {name}" if name else said
