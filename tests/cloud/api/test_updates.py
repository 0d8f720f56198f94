"""Updates in rings, end to end: a real portal over HTTP, and the gate's own machinery in folders of the test's."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from cloud.db.engine import Database
from cloud.db.models import AuditEntry, Release, ReleasePiece, Rollout, RolloutGate, utc_now
from cloud.domain.errors import Invalid
from cloud.fleet import bundles, rollouts
from cloud.fleet.rings import WHOLE, Phase, Ring, Rules
from core.errors import FileUnusable
from edge.runtime.status import BarrierState, CameraStatus, GateStatus, JournalStatus, LinkStatus
from edge.update import fetching
from edge.update.errors import UpdateUnready
from edge.update.fetching import UpdateFetcher
from edge.update.offers import Outcome, read_outcome, settled
from edge.update.quiet import await_quiet, disturbance
from edge.update.taking import Taker
from sync import wire
from sync.api import CloudApi
from sync.errors import CloudRefused, CloudUnreachable
from sync.http import CloudHttp
from sync.memory import MemoryClock
from sync.settings import CloudSettings
from tests.cloud.api.conftest import Place
from tests.cloud.fleet.test_standing import WELL
from tests.update.conftest import Box

pytestmark = pytest.mark.timeout(600)
NEW = "0.2.0-2000"


@dataclass
class GateBox:
    """A gate with a box of its own: what fetches, what root does, and what it reports."""

    place: Place
    box: Box
    http: CloudHttp
    allowed: bool = True
    busy: str = ""
    asked: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.api = CloudApi(self.http)
        self.restart()

    def restart(self) -> None:
        """`gate run` begins anew: only what is on the disk is left."""
        self.folder = self.box.folder / "update"
        self.fetcher = UpdateFetcher(self.folder, self.box.environments, allowed=self.allowed)

    def fetch(self, steps: int = 1000) -> None:
        for _ in range(steps):
            if not self.fetcher.step(self.api):
                return

    def take(self, **other: object) -> Outcome | None:
        def quiet(told: Callable[[str], None]) -> None:
            if self.busy:
                told(self.busy)
                raise UpdateUnready(self.busy)

        return Taker(self.box.updater(**other), self.folder, quiet).take()

    def report(self, **changed: object) -> wire.HealthAnswer:
        return self.api.send_health(replace(WELL, clock=utc_now(), update=self.fetcher.told(), **changed))

    @property
    def state(self) -> str:
        return self.fetcher.told().state


@pytest.fixture
def make_gate(server: str, tmp_path: Path) -> Iterator[Callable[[Place], GateBox]]:
    if shutil.which("ssh-keygen") is None:
        assert "CI" not in os.environ, "ssh-keygen is missing"
        pytest.skip("ssh-keygen is not installed here")
    made: list[GateBox] = []

    def make(place: Place, **facts: object) -> GateBox:
        folder = tmp_path / f"box-{place.gate_id}"
        folder.mkdir()
        settings = CloudSettings(url=server)
        clock = MemoryClock.at(datetime(2026, 11, 30, tzinfo=UTC))
        made.append(
            GateBox(
                place, Box(folder), CloudHttp(settings, clock=clock, token=lambda: place.token, version="0"), **facts
            )
        )
        return made[-1]

    yield make
    for gate in made:
        gate.http.close()


@pytest.fixture
def gate(make_gate, place: Place) -> GateBox:
    return make_gate(place)


def begin(database: Database, file: Path, *rings: Ring, **rules: object) -> int:
    """A rollout of `file`; without rings all gates at once."""
    with database.write() as session:
        release = bundles.add(session, file)
        return rollouts.start(session, release, rings or (Ring(share=WHOLE),), Rules(**rules), now=utc_now()).id


def rollout_of(database: Database) -> Rollout:
    with database.read() as session:
        return session.scalars(select(Rollout).order_by(Rollout.id.desc())).first()


def pass_time(database: Database, *, hours: float) -> None:
    """What was first seen lies so much further back, and may be decided on again."""
    with database.write() as session:
        for row in session.scalars(select(RolloutGate)):
            if row.good_since is not None:
                row.good_since -= timedelta(hours=hours)
            if row.worse_since is not None:
                row.worse_since -= timedelta(hours=hours)
    rollouts.advance(database, now=utc_now(), at_once=True)


def test_the_canary_goes_first_and_the_others_when_it_is_proven(database, gate, make_gate, new_place):
    """The second gate is offered nothing until the first has reported a day of health; then it takes the same build."""
    other = make_gate(new_place("222-222"))
    shutil.copy(gate.box.signers, other.box.signers)
    begin(database, gate.box.bundle(weight=600_000), Ring(frozenset({gate.place.gate_id})), Ring(share=WHOLE))

    other.fetch()
    assert ("idle", []) == (other.state, list(other.folder.glob("*")))
    gate.fetch()
    assert "waiting" == gate.state
    assert Outcome(NEW, "done") == gate.take()
    assert ("done", NEW) == (gate.state, gate.box.current)
    gate.report()
    pass_time(database, hours=23)
    other.fetch()
    assert "idle" == other.state

    pass_time(database, hours=2)
    gate.report()
    pass_time(database, hours=0)
    assert 1 == rollout_of(database).ring
    other.fetch()
    assert Outcome(NEW, "done") == other.take()
    assert NEW == other.box.current
    with database.read() as session:
        told = [
            row.subject for row in session.scalars(select(AuditEntry).where(AuditEntry.action == "gate-update-offered"))
        ]
        assert 2 == len(told)


def test_a_cut_download_goes_on_where_it_was(database, gate):
    """Two pieces and half of a third came, then the power went: whole pieces are not fetched again, and the file is right."""
    begin(database, gate.box.bundle(weight=1_600_000))
    gate.fetch(steps=3)
    part = next(gate.folder.glob("*.part"))
    assert 2 * wire.PIECE_BYTES == part.stat().st_size
    with part.open("ab") as file:
        file.write(b"torn" * 1000)
    gate.restart()
    asked = []
    whole = gate.api.update_piece
    gate.api.update_piece = lambda release, number: (asked.append(number), whole(release, number))[1]

    gate.fetch()

    assert asked[0] == 2
    assert asked == sorted(set(asked))
    assert Outcome(NEW, "done") == gate.take()


def test_a_full_disk_gets_back_what_has_come(database, gate, monkeypatch):
    """Where the rest has no room the pieces are room for list and journal; where it has, they are counted and kept."""
    begin(database, gate.box.bundle(weight=1_600_000))
    gate.fetch(steps=3)
    part = next(gate.folder.glob("*.part"))
    size = gate.fetcher._wanted.size
    usage = shutil.disk_usage(gate.folder)
    free = size - part.stat().st_size + fetching.FLOOR_BYTES
    monkeypatch.setattr(fetching.shutil, "disk_usage", lambda _folder: usage._replace(free=free))
    gate.restart()
    gate.fetch(steps=1)
    assert ("downloading", True) == (gate.state, part.exists())

    free -= 1
    gate.restart()
    gate.fetch()
    assert ("waiting", []) == (gate.state, list(gate.folder.iterdir()))


def test_a_lost_connection_is_no_spoiled_file(database, gate):
    """A piece that does not come is asked for again; nothing that has come is thrown away."""
    begin(database, gate.box.bundle(weight=1_600_000))
    gate.fetch(steps=3)
    whole = gate.api.update_piece

    def cut(_release: str, _number: int) -> bytes:
        raise CloudUnreachable("cut")

    gate.api.update_piece = cut
    with pytest.raises(CloudUnreachable):
        gate.fetch(steps=1)
    assert 2 * wire.PIECE_BYTES == next(gate.folder.glob("*.part")).stat().st_size
    asked = []
    gate.api.update_piece = lambda release, number: (asked.append(number), whole(release, number))[1]
    gate.fetch()
    assert (2, "waiting") == (asked[0], gate.state)


def test_a_folder_that_takes_nothing_ends_no_thread(gate, database):
    """A file where the folder should be is an error of the gate's tree, which the sync thread outlives."""
    begin(database, gate.box.bundle())
    gate.folder.write_text("in the way")
    with pytest.raises(FileUnusable):
        gate.fetch()


