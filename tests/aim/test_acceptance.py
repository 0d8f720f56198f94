"""The acceptance: what it takes, what it keeps, what is printed; and where a drawn zone goes."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from core.decision.record import Verdict
from core.errors import ConfigError, FileUnusable
from edge.aim import places, report
from edge.aim.accept import NotAccepted, accepted, driven_passes
from edge.aim.places import Places, Saved, typed
from edge.aim.record import Acceptance, DrivenPass, files_of, load_record, save
from edge.aim.sight import AimSight
from edge.config import GateConfig, load
from edge.store.journal import StoredVisit
from tests.aim.sights import PLATE, SIGHT, VIEW
from tests.configs import write_config
from tests.store.records import visit_record

AT = datetime(2026, 11, 29, 16, 15, tzinfo=UTC)
PASSES = tuple(
    DrivenPass(AT, f"v{number}", "А 123 ВС 77", "открыть", opened=True, frames=24, reads=19, confidence=0.99)
    for number in range(3)
)
ZONE = Places((0.1, 0.3, 0.9, 1.0), (0.0, 0.0, 0.2, 0.25))


@pytest.fixture
def config(tmp_path: Path) -> GateConfig:
    found = load(write_config(tmp_path))
    found.state_dir.mkdir()
    return found


def take(
    config: GateConfig, sight: AimSight = SIGHT, passes: tuple[DrivenPass, ...] = PASSES, note: str = ""
) -> Acceptance:
    return accepted(config, config.lanes[0], sight, passes, limits=config.aim, at=AT, by="Анна", note=note)


def test_a_good_lane_is_accepted_whole(config: GateConfig) -> None:
    """Green and three passes read: complete, and kept as it was taken."""
    record = take(config)
    place = files_of(config.state_dir, "entry")
    save(place, record, report.page(record, b"\xff\xd8", zone=config.zone), b"\xff\xd8")
    assert record.complete
    assert record == load_record(place)
    assert (b"\xff\xd8", True) == (place.picture.read_bytes(), place.newest_page is not None)


@pytest.mark.parametrize(
    ("sight", "passes"),
    [(replace(SIGHT, plate=replace(PLATE, width_px=80.0)), PASSES), (SIGHT, PASSES[:2]),
     (SIGHT, (*PASSES[:2], replace(PASSES[2], confidence=0.0)))],
)  # fmt: skip
def test_what_is_not_good_takes_a_word(config: GateConfig, sight: AimSight, passes: tuple[DrivenPass, ...]) -> None:
    """A bad measure, or a pass too few, is accepted only with a remark, and is told to be so."""
    with pytest.raises(NotAccepted, match="допишите"):
        take(config, sight, passes)
    assert not take(config, sight, passes, note="заменим объектив в среду").complete


@pytest.mark.parametrize(
    "sight",
    [replace(SIGHT, view=None), replace(SIGHT, frozen=True), replace(SIGHT, alive=False), replace(SIGHT, plate=None),
     replace(SIGHT, plate=replace(PLATE, age_s=3600.0)), replace(SIGHT, view=replace(VIEW, doubt="dark"))],
)  # fmt: skip
def test_nothing_is_accepted_unseen(config: GateConfig, sight: AimSight) -> None:
    """Without a live picture, light and a plate seen lately, no remark helps."""
    with pytest.raises(NotAccepted):
        take(config, sight, note="очень надо")


def test_passes_are_vehicles() -> None:
    """A button pressed on an empty lane is no test pass; an unread plate has no certainty."""
    seen = visit_record(1, frames=24, reads=9)
    unread = visit_record(2, plate=None, display=None, masked="A?23BC77", decision=Verdict.REFUSE)
    button = visit_record(3, frames=0)
    found = driven_passes([StoredVisit(one, None, None) for one in (seen, unread, button)])
    assert [("открыть", True), ("отказ", False)] == [(one.decision, one.confidence > 0) for one in found]


def test_the_printed_page_stands_alone(config: GateConfig) -> None:
    """It names lane, person, measures and passes, has its picture in itself, asks nobody, and escapes what was typed."""
    record = take(config, replace(SIGHT, fps=4.0), note="<b>позже</b>")
    html = report.page(record, b"\xff\xd8", zone=config.zone)
    for text in (
        "entry",
        "Анна",
        "&lt;b&gt;позже&lt;/b&gt;",
        "142 пикс.",
        "А 123 ВС 77",
        "29.11.2026 19:15",
        "data:image/jpeg",
    ):
        assert text in html
    assert [] == [word for word in ("<script", "http://", "https://", "<link", "<b>") if word in html]


@pytest.mark.parametrize("data", [b"", b"[]", b"{}", b"\xff\xfe", b"[" * 100_000, b"x" * 5_000_000])
def test_a_damaged_record_is_told(config: GateConfig, data: bytes) -> None:
    """A record that cannot be read is one error that names the file, and no acceptance."""
    place = files_of(config.state_dir, "entry")
    place.folder.mkdir()
    place.record.write_bytes(data)
    with pytest.raises(FileUnusable, match=r"entry\.json"):
        load_record(place)


def test_no_record_is_none(config: GateConfig) -> None:
    """A lane that nobody accepted has no record."""
    assert load_record(files_of(config.state_dir, "entry")) is None


def test_a_lane_of_any_name_has_its_files(tmp_path: Path) -> None:
    """A name with spaces, dots and brackets makes files inside the folder, each lane its own."""
    for name in ("..", "въезд 1", "a[b]", "%2e"):
        place = files_of(tmp_path, name)
        assert (tmp_path / "acceptance") == place.record.parent
        place.folder.mkdir(exist_ok=True)
        place.page(AT).write_text("x")
        assert place.page(AT) == place.newest_page


def test_a_drawn_zone_is_a_setting(config: GateConfig) -> None:
    """Where gate.toml may be written, zone and mask go into it with the generations of `gate config set`; twice is once."""
    assert Saved.SET is places.save(config, config.lanes[0], ZONE)
    again = load(config.file)
    assert (ZONE.zone, ZONE.mask) == (again.lanes[0].view.zone, again.lanes[0].view.mask)
    assert config.file.with_name("gate.toml.1").exists()
    assert Saved.SAME is places.save(again, again.lanes[0], ZONE)


def test_the_page_draws_over_what_stands_in_the_file_and_not_over_what_it_was_started_with(config: GateConfig) -> None:
    """Drawn there and back again is as it was; a zone of a minute ago is shown, and is not lost to a mask drawn now."""
    lane = config.lanes[0]
    first = places.written(config, lane)
    assert Saved.SET is places.save(config, lane, ZONE)
    assert ZONE == places.written(config, lane)
    assert Saved.SET is places.save(config, lane, replace(ZONE, mask=()))
    assert (ZONE.zone, ()) == (load(config.file).lanes[0].view.zone, load(config.file).lanes[0].view.mask)
    assert Saved.SET is places.save(config, lane, first)
    assert first == places.written(load(config.file), lane)


def test_a_drawing_that_waited_is_not_applied_over_a_later_one(
    config: GateConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A draft from before the page could have it written ends with the next drawing."""
    with monkeypatch.context() as closed:
        closed.setattr("edge.config.narrow.writable", lambda _: False)
        assert Saved.DRAFT is places.save(config, config.lanes[0], replace(ZONE, mask=()))
    assert Saved.SET is places.save(config, config.lanes[0], ZONE)
    assert () == places.apply(load(config.file))
    assert ZONE == places.written(config, config.lanes[0])


