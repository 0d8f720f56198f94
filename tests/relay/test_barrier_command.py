"""`gate hold` against a real relay process."""

from __future__ import annotations

import json
from collections.abc import Callable

from tests.relay.conftest import Relay


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
