"""One relay of a board as its owner last left it, and the times by which the owner works. Owned by that thread."""

from __future__ import annotations

from dataclasses import dataclass

from relay.boards.seam import Contact

CONFIRM_ROOM_S = 0.4
"""A pulse shorter than this has no time for asking whether the contact has closed."""
OFF_TRIES = 5
"""OFF is sent again so many times at most before a contact that stays closed is an alarm."""
OFF_AGAIN_S = 0.15
STUCK_AGAIN_S = 1.0
REOPEN_S = (0.2, 0.5, 1.0)
"""Back-off of opening a lost port; the last for ever."""
IDLE_CHECK_S = 5.0
KEEP_AGAIN_S = 5.0
"""A board that lost its power for a moment closes the contact of a hold again within this time."""
SILENT_POLL_S = 1.0
"""A board that does not tell its inputs is asked only so often."""
PRESENCE_S = 0.25
"""How soon a board that was unplugged is missed."""
BOARD_PULSE_MARGIN_S = 0.3
"""A pulse timed by the board is looked at so long after it should have ended."""


@dataclass(slots=True)
class Output:
    """One relay of the board as this thread last left it."""

    channel: int
    token: int = 0
    off_at: float | None = None
    """When OFF is due; None while the contact is open."""
    tries: int = 0
    board_timed: bool = False
    again_at: float = 0.0
    """When ON is said once more to a contact that is kept closed."""
    contact: Contact = Contact.UNKNOWN
    told_off: bool = True
    """The end of the last command has been reported."""
