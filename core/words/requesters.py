"""Who asked the barrier to move, as programs write it and as people read it.

`console:NAME` is a person at the guard's page, `console` the page without a name, `cli:NAME` the command line,
`portal:NAME` the portal, and `relay-test` a test pulse. A wired input has no requester; its reason is enough.
"""

from __future__ import annotations

from core.words.language import say
from core.words.reasons import Reason, reason_words

CONSOLE = "console"
COMMAND_LINE = "cli"
PORTAL = "portal"
RELAY_TEST = "relay-test"
MOST_CHARACTERS = 200


def requester(house: str, name: str = "") -> str:
    """`house:NAME`, or `house` alone without a name, as the relay's protocol takes it."""
    return printable(f"{house}:{name}" if name else house)


def printable(text: str) -> str:
    """Text typed by a person, made fit for one line: printable characters only, at most `MOST_CHARACTERS` of them."""
    return "".join(char for char in " ".join(text.split()) if char.isprintable())[:MOST_CHARACTERS].strip()


def requester_words(by: str, reason: Reason) -> str:
    """Who it was, for people. Without a requester, the reason is shown."""
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
