"""`gate hold` against a real relay process."""

from __future__ import annotations

import json
from collections.abc import Callable

from core.words.outcomes import Outcome
from edge.barrier_words import told
from relay.protocol import Do, Reply
from tests.relay.conftest import Relay


def test_a_hold_in_the_pause_is_not_called_held() -> None:
    """The contact is open: people hear that it is accepted and when it begins, and of a hold that is one that it is."""
    reply = Reply("1", Outcome.DONE, "pause", "начнётся после паузы, через 1.2 с", held_s=600.0)

    assert (True, "«въезд»: удержание на 10 мин принято, начнётся после паузы, через 1.2 с.") == told(
        Do.HOLD, "въезд", reply, asked_s=600.0
    )
    held = Reply("1", Outcome.DONE, "held", held_s=600.0)
    assert (True, "«въезд»: удерживается открытым 10 мин.") == told(Do.HOLD, "въезд", held, asked_s=600.0)


def test_hold_prints_the_time_that_was_granted(relay_on: Callable[..., Relay]) -> None:
    """A hold cut to the longest that is allowed is not announced as the one asked for."""
    relay = relay_on('driver = "simulated"\nmax_hold_minutes = 2')
    relay.start()
    told = relay.gate("hold", "entry", "--minutes", "1000")

    assert told.returncode == 0
    assert "2 " in told.stdout
    assert "1000" not in told.stdout
    assert "max_hold_minutes" in told.stdout
    again = relay.gate("hold", "entry", "--minutes", "1", "--json")
    assert json.loads(again.stdout)["held_s"] == 60.0
    assert relay.end() == 0
