"""What the relay process did, as a line of its log."""

from __future__ import annotations

import pytest

from core.words.language import Language, speaking
from core.words.reasons import Reason
from relay.process.news_words import KINDS, log_line
from relay.protocol import EventKind, RelayEvent


def event(kind: EventKind, what: str = "", outcome: str = "", reason: Reason | None = None) -> RelayEvent:
    return RelayEvent(
        seq=1, event_id="e", kind=kind, at_mono=0.0, at_wall=0.0, boot_id="b", barrier="main", lane=None,
        request_id="r", reason=reason, outcome=outcome, what=what, detail="",
    )  # fmt: skip


def test_a_line_is_of_one_language() -> None:
    """No code word of the protocol stands in it."""
    acted = event(EventKind.ACTED, "open", "done", Reason.GUARD_BUTTON)
    assert "main: исполнено открыть (кнопка охраны) сделано" == log_line(acted)
    with speaking(Language.EN):
        assert "main: done: open (guard's button) done" == log_line(acted)
    assert "main: положение открыт" == log_line(event(EventKind.POSITION, outcome="open"))


@pytest.mark.parametrize("kind", EventKind)
def test_every_kind_has_words(kind: EventKind) -> None:
    """A kind added later is not forgotten."""
    assert KINDS[kind] in log_line(event(kind))
