"""Why the barrier opened or did not."""

from __future__ import annotations

from enum import StrEnum


class Reason(StrEnum):
    """Why the barrier opened or did not; these words are a fixed contract (design, section 6)."""

    PASS_VALID = "pass_valid"
    EXIT_FREE = "exit_free"
    GUARD_BUTTON = "guard_button"
    CONSOLE = "console"
    CLOUD_COMMAND = "cloud_command"
    EXIT_LOOP = "exit_loop"
    FIRE_INPUT = "fire_input"
    LOCAL_LIST = "local_list"
    NO_PASS = "no_pass"
    PASS_NOT_STARTED = "pass_not_started"
    PASS_EXPIRED = "pass_expired"
    PASS_REVOKED = "pass_revoked"
    BLOCKED = "blocked"
    UNREADABLE = "unreadable"
    AMBIGUOUS = "ambiguous"
    LOW_CONFIDENCE = "low_confidence"
    FRAME_TOO_OLD = "frame_too_old"
    """Every picture that could have opened was late or frozen: the box is overloaded, or the camera stutters."""
    ALREADY_OPENED = "already_opened"
    """The car just opened for came back, and turned away before it was opened for again."""
