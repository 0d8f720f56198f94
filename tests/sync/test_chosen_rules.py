"""A choice of the manager's as the link carries it: once heard it is taken, and what holds then is told at once."""

from __future__ import annotations

import threading
from contextlib import nullcontext
from dataclasses import replace

import msgspec
import pytest

from sync import link, wire
from sync.link import CloudLink, CloudStatus, LinkParts
from sync.memory import MemoryBarrier, MemoryClock, MemoryLedger, MemoryOutbox, MemoryPassCache
from sync.settings import CloudSettings
from tests.patience import PATIENCE_S, until
from tests.sync.test_link import NOW, report

CHOSEN = wire.RulesChosen(12.0, convoy=True)
TOLD = wire.RulesTold(0.0, "default", convoy=False, convoy_from="default", age_s=5)


def reports(cloud) -> list[wire.Health]:
    with cloud.lock:
        bodies = [asked.body for asked in cloud.asked if asked.path.endswith("/health")]
    return [wire.decode(wire.Health, body) for body in bodies]


@pytest.fixture
def taken(cloud, monkeypatch: pytest.MonkeyPatch):
    """A gate that reports once an hour, and what it was told of rules."""
    monkeypatch.setattr(link, "AGAIN_S", 0.0)
    found: list[wire.RulesChosen] = []

    def health(status: CloudStatus) -> wire.Health:
        return replace(report(status), rules=replace(TOLD, chosen=found[-1] if found else None))

    parts = LinkParts(
        open_cache=lambda: nullcontext(MemoryPassCache()),
        open_outbox=lambda: nullcontext(MemoryOutbox()),
        open_ledger=lambda: nullcontext(MemoryLedger()),
        clock=MemoryClock.at(NOW),
        barrier=MemoryBarrier(),
        token=lambda: "device-token-of-the-tests",
        passes_changed=lambda: None,
        health=health,
        rules_chosen=found.append,
    )
    running = CloudLink(CloudSettings(url=cloud.url, health_s=3600.0), parts, version="1")
    stop = threading.Event()
    thread = threading.Thread(target=running.run, args=(stop,), name="sync")
    cloud.wanted = wire.HealthAnswer(rules=CHOSEN)
    thread.start()
    yield running, found
    stop.set()
    thread.join(PATIENCE_S)
    assert not thread.is_alive()


def test_a_choice_is_taken_and_told_again(taken, cloud) -> None:
    """The report after it says that the gate knows; a cloud that goes on wanting the same is not asked round and round."""
    running, found = taken
    until(lambda: len(reports(cloud)) >= 2 and running.status().state == "linked")
    first, second = reports(cloud)[:2]
    assert (None, CHOSEN) == (first.rules.chosen, second.rules.chosen)
    assert {CHOSEN} == set(found)
    running.poke()  # it turns once more
    until(lambda: running.status().state == "linked")
    assert 2 == len(reports(cloud))


def test_a_cloud_that_asks_for_a_report_gets_one(taken, cloud) -> None:
    """Without waiting for the hour."""
    running, _ = taken
    until(lambda: len(reports(cloud)) == 2)
    cloud.wanted = None
    running._report_asked()
    until(lambda: len(reports(cloud)) == 3)


def test_versions_of_before_pass_it_over() -> None:
    """An older gate reads the answer, an older cloud the report; a newer gate takes their silence for nothing."""
    before = msgspec.defstruct("HealthAnswer", [("rotate_token", bool, False)])
    assert msgspec.json.decode(wire.encode(wire.HealthAnswer(rules=CHOSEN)), type=before) == before()
    assert wire.decode(wire.HealthAnswer, b'{"rotate_token": false}').rules is None
    told = wire.parse(wire.encode(replace(report(link.NOTHING), rules=TOLD)))
    del told["rules"]
    assert wire.read(wire.Health, told).rules is None
