"""Who is at the command line, for the journal."""

from __future__ import annotations

import getpass
import os

from core.words.requesters import COMMAND_LINE, requester


def whoever() -> str:
    """The user at the command line; behind sudo, the one who called it. Only the journal's text depends on it."""
    name = os.environ.get("SUDO_USER", "")
    if not name:
        try:
            name = getpass.getuser()
        except (KeyError, OSError):  # an account without a name
            name = str(os.getuid())
    return requester(COMMAND_LINE, name)