def test_a_file_that_came_wrong_is_fetched_anew_and_not_for_ever(database, gate):
    """A sum that does not hold is never offered to root; after three times the gate rests."""
    begin(database, gate.box.bundle(weight=300_000))
    with database.write() as session:
        row = session.scalars(select(ReleasePiece).where(ReleasePiece.number == 1)).one()
        row.body = b"x" + row.body[1:]

    gate.fetch()

    assert fetching.TRIES == gate.fetcher._spoiled
    assert [] == list(gate.folder.glob("*.tar"))
    assert gate.take() is None


def test_a_portal_that_lies_changes_nothing(database, gate, make_gate, new_place):
    """A bundle that another key signed comes whole, with the right sum, and is refused by root; the rollout stops."""
    stranger = make_gate(new_place("333-333"))
    begin(database, stranger.box.bundle())
    gate.fetch()

    assert "failed" == gate.take().state
    assert "installed" == gate.box.current
    gate.report()
    pass_time(database, hours=0)
    assert (Phase.STOPPED, "failed") == (rollout_of(database).phase, rollout_of(database).why)


def test_a_bundle_under_another_name_is_refused(database, gate):
    """What is counted as one release is not another, though it is signed as well."""
    begin(database, gate.box.bundle())
    with database.write() as session:
        session.scalars(select(Release)).one().name = "9.9.9-9"
    gate.fetch()

    assert "failed" == gate.take().state
    assert "installed" == gate.box.current


