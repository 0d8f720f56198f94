"""The proof of cells: what its accounts call lost, doubled, late and dear, and what it reads from its own log."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from benchmarks.proof import account, herd, log, report
from benchmarks.proof.account import Acknowledged, Outage, PassFiled, Told
from benchmarks.proof.costs import Costs, Fleet, Rate, Window, costs, extrapolate
from benchmarks.proof.judging import Verdict
from benchmarks.proof.plates import plate

KINDS = ("portal", "postgres")


def test_an_acknowledged_event_that_is_nowhere_is_lost():
    """Acknowledged and in no cell is lost; in another cell or of another gate it is misplaced; twice is doubled."""
    promised = [("kept", 0, 1), ("lost", 0, 1), ("elsewhere", 0, 1), ("twice", 1, 2)]
    kept = [("kept", 0, 1), ("elsewhere", 1, 1), ("twice", 1, 2), ("twice", 0, 2), ("unanswered", 0, 1)]

    found = account.events(promised, kept)

    assert (4, 1, 1, 1, 1) == (found.acknowledged, found.lost, found.misplaced, found.doubled, found.never_acknowledged)


def test_an_event_acknowledged_twice_is_one():
    """An answer that was repeated promises nothing more."""
    found = account.events([("one", 0, 1), ("one", 0, 1)], [("one", 0, 1)])

    assert (1, 0, 0, 0) == (found.acknowledged, found.lost, found.misplaced, found.doubled)


def test_a_pass_is_looked_for_in_its_cell_and_in_each_list():
    """A pass that is not in its cell is lost; one that a gate of its territory has not got is missing there, and the list is wrong."""
    filed = [PassFiled("a", 0, 7, 1.0), PassFiled("b", 0, 7, 1.0), PassFiled("gone", 0, 7, 1.0)]
    kept = {(0, 7): frozenset({"a", "b", "seed"}), (1, 7): frozenset({"other"})}
    held = [
        (0, 7, 1, frozenset({"a", "b", "seed"})),
        (0, 7, 2, frozenset({"a", "seed"})),
        (1, 7, 1, frozenset({"other"})),
    ]

    found = account.lists(filed, kept, held)

    assert (3, 3, 1, 1, 1) == (found.acknowledged, found.gates, found.lost, found.missing, found.wrong)


def test_a_push_is_counted_from_the_answer_to_the_first_word_of_it():
    """The first word of the pass's revision or a later one counts for each gate of its territory; one told before the answer took no time."""
    filed = [PassFiled("a", 0, 7, 10.0)]
    told = [
        Told(0, 7, 1, 4, 9.0),
        Told(0, 7, 1, 6, 10.5),
        Told(0, 7, 1, 5, 11.0),
        Told(0, 7, 2, 5, 9.5),
        Told(1, 7, 3, 9, 10.1),
    ]

    found = account.push(filed, {"a": 5}, {(0, 7): [1, 2, 3]}, told, [])[account.QUIET]

    assert (2, 1, 0.5, math.inf) == (found.told, found.never, found.p50_s, found.most_s)


@pytest.mark.parametrize(
    ("answered", "kinds"),
    [
        (97.9, {"quiet"}),
        (98.0, {"disturbed", "nats", "nats, first"}),
        (105.0, {"disturbed", "nats", "nats, first"}),
        (110.0, {"disturbed", "nats"}),
        (113.1, {"quiet"}),
    ],
)
def test_kills_are_counted_apart(answered, kinds):
    """A filing from two seconds before a kill in its cell until ten after the recovery counts for what was killed; the first of them apart too."""
    outages = [Outage("nats", 0, 100.0, 103.0), Outage("postgres", 1, 90.0, 120.0)]
    told = [Told(0, 7, 1, 1, answered + 0.1)]

    found = account.push([PassFiled("a", 0, 7, answered)], {"a": 1}, {(0, 7): [1]}, told, outages)

    assert kinds == {name for name, one in found.items() if one.told}


def test_the_log_is_read_as_it_was_written(tmp_path):
    """Every kind of line that a simulator writes is found again; what nobody writes is odd."""
    path = tmp_path / "log"
    kept = log.Log(path)
    kept.put(("e", 0, 1, "event"), ("p", 0, 7, "pass", "1.5000"), ("d", "900-000", "http://x"))
    kept.put(("t", 0, 7, 1, 5, "2.0"), ("r", 0, 1, "bad", "why"), ("x", "409"))
    kept.put()

    found = log.read([path])

    assert found == Acknowledged(
        [("event", 0, 1)], [PassFiled("pass", 0, 7, 1.5)], {"900-000": "http://x"}, [Told(0, 7, 1, 5, 2.0)], ["0 1 bad why"],
        ["x 409"],
    )  # fmt: skip


def window(name: str, share: float, portal_s: float, *, gates: int = 0, events: int = 0, filings: int = 0) -> Window:
    return Window(
        name, share, gates, 10.0, events, filings, {"portal": portal_s, "postgres": portal_s / 10}, processes=3
    )


def run_of(share_10: float = 1.0) -> list[Window]:
    """One where a gate·hour is 3.6 s of the portal, an event 0.01 s; at 10 % they are `share_10` times that."""
    found = [window("idle", 0.0, 1.0)]
    for share, gates, events in ((0.01, 10, 10), (0.1, 100, 100), (1.0, 1000, 1000)):
        times = share_10 if share == 0.1 else 1.0
        found.append(window("gates", share, 1.0 + times * gates * 0.01, gates=gates))
        found.append(
            window("events", share, found[-1].cpu["portal"] + times * events * 0.01, gates=gates, events=events)
        )
    return [*found, window("filings", 1.0, 11.0 + 2.0, gates=1000, filings=20)]


