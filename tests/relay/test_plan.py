"""What does not fit together in a config is found before anything moves."""

from __future__ import annotations

import pytest

from relay.input_settings import InputSettings
from relay.plan import check
from relay.settings import BarrierSettings, LaneRoute, RelayPlan

MAIN = BarrierSettings(name="main")
LCUS = BarrierSettings(name="usb", driver="lcus", port="/dev/a", channel=1)
PIN = BarrierSettings(name="pin", driver="gpio", pin=17)


def plan(*barriers: BarrierSettings, inputs: tuple[InputSettings, ...] = (), lane: str = "main") -> RelayPlan:
    return RelayPlan(state_dir="", barriers=barriers, lanes=(LaneRoute("entry", "entry", lane),), inputs=inputs)


def test_a_good_plan_has_no_problem() -> None:
    """Two relays of one board, a pin and inputs of both kinds go together."""
    second = BarrierSettings(name="second", driver="lcus", port="/dev/a", channel=2)
    inputs = (
        InputSettings(name="button", kind="guard_button", barrier="main", pin=5),
        InputSettings(name="loop", kind="entry_loop", lane="entry", board="main"),
    )

    assert () == check(plan(MAIN, LCUS, second, PIN, inputs=inputs))


@pytest.mark.parametrize(
    ("wrong", "where"),
    [
        (plan(MAIN, MAIN), ("barrier", 0, "name")),
        (plan(MAIN, LCUS, BarrierSettings(name="b", driver="lcus", port="/dev/a")), ("barrier", 2, "channel")),
        (plan(MAIN, PIN, BarrierSettings(name="b", driver="gpio", pin=17)), ("barrier", 2, "pin")),
        (
            plan(MAIN, LCUS, BarrierSettings(name="b", driver="kmtronic", port="/dev/a", channel=2)),
            ("barrier", 2, "driver"),
        ),
        (plan(MAIN, lane="nowhere"), ("lane", 0, "barrier")),
        (plan(MAIN, inputs=(InputSettings(name="i", kind="fire", barrier="none", pin=1),)), ("input", 0, "barrier")),
        (plan(MAIN, inputs=(InputSettings(name="i", kind="exit_loop", lane="none", pin=1),)), ("input", 0, "lane")),
        (plan(MAIN, PIN, inputs=(InputSettings(name="i", kind="fire", barrier="main", pin=17),)), ("input", 0, "pin")),
        (plan(MAIN, inputs=(InputSettings(name="i", kind="fire", barrier="main", board="x"),)), ("input", 0, "board")),
        (
            plan(MAIN, LCUS, inputs=(InputSettings(name="i", kind="fire", barrier="main", board="usb"),)),
            ("input", 0, "board"),
        ),
        (
            plan(
                MAIN,
                inputs=(
                    InputSettings(name="a", kind="open_limit", barrier="main", pin=1),
                    InputSettings(name="b", kind="open_limit", lane="entry", pin=2),
                ),
            ),
            ("input", 1, "kind"),
        ),
    ],
)
def test_a_problem_is_told_with_its_place(wrong: RelayPlan, where: tuple[str, int, str]) -> None:
    """Each problem names table, entry and key, and says in words what is wrong."""
    found = {(item.table, item.index, item.key): item.why for item in check(wrong)}

    assert where in found
    assert found[where]


@pytest.mark.parametrize(
    ("settings", "key"),
    [
        (BarrierSettings(name="a", driver="lcus"), "port"),
        (BarrierSettings(name="a", driver="gpio"), "pin"),
        (BarrierSettings(name="a", driver="kmtronic", port="/dev/a", channel=0), "channel"),
        (BarrierSettings(name="a", driver="kmtronic", port="/dev/a", channel=9), "channel"),
        (BarrierSettings(name="a", driver="modbus", port="/dev/a", channel=33), "channel"),
        (BarrierSettings(name="a", driver="http", http_on_url="http://x/on"), "http_off_url"),
        (BarrierSettings(name="a", driver="http", http_off_url="http://x/реле"), "http_off_url"),
        (BarrierSettings(name="a", driver="http", http_off_url="http://x:abc/off"), "http_off_url"),
        (BarrierSettings(name="a", driver="http", http_off_url="http://x:99999/off"), "http_off_url"),
        (BarrierSettings(name="a", driver="http", http_off_url="http:///off"), "http_off_url"),
        (BarrierSettings(name="a", driver="http", http_off_url="http://x/o ff"), "http_off_url"),
        (BarrierSettings(name="a", driver="http", http_authorization="Basic\nx"), "http_authorization"),
        (BarrierSettings(name="a", driver="http", http_off_url="http://x/off"), "http_pulse_url"),
        (BarrierSettings(name="a", driver="http", http_on_url="ftp://x", http_off_url="http://x"), "http_on_url"),
        (InputSettings(name="a", kind="fire", barrier="main"), "pin"),
        (InputSettings(name="a", kind="fire", pin=3), "barrier"),
    ],
)
def test_a_table_knows_what_it_lacks(settings: BarrierSettings | InputSettings, key: str) -> None:
    """Keys of one table that do not go together are told by that table."""
    assert key in dict(settings.problems())


@pytest.mark.parametrize("number", [0, 33])
def test_an_input_no_board_has(number: int) -> None:
    """The number of an input has to be one that the board of its barrier can have."""
    board = BarrierSettings(name="main", driver="modbus", port="/dev/a")
    loop = InputSettings(name="loop", kind="exit_loop", lane="entry", board="main", board_input=number)

    assert [("input", "board_input")] == [(item.table, item.key) for item in check(plan(board, inputs=(loop,)))]


@pytest.mark.parametrize(
    "url", ["http://192.168.1.40/on?a=1&b={pulse_s}", "https://[::1]:8443/x", "http://user:p@shelly"]
)
def test_an_address_as_networks_have_them(url: str) -> None:
    """Addresses that can be asked are not refused."""
    settings = BarrierSettings(name="a", driver="http", http_off_url=url, http_pulse_url=url)

    assert () == settings.problems()