def test_a_version_that_fails_its_trial_comes_back_and_stops_the_rollout(database, gate):
    """The old program is in use again, the portal hears it, nobody else is offered it, and the gate does not try again."""
    begin(database, gate.box.bundle(unwell="unwell later"))
    gate.fetch()

    assert "returned" == gate.take().state
    assert "installed" == gate.box.current
    gate.report()
    pass_time(database, hours=0)
    assert (Phase.STOPPED, "failed") == (rollout_of(database).phase, rollout_of(database).why)
    gate.restart()
    gate.fetch()
    assert gate.take() is None
    assert "returned" == gate.state


def test_silence_stops_it(database, gate):
    """A gate that took it and is heard no more is no healthy gate."""
    begin(database, gate.box.bundle())
    gate.fetch()
    gate.take()
    gate.report()
    with database.write() as session:
        session.execute(update(RolloutGate).values(heard_at=utc_now() - timedelta(minutes=31)))

    pass_time(database, hours=0)

    assert (Phase.STOPPED, "silent") == (rollout_of(database).phase, rollout_of(database).why)


def test_an_owner_who_changes_their_mind_stops_nobody(database, gate):
    """It still tells what runs: the release is not counted as gone because no further one may come."""
    begin(database, gate.box.bundle())
    gate.fetch()
    gate.take()
    gate.report()
    gate.allowed = False
    gate.restart()
    gate.report()
    pass_time(database, hours=0)
    assert Phase.RUNNING == rollout_of(database).phase


def test_more_alarms_than_before_stop_it(database, gate):
    """A camera that went with the new program and stays away."""
    gate.report()
    begin(database, gate.box.bundle())
    gate.fetch()
    gate.take()
    gate.report(alarms=(wire.AlarmTold("camera_frozen", "entry"),))
    assert Phase.RUNNING == rollout_of(database).phase

    pass_time(database, hours=0.2)
    assert (Phase.STOPPED, "worse") == (rollout_of(database).phase, rollout_of(database).why)


def test_who_goes_on_in_spite_of_it_says_so(database, gate):
    """After a stop a person resumes: the bad gate counts no longer, and all of it is in the audit."""
    number = begin(database, gate.box.bundle(unwell="unwell later"))
    gate.fetch()
    gate.take()
    gate.report()
    pass_time(database, hours=0)
    with database.write() as session:
        assert 1 == rollouts.resume(session, session.get_one(Rollout, number), now=utc_now())
    pass_time(database, hours=0)
    assert Phase.RUNNING == rollout_of(database).phase
    with database.write() as session:
        rollouts.pause(session, session.get_one(Rollout, number), now=utc_now())
        rollouts.end(session, session.get_one(Rollout, number), now=utc_now())
    with database.read() as session:
        acts = [act.action for act in rollouts.history(session, session.get_one(Rollout, number))]
    assert ["rollout-started", "rollout-stopped", "rollout-resumed", "rollout-paused", "rollout-ended"] == acts