def test_costs_are_what_is_on_top():
    """A gate costs what gates take over an idle cell, an event what events take over gates, each by kind of process."""
    found = costs(run_of())

    assert found.idle_cores == {"portal": pytest.approx(0.1), "postgres": pytest.approx(0.01)}
    assert found.gate_hour.by_kind == {"portal": pytest.approx(3.6), "postgres": pytest.approx(0.36)}
    assert found.event.by_kind == {"portal": pytest.approx(0.01), "postgres": pytest.approx(0.001)}
    assert found.filing is not None
    assert found.filing.total == pytest.approx(0.11)
    assert found.event.by_share == {share: pytest.approx(0.011) for share in (0.01, 0.1, 1.0)}


def test_a_window_of_another_length_costs_the_same():
    """What is taken off is taken off for as long as the window was."""
    longer = [
        replace(one, seconds=20.0, events=2 * one.events, cpu={kind: 2 * s for kind, s in one.cpu.items()})
        if one.name == "events" else one for one in run_of()
    ]  # fmt: skip

    assert costs(longer).event.total == pytest.approx(0.011)


def test_levels_that_differ_by_more_than_ticks_are_the_error():
    """Ticks alone are the error of levels that agree; a level at 10 % that is twice as dear makes the distance one."""
    agree, differ = costs(run_of()).event, costs(run_of(share_10=2.0)).event

    assert 0 < agree.error < 0.001
    assert agree.error < differ.error < 0.011


def test_the_extrapolation_is_linear_and_so_is_its_error():
    """Cores are gates, events and filings times what each costs; errors add up."""
    rate = Rate({"portal": 3.6, "postgres": 0.0}, 0.36, {1.0: 3.6})
    event = Rate({"portal": 0.01, "postgres": 0.01}, 0.001, {1.0: 0.02})
    fleet = Fleet(gates=1000, events_per_s=100, passes=86_400, pass_days=1)

    found = extrapolate(Costs({}, rate, event, None), fleet)

    assert fleet.filings_per_s == 1.0
    assert (found.gates, found.events, found.filings) == (pytest.approx(1.0), pytest.approx(2.0), 0.0)
    assert found.cores == pytest.approx(3.0)
    assert found.error == pytest.approx(0.2)
    assert found.by_kind == {"portal": pytest.approx(2.0), "postgres": pytest.approx(1.0)}


def verdict(**changed: object) -> Verdict:
    events = account.events([("a", 0, 1)], [("a", 0, 1)])
    lists = account.lists([], {}, [])
    push = account.push([], {}, {}, [], [])
    return replace(Verdict(events, lists, 1, 0, {"done": 1}, push, [], []), **changed)


@pytest.mark.parametrize(
    "changed",
    [
        {"events": account.events([("a", 0, 1)], [])},
        {"lists": account.lists([PassFiled("a", 0, 7, 1.0)], {}, [])},
        {"codes_lost": 1},
        {"jobs": {"failed": 1}},
        {"refused": ["0 1 a why"]},
    ],
    ids=["event", "pass", "code", "job", "refused"],
)
def test_one_loss_is_a_failure(changed):
    """A run is good only when nothing at all is lost, and its report says so in its first words."""
    asked = {"cells": 3, "gates": 10, "events_per_s": 1.0, "minutes": 1.0}
    told = {"bytes_each": {"passes": 1.0, "gate_events": 1.0}}
    for judged, word in ((verdict(), "Nothing lost"), (verdict(**changed), "FAILED")):
        run = report.document(asked, [], None, Fleet(1, 1, 1, 1), [], judged, told)
        assert judged.good is (word != "FAILED")
        assert f"**{word}**" in report.markdown(run)


def test_a_report_tells_costs_and_kills():
    """Costs of each level, the extrapolation and each kill are in the table that people read."""
    asked = {"cells": 3, "gates": 1000, "events_per_s": 100.0, "minutes": 1.0}
    run = report.document(asked, run_of(), costs(run_of()), Fleet(100_000, 2000, 10**7, 30), [Outage("nats", 1, 1.0, 4.2, 2.5)],
                          verdict(), {"bytes_each": {"passes": 1.0, "gate_events": 1.0}})  # fmt: skip

    said = report.markdown(run)

    assert "of the goal: cells 100.0%, gates 10.0%, events_per_s 5.0%" in said
    assert "| nats | 1 | 3.2 | 2.5 |" in said
    assert "| event | 0.0110 | 0.0110 | 0.0110 |" in said
    assert "100000 gates" in said


def test_plates_are_all_different():
    """Each number has a plate of its own."""
    assert len({plate(number) for number in range(4_999_000, 5_001_000)}) == 2000


def test_who_comes_back_is_counted_from_the_kill():
    """Half, most and all of a herd are back so many seconds after the kill; tries are counted by the second, failed ones too."""
    tries = [9.0, 10.2, 10.9, 12.1, 12.2, 12.3, 14.5]
    opened = [(9.5, 0.5), (12.4, 0.3), (12.6, 0.5), (15.0, 0.5)]

    found = herd.came_back(tries, opened, began=10.0, up=12.0)

    assert {
        "back_s": (2.6, 5.0, 5.0),
        "tries": 6,
        "tries_most": 3,
        "tries_most_up": 3,
        "wait_s": (0.5, 0.5, 0.5),
    } == found
