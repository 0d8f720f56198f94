"""One answer to "does this pass hold": gate, portal's check, guard's page and `gate passes check`, for every mixture."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import httpx
import pytest

from cloud.api.passes import read_page
from cloud.db.engine import Database
from cloud.db.models import Account, Pass, Territory
from cloud.domain.check import check_plate
from cloud.domain.territories import create
from cloud.push import next_rev
from core.decision.decide import judge
from core.instant import Instant
from core.passes.pass_list import PassList
from core.plates.canonical import display
from core.reading.reading import Candidate, Reading
from core.rules.policy import Direction
from edge import admission
from edge.cli import main
from edge.config import GateConfig, load
from edge.console.app import Console
from edge.runtime.control import ControlClient
from edge.store.passes import PassStore
from edge.store.read_only import ListRead
from relay.fake import FakeRelay
from sync.memory import MemoryClock
from sync.pull import Puller
from tests.configs import write_config

NOW = datetime(2190, 10, 5, 12, tzinfo=UTC)  # far ahead: the server leaves out of a first list what is long over
SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)

# What a pass may be, with its place among the reasons (of several the first decides) and the reason's word.
# "later" is what happens to it after the gate has it: a first list leaves out what has ended.
KINDS: dict[str, tuple[int, str, dict, dict]] = {
    "blocked": (0, "blocked", {"blocked": True}, {}),
    "open": (1, "pass_valid", {}, {}),
    "from now on": (1, "pass_valid", {"valid_from": NOW, "valid_until": NOW + HOUR}, {}),
    "its last second": (1, "pass_valid", {"valid_from": NOW - HOUR, "valid_until": NOW + SECOND}, {}),
    "once": (1, "pass_valid", {"one_time": True}, {}),
    "from the next second": (2, "pass_not_started", {"valid_from": NOW + SECOND}, {}),
    "until now": (3, "pass_expired", {"valid_until": NOW}, {}),
    "once, used": (4, "pass_used", {"one_time": True}, {"used_at": NOW - HOUR}),
    "withdrawn": (5, "pass_revoked", {}, {"deleted_at": NOW - HOUR}),
    "block lifted": (6, "no_pass", {"blocked": True}, {"deleted_at": NOW - HOUR}),
    "block over": (6, "no_pass", {"blocked": True, "valid_until": NOW}, {}),
    "block to come": (6, "no_pass", {"blocked": True, "valid_from": NOW + SECOND}, {}),
}
MIXTURES = [
    mixture for many in (1, 2, 3) for mixture in itertools.combinations_with_replacement(KINDS, many) if many < 3 or
    len(set(mixture)) == 3
]  # fmt: skip
PLATES = {f"A{number % 1000:03d}BC{10 + number // 1000}": mixture for number, mixture in enumerate(MIXTURES)}
STRANGER = "K999KK99"


def expected(mixture: tuple[str, ...]) -> str:
    return min(KINDS[kind][:2] for kind in mixture)[1]


@dataclass
class Everywhere:
    """The four who are asked; each answers with (opens, the reason's word)."""

    database: Database
    territory: Territory
    config: GateConfig
    capsys: pytest.CaptureFixture[str]
    at: Instant

    def gate(self, plate: str, passes: PassList) -> tuple[bool, str]:
        """A camera has read the plate without a doubt."""
        reading = Reading(
            plate, plate, plate, 0.9999, True, "ru_1", "RU", (), (Candidate(plate, 0.9999, "ru_1"),)
        )  # fmt: skip
        said = judge(reading, passes, self.at, direction=Direction.ENTRY, policy=self.config.policy)
        used = any(step.rule == "pass_used" for step in said.trace)
        return said.opens, "pass_used" if used else said.reason.value

    def portal(self, plate: str) -> tuple[bool, str]:
        with self.database.read() as session:
            verdict = check_plate(session, self.territory, plate, now=self.at.wall)
            return verdict.allowed, verdict.reason

    def command(self, plate: str) -> tuple[bool, str]:
        with pytest.raises(SystemExit) as ended:
            main(["passes", "check", plate, "--json", "--config", str(self.config.file)])
        said = json.loads(self.capsys.readouterr().out)
        assert (ended.value.code == 0) is said["opens"]
        return said["opens"], said["reason"]


@pytest.fixture
def everywhere(
    sqlite_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Everywhere]:
    """A portal with every mixture, a gate that has pulled its list, and a clock that stands still."""
    database = Database(sqlite_url)
    with database.write() as session:
        manager = Account(email="a@example.org", name="Иванов Иван", phone="+79120000000", password_hash="x")
        session.add(manager)
        session.flush()
        territory = create(session, name="Посёлок", zone="Europe/Moscow", account=manager, now=NOW)
        session.flush()
        for plate, mixture in PLATES.items():
            session.add_all(
                Pass(
                    id=f"{plate}-{place}", territory_id=territory.id, plate=plate, plate_display=plate, created_at=NOW,
                    rev=1, **KINDS[kind][2],
                ) for place, kind in enumerate(mixture)
            )  # fmt: skip
        session.flush()
        for number, row in enumerate(session.query(Pass).order_by(Pass.id), start=2):
            row.rev = number
        territory.pass_rev = number + 1
    config = load(write_config(tmp_path))
    config.state_dir.mkdir(exist_ok=True)
    at = Instant(0.0, NOW, wall_trusted=True)
    monkeypatch.setattr(admission, "now_of", lambda _: at)
    made = Everywhere(database, territory, config, capsys, at)
    pull(made)
    with database.write() as session:
        for plate, mixture in PLATES.items():
            for place, kind in enumerate(mixture):
                for field, value in KINDS[kind][3].items():
                    row = session.get_one(Pass, f"{plate}-{place}")
                    setattr(row, field, value)
                    row.rev = next_rev(session, territory.id)
    pull(made)
    yield made
    database.close()


def pull(made: Everywhere) -> None:
    class Cloud:
        def passes(self, cursor: str):
            return read_page(made.database, made.territory.id, cursor)

    with PassStore(made.config.state_dir / "passes.db") as store:
        Puller(Cloud(), store.cloud, MemoryClock.at(NOW)).pull()


def test_every_mixture_of_passes_has_one_answer(everywhere: Everywhere) -> None:
    """Up to three passes of twelve kinds for one plate: the gate, the portal and the command say the same, and why."""
    passes = admission.load_list(everywhere.config.state_dir)
    wrong = []
    for plate, mixture in {**PLATES, STRANGER: ()}.items():
        word = expected(mixture) if mixture else "no_pass"
        told = {"gate": everywhere.gate(plate, passes), "portal": everywhere.portal(plate)}
        if set(told.values()) != {(word == "pass_valid", word)}:
            wrong.append((mixture, word, told))
    assert [] == wrong


@pytest.mark.long
@pytest.mark.parametrize("trusted", [True, False])
@pytest.mark.parametrize("age_h", [0, 30, 60])
def test_the_page_and_the_command_answer_as_the_gate(
    everywhere: Everywhere, monkeypatch: pytest.MonkeyPatch, *, age_h: int, trusted: bool
) -> None:
    """The list's age and the clock count for whoever asks: each kind alone, fresh list and old, clock known or not."""
    config = load(
        write_config(everywhere.config.file.parent, "[policy]\nlist_max_age_h = 24\nlist_max_age_open_ended_h = 48\n")
    )
    everywhere.config = config
    everywhere.at = Instant(0.0, NOW, trusted)
    monkeypatch.setattr(admission, "now_of", lambda _: everywhere.at)
    whole = admission.load_list(config.state_dir)
    aged = PassList(whole, version=whole.version, fetched_at=NOW - timedelta(hours=age_h))
    monkeypatch.setattr(admission, "read_list", lambda _: ListRead(aged, ()))
    console = Console(config, gate=ControlClient(config.state_dir), relay=FakeRelay())
    opened = set()
    for plate, mixture in PLATES.items():
        if len(mixture) > 1:
            continue
        opens, word = everywhere.gate(plate, aged)
        assert (opens, "pass_expired" if word == "pass_used" else word) == everywhere.command(plate), mixture
        page = asyncio.run(_asked(console, plate))
        assert f"{display(plate)}: Въезд {'разрешён' if opens else 'запрещён'}" in page, mixture
        opened |= {mixture[0]} if opens else set()
    console.close()
    always = {"open", "once"} if age_h < 48 else set()
    assert always | ({"from now on", "its last second"} if age_h < 24 else set()) == opened


async def _asked(console: Console, plate: str) -> str:
    transport = httpx.ASGITransport(app=console.app())
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8480") as client:
        return (await client.get("/check", params={"plate": plate})).text


def test_the_command_tells_the_sites_time(everywhere: Everywhere, capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever asks sees the moment for which the answer holds, in the site's zone."""
    with pytest.raises(SystemExit):
        main(["passes", "check", STRANGER, "--config", str(everywhere.config.file)])
    local = NOW.astimezone(ZoneInfo("Europe/Moscow"))
    assert f"На объекте {local:%d.%m.%Y %H:%M} (Europe/Moscow)." in capsys.readouterr().out