def test_an_abort_ends_what_is_being_fetched(database, gate):
    """The next piece is refused, and what came is deleted."""
    number = begin(database, gate.box.bundle(weight=1_600_000))
    gate.fetch(steps=3)
    with database.write() as session:
        rollouts.end(session, session.get_one(Rollout, number), now=utc_now())

    gate.fetch()

    assert ("idle", []) == (gate.state, list(gate.folder.glob("*")))


def test_a_pause_lets_those_go_on_who_have_begun(database, gate, make_gate, new_place):
    """And offers it to nobody new."""
    other = make_gate(new_place("222-222"))
    number = begin(database, gate.box.bundle(weight=1_600_000))
    gate.fetch(steps=3)
    with database.write() as session:
        rollouts.pause(session, session.get_one(Rollout, number), now=utc_now())

    gate.fetch()
    other.fetch()

    assert ("waiting", "idle") == (gate.state, other.state)


def test_an_owner_who_lets_none_come_is_asked_for_nothing(database, make_gate, place):
    """Not even the question is put, and the portal is told so."""
    gate = make_gate(place, allowed=False)
    begin(database, gate.box.bundle())
    gate.api.update_wanted = lambda **_: pytest.fail("asked")

    gate.fetch()

    assert not gate.fetcher.told().from_cloud
    gate.report()
    with database.read() as session:
        assert [] == list(session.scalars(select(RolloutGate)))


def test_a_piece_is_for_those_who_were_offered_it(database, gate, make_gate, new_place):
    """A gate of a later ring that knows the name gets nothing."""
    other = make_gate(new_place("222-222"))
    begin(database, gate.box.bundle(), Ring(frozenset({gate.place.gate_id})), Ring(share=WHOLE))
    gate.fetch(steps=1)

    assert gate.api.update_piece(NEW, 0)
    for number, of in ((0, other), (99, gate)):
        with pytest.raises(CloudRefused):
            of.api.update_piece(NEW, number)


def test_a_release_for_other_machines_is_not_offered(database, gate):
    """The gate says what it is; wheels of another processor are none of its."""
    begin(database, gate.box.bundle())
    with database.write() as session:
        session.execute(update(Release).values(machine="of_mars"))
    gate.fetch()
    assert "idle" == gate.state


def test_no_car_is_disturbed(database, gate):
    """While a car is in a lane everything is made ready and nothing is switched; afterwards it is."""
    begin(database, gate.box.bundle())
    gate.fetch()
    gate.busy = "в проезде машина: entry"

    assert Outcome(NEW, "waiting", gate.busy) == gate.take()
    assert ("installed", "waiting") == (gate.box.current, gate.state)
    assert [] == gate.box.services.starts
    gate.report()
    pass_time(database, hours=0)
    assert Phase.RUNNING == rollout_of(database).phase

    gate.busy = ""
    gate.fetch()
    assert Outcome(NEW, "done") == gate.take()


def test_one_rollout_at_a_time_for_one_kind_of_machine(database, gate):
    """A second is refused until the first is ended; a release that is given out cannot be forgotten."""
    number = begin(database, gate.box.bundle())
    with pytest.raises(Invalid):
        begin(database, gate.box.bundle("0.3.0", built_at=3000))
    with database.write() as session, pytest.raises(Invalid):
        bundles.forget(session, session.scalars(select(Release)).first())
    with database.write() as session:
        row = session.get_one(Rollout, number)
        rollouts.end(session, row, now=utc_now())
        bundles.forget(session, row.release)
        assert [] == list(session.scalars(select(ReleasePiece)))


def test_a_forgotten_file_is_given_out_only_when_it_is_back(database, gate):
    """No rollout of a release without its file begins; taken in again, the file is whole, and another file is still refused."""
    file = gate.box.bundle()
    number = begin(database, file)
    with database.write() as session:
        rollouts.end(session, session.get_one(Rollout, number), now=utc_now())
        bundles.forget(session, session.scalars(select(Release)).one())
    with database.write() as session, pytest.raises(Invalid):
        rollouts.start(session, session.scalars(select(Release)).one(), (Ring(share=WHOLE),), Rules(), now=utc_now())
    other = file.with_name("other.bundle")
    other.write_bytes(file.read_bytes() + b"\0")
    with pytest.raises(Invalid), database.write() as session:
        bundles.add(session, other)

    begin(database, file)
    gate.fetch()

    assert Outcome(NEW, "done") == gate.take()


