"""Rules that a manager chooses, from the portal's database to a real gate's core and back, on both databases."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import pytest

from cloud.api.health import store_health
from cloud.api.requests import Caller
from cloud.db.models import Gate, utc_now
from cloud.domain import gate_rules
from cloud.domain.gate_rules import Held, Standing
from edge.chosen_rules import ChosenRules
from sync import wire
from sync.link import NOTHING, CloudLink, CloudStatus, LinkParts
from sync.memory import MemoryBarrier, MemoryLedger, MemoryOutbox, MemoryPassCache
from sync.settings import CloudSettings
from tests.cloud.api.test_link import SystemClock, report
from tests.patience import PATIENCE_S, until
from tests.runtime.test_chosen_rules import EXIT, Box

TOLD = wire.RulesTold(0.0, "default", convoy=False, convoy_from="default", age_s=90)


class Linked:
    """A gate's own keeping of the choice, its reloader and its core's policy, on the real link."""

    def __init__(self, folder: Path, server: str, token: str, more: str = EXIT) -> None:
        self.box = Box(folder, more)
        self.kept = ChosenRules(folder, cloud=server)
        parts = LinkParts(
            open_cache=lambda: nullcontext(MemoryPassCache()),
            open_outbox=lambda: nullcontext(MemoryOutbox()),
            open_ledger=lambda: nullcontext(MemoryLedger()),
            clock=SystemClock(),
            barrier=MemoryBarrier(),
            token=lambda: token,
            passes_changed=lambda: None,
            health=self.health,
            rules_chosen=self.take,
        )
        self.link = CloudLink(CloudSettings(url=server, health_s=3600.0), parts, version="1")
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self.link.run, args=(self._stop,), name="sync")
        self._thread.start()

    def health(self, status: CloudStatus) -> wire.Health:
        self.box.heard()
        return replace(report(status), rules=self.box.rules.told())

    def take(self, chosen: wire.RulesChosen) -> None:
        self.kept.take(chosen)
        self.box.reloader.choose(self.kept.current())

    def end(self) -> None:
        self._stop.set()
        self._thread.join(PATIENCE_S)
        assert not self._thread.is_alive()


@pytest.fixture
def linked(server, place, tmp_path) -> Iterator[Linked]:
    made = Linked(tmp_path, server, place.token)
    yield made
    made.end()


def held(place) -> gate_rules.Rules:
    with place.database.read() as session:
        return gate_rules.held(session.get_one(Gate, place.gate_id))


def choose(place, hours: int, *, convoy: bool) -> bool:
    with place.database.write() as session:
        gate = session.get_one(Gate, place.gate_id)
        return gate_rules.choose(session, gate, anti_passback_h=hours, convoy=convoy)


def told(place, **rules: object) -> wire.HealthAnswer:
    """What a gate that says this of its rules is answered."""
    now = replace(report(NOTHING), rules=replace(TOLD, **rules) if rules else None)
    caller = Caller(gate_id=place.gate_id, territory_id=place.territory_id)
    return store_health(place.database, caller, now)


def test_a_choice_reaches_the_core_and_its_word_comes_back(linked: Linked, place) -> None:
    """Pushed: the gate reports once an hour here. What the page may call in force is what the core decides by."""
    until(lambda: held(place).anti_passback.standing is Standing.IN_FORCE)  # what was chosen from the start: off
    until(lambda: linked.link.status().push)
    assert choose(place, 12, convoy=True)
    assert Standing.UNKNOWN is held(place).convoy.standing or linked.box.policy.convoy
    until(lambda: held(place).convoy.standing is Standing.IN_FORCE)
    found = held(place)
    assert (12.0, True) == (linked.box.policy.anti_passback_h, linked.box.policy.convoy)
    assert (Standing.IN_FORCE, 12.0) == (found.anti_passback.standing, found.anti_passback.hours)
    assert found.anti_passback.since is not None
    assert found.told_at is not None
    assert found.anti_passback.since <= found.told_at <= utc_now()


def test_the_gates_own_file_is_told_as_stronger(server, place, tmp_path) -> None:
    """The page says what holds there, and never that the choice does."""
    choose(place, 12, convoy=True)
    made = Linked(tmp_path, server, place.token, EXIT + "[policy]\nanti_passback_h = 8\n")
    try:
        until(lambda: held(place).convoy.standing is Standing.IN_FORCE)
        assert (Standing.FILE, 8.0) == (held(place).anti_passback.standing, held(place).anti_passback.hours)
    finally:
        made.end()


def test_a_gate_that_takes_no_choice_is_told_none(place) -> None:
    """An older gate is answered as before, and what it does is not known, whatever was chosen."""
    choose(place, 12, convoy=True)
    assert told(place).rules is None
    assert Held(Standing.UNKNOWN) == held(place).anti_passback
    assert held(place).told_at is None


def test_only_what_is_news_is_told(place) -> None:
    """A gate that knows is answered nothing; one that knows another choice, or none, is told the one that counts."""
    wanted = wire.RulesChosen(12.0, convoy=False)
    choose(place, 12, convoy=False)
    assert not choose(place, 12, convoy=False)
    assert wanted == told(place, chosen=None).rules
    assert wanted == told(place, chosen=wire.RulesChosen(4.0, convoy=False)).rules
    assert told(place, chosen=wanted).rules is None


@pytest.mark.parametrize(
    ("says", "standing"),
    [
        ({"anti_passback_from": "cloud", "anti_passback_h": 12.0}, Standing.IN_FORCE),
        ({"anti_passback_from": "cloud", "anti_passback_h": 0.0}, Standing.UNKNOWN),  # heard of, and not yet in force
        ({"anti_passback_from": "no_exit"}, Standing.NO_EXIT),
        ({"anti_passback_from": "file", "anti_passback_h": 12.0}, Standing.FILE),
        ({"anti_passback_from": "weather", "anti_passback_h": 12.0}, Standing.UNKNOWN),
    ],
)
def test_in_force_is_what_was_told_to_be(place, says: dict[str, object], standing: Standing) -> None:
    """Nothing that is not both the chosen value and the portal's word; a word of a later version is not known."""
    choose(place, 12, convoy=False)
    told(place, chosen=wire.RulesChosen(12.0, convoy=False), **says)
    assert standing is held(place).anti_passback.standing


def test_a_choice_changed_since_is_not_in_force(place) -> None:
    """What the gate last said was of another choice; so it is of a gate whose access was closed, and of a broken report."""
    known = {"anti_passback_from": "cloud", "anti_passback_h": 12.0, "chosen": wire.RulesChosen(12.0, convoy=False)}
    choose(place, 12, convoy=False)
    told(place, **known)
    choose(place, 12, convoy=True)
    assert Standing.UNKNOWN is held(place).anti_passback.standing
    choose(place, 12, convoy=False)
    assert Standing.IN_FORCE is held(place).anti_passback.standing
    place.revoke()
    assert Standing.UNKNOWN is held(place).anti_passback.standing
    with place.database.write() as session:
        session.get_one(Gate, place.gate_id).health = {"rules": {"anti_passback_h": "many"}}
    assert Standing.UNKNOWN is held(place).anti_passback.standing
