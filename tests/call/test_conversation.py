"""The gate's side of a call: it follows the cloud, forwards only, and ends however the cloud behaves."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.call import conversation
from edge.call.conversation import (
    LONGEST_S,
    SILENT_BROKEN_S,
    SILENT_RINGING_S,
    SILENT_TALKING_S,
    Connect,
    Conversation,
    Over,
)
from sync.call_wire import CallTold

ID = "00000000-0000-4000-8000-000000000001"
SOON = datetime(2026, 11, 30, 8, 1, tzinfo=UTC)
NEW = Conversation(begun=0.0, heard=0.0)


def said(phase, version, *, attempt=0, ending=""):
    offer = f"offer {attempt}" if attempt else ""
    by = "Олег" if phase != "ringing" else ""
    return CallTold(ID, version, phase, SOON, ending=ending, by=by, attempt=attempt, offer=offer)


SAID = st.lists(
    st.builds(
        said,
        st.sampled_from(["ringing", "answered", "ended"]),
        st.integers(1, 6),
        attempt=st.integers(0, 4),
        ending=st.sampled_from(["person", "nobody", "too_long"]),
    ),
    max_size=20,
)


@given(SAID)
def test_offers_are_answered_forwards_and_once(words):
    """Of whatever comes in whatever order, each newer offer is answered once, an older one never, and none after the end."""
    state, attempts = NEW, []
    for number, word in enumerate(words):
        before = state
        state, action = conversation.told(state, word, float(number))
        if isinstance(action, Connect):
            attempts.append(action.attempt)
            assert f"offer {action.attempt}" == action.offer
        if before.ending:
            assert (before, None) == (state, action)

    assert attempts == sorted(set(attempts))


def test_from_ring_to_end():
    """It rings, is answered by one person, connects, and is over when the cloud says so."""
    state, nothing = conversation.told(NEW, said("ringing", 1), 1.0)
    assert (None, True) == (nothing, state.rings)
    state, connect = conversation.told(state, said("answered", 2, attempt=1), 6.0)
    assert (Connect(1, "offer 1", ()), "Олег", 6.0) == (connect, state.by, state.answered)
    state, over = conversation.told(state, said("ended", 3, ending="person"), 60.0)
    assert (Over("person"), False) == (over, state.rings)


@pytest.mark.parametrize(
    ("answered", "flows", "patience_s"),
    [(None, False, SILENT_RINGING_S), (0.0, False, SILENT_BROKEN_S), (0.0, True, SILENT_TALKING_S)],
    ids=["ringing", "nothing flows", "flows"],
)
def test_a_silent_cloud_ends_it_in_time(answered, flows, patience_s):
    """A talk that flows survives a portal that restarts; nothing goes on for ever without a word."""
    state = Conversation(begun=0.0, heard=0.0, answered=answered)

    assert (state, None) == conversation.silent(state, patience_s - 0.1, flows=flows)
    assert Over("gate_lost") == conversation.silent(state, patience_s, flows=flows)[1]


@pytest.mark.parametrize("phase", ["ringing", "answered"])
def test_no_call_lasts_for_ever_whatever_the_cloud_says(phase):
    """A cloud that never ends a call keeps its lane from ringing again for a bounded time only."""
    state, nothing = conversation.told(NEW, said(phase, 1), LONGEST_S - 1)
    assert ("", None) == (state.ending, nothing)
    state, over = conversation.told(state, said(phase, 1), LONGEST_S)
    assert Over("too_long") == over
    assert "too_long" == state.ending