@pytest.mark.parametrize("damage", ["text", "cut", "empty"])
def test_what_is_no_bundle_is_not_taken_in(database, gate, damage):
    """One clear line, and nothing is kept."""
    file = gate.box.bundle()
    data = file.read_bytes()
    file.write_bytes({"text": b"hello", "cut": data[:300], "empty": b""}[damage])
    with pytest.raises(Invalid), database.write() as session:
        bundles.add(session, file)
    with database.read() as session:
        assert [] == list(session.scalars(select(Release)))


def test_another_file_of_the_same_name_is_refused(database, gate):
    """The same file twice is one release."""
    file = gate.box.bundle()
    for _ in range(2):
        with database.write() as session:
            bundles.add(session, file)
    with file.open("ab") as out:
        out.write(b"\0")
    with pytest.raises(Invalid), database.write() as session:
        bundles.add(session, file)


@pytest.mark.parametrize(
    ("state", "running", "on_trial", "seen"),
    [
        ("trying", NEW, True, "trying"),
        ("trying", NEW, False, "done"),
        ("trying", "0.1.0-1", False, "returned"),
        ("done", "0.1.0-1", False, "returned"),
        ("done", NEW, False, "done"),
        ("failed", "0.1.0-1", False, "failed"),
    ],
)
def test_what_a_power_cut_or_a_hand_did_is_told(state, running, on_trial, seen):
    """A trial that was judged at boot, and a program that somebody took back on the spot."""
    assert seen == settled(Outcome(NEW, state), running=running, on_trial=on_trial)


CAMERA = CameraStatus("entry", "entry", "", True, False, 25.0, 0.1, 1, 1, 0, 0, 1.0, "")
BARRIER = BarrierState("main", "gpio", "ok", "off", "idle", None, "unknown", ())
STATUS = GateStatus("", "1", 1, 0.0, 1, (CAMERA,), (BARRIER,), 0, "", None, "", True, LinkStatus(True), JournalStatus(0, 0, ""), None, (), 0.0, 0, "", "", occupied=())  # fmt: skip


@pytest.mark.parametrize(
    ("status", "quiet"),
    [
        (STATUS, True),
        (None, False),
        (replace(STATUS, occupied=None), False),
        (replace(STATUS, occupied=("entry",)), False),
        (replace(STATUS, relay_pid=None), False),
        (replace(STATUS, barriers=(replace(BARRIER, doing="hold"),)), False),
        (replace(STATUS, barriers=(replace(BARRIER, doing="fire"),)), False),
        (replace(STATUS, cameras=(replace(CAMERA, alive=False),)), False),
        (replace(STATUS, cameras=(replace(CAMERA, frozen=True),)), False),
    ],
)
def test_quiet_is_what_was_seen_to_be_quiet(status, quiet):
    """No car, no hold, no fire; and who does not answer or cannot see is not quiet."""
    assert quiet is (disturbance(status) == "")


def test_it_has_to_stay_quiet_for_a_while():
    """A car in between begins the minute anew; without a quiet minute the update is put off."""
    at = [0.0]
    cars = {30.0: ("entry",), 32.0: ("entry",)}

    def rest(seconds: float) -> None:
        at[0] += seconds

    await_quiet(lambda: replace(STATUS, occupied=cars.get(at[0], ())), quiet_s=60, clock=lambda: at[0], rest=rest)
    assert at[0] >= 92

    with pytest.raises(UpdateUnready):
        await_quiet(lambda: None, quiet_s=60, patience_s=300, clock=lambda: at[0], rest=rest)


def test_a_spoiled_outcome_is_none(gate):
    """A file of root's that a worn card spoiled tells nothing."""
    gate.box.prefix.joinpath("cloud-update.json").write_bytes(b"{")
    assert read_outcome(gate.box.prefix) is None
    assert "idle" == gate.state
