"""Who is at the command line, as the journal tells it."""

from __future__ import annotations

import getpass
import os

from core.words.requesters import COMMAND_LINE, requester


def whoever() -> str:
    """Whoever is at the command line; behind sudo, who called it. Nothing depends on it but the journal's word."""
    name = os.environ.get("SUDO_USER", "")
    if not name:
        try:
            name = getpass.getuser()
        except (KeyError, OSError):  # an account without a name
            name = str(os.getuid())
    return requester(COMMAND_LINE, name)