def test_where_the_file_is_closed_it_waits(config: GateConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the page may not write waits as a draft, and `gate aim --apply` writes it."""
    before = config.file.read_bytes()
    monkeypatch.setattr("edge.config.narrow.writable", lambda _: False)
    assert Saved.DRAFT is places.save(config, config.lanes[0], ZONE)
    assert (before, ZONE) == (config.file.read_bytes(), places.draft(config.state_dir, "entry"))
    assert ("entry",) == places.apply(config)
    assert [*ZONE.mask] == tomllib.loads(config.file.read_text(encoding="utf-8"))["lane"][0]["mask"]
    assert () == places.apply(load(config.file))


@pytest.mark.parametrize(
    "wrong", [Places((0.5, 0.0, 0.4, 1.0), ()), Places((0.0, 0.0, 1.0), ()), Places((0, 0, 1, 1), (0.1, 0.1, 0.1, 0.2))]
)
def test_a_zone_that_does_not_hold_is_not_saved(config: GateConfig, wrong: Places) -> None:
    """Nothing is written and nothing waits."""
    before = config.file.read_bytes()
    with pytest.raises(ConfigError):
        places.save(config, config.lanes[0], wrong)
    assert (before, None) == (config.file.read_bytes(), places.draft(config.state_dir, "entry"))


@pytest.mark.parametrize("text", ["a", "0.1;0.2", "1.5,0,1,1", "nan,0,1,1", "0,0,1,inf"])
def test_what_is_no_place_is_told(text: str) -> None:
    """Numbers from 0 to 1 between commas, and nothing else."""
    with pytest.raises(ConfigError):
        typed(text)
    assert ((), (0.1, 0.333)) == (typed(" "), typed("0.1, 0.33333"))
