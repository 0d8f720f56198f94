"""What happens seldom in the core: at the edges of its rules, and where one of its parts is asked about nothing."""

from __future__ import annotations

import json
import pkgutil
from dataclasses import replace
from datetime import timedelta

import pytest

from core.events import CameraPlateRead, FrameRead, OpenBarrier, Tick
from core.gate import Attention, attention, step
from core.geometry import Box
from core.passes.line_table import LineTable
from core.passes.pass_list import Pass
from core.passes.risk import list_risk
from core.plates import regions
from core.plates.alphabet import ALPHABET, SLOTS, UNSEEN
from core.plates.doubts import doubt
from core.reading.confusions import MEASURED
from core.reading.decode import CODES, SHAPES, decode, decode_matrix
from core.reading.fusion import NO_READS
from core.reading.reading import NOTHING
from core.reading.rows import CALIBRATION, softened
from core.rules.policy import Direction, Lane, Policy, Site
from core.turn.camera_reads import corroborated
from core.turn.live import EMPTY_AFTER_S, occupied
from core.turn.recent import recalled
from core.turn.state import LaneState
from core.visit.evidence import NO_EVIDENCE
from core.visit.tracking import Seen
from core.words import language
from core.words.language import Language, say, speak, spoken

HOME = Pass("p1", "A123BC77")
CAR = Box(200, 100, 500, 450)


def test_an_unknown_lane_asks_for_nothing(scene) -> None:
    """Neither attention nor a frame: a lane that the site does not have is idle, and its frames say nothing."""
    gate = scene([HOME])
    gate.vehicle(1.0, lane="entry")
    assert Attention.IDLE is attention(gate.state, "yard")
    before = gate.state
    gate.state, effects = step(
        gate.state, FrameRead("yard", gate.at(), gate.mono, 1, (1280, 720), (), None, frozen=False)
    )
    assert ((), before.lanes) == (effects, gate.state.lanes)
    gate.state, effects = step(gate.state, Tick(gate.at()))
    assert () == effects


def test_what_stands_under_a_key_is_searched_and_the_key_is_not() -> None:
    """Lines that share a bucket with one that is found are not told with it."""
    draft = LineTable({}, 0).draft()
    for rest in ("guest of 12", "guest of 17"):
        draft.add("A123BC77", rest)
    draft.add("guest of 12", "nobody")
    made = draft.done()
    assert [("A123BC77", "guest of 12")] == list(made.holding("guest of 12"))
    assert 3 == made.count


def test_a_longer_plate_that_has_a_pass_is_no_stranger() -> None:
    """Whoever reads as the shorter one when its last digit is lost may come in himself."""
    alone = list_risk(["A123BC77"], [], MEASURED)
    both = list_risk(["A123BC77", "A123BC777"], [], MEASURED)
    assert "A123BC777" in {pair.stranger for pair in alone.pairs}
    assert "A123BC777" not in {pair.stranger for pair in both.pairs}


@pytest.mark.parametrize(
    ("plate", "fact"),
    [
        ("A123BC120", {"region": "120"}),
        ("A123BC777XYZW", {"most": SLOTS, "plate": "А 123 ВС 777"}),
        ("A123BC77XYZWQ", {"most": SLOTS, "plate": "А 123 ВС 77"}),
        ("XYZWXYZWXYZWX", {"most": SLOTS}),
    ],
)
def test_a_doubt_says_what_is_wrong(plate: str, fact: dict[str, object]) -> None:
    """A region that is in no list, and a plate that something was typed on to: with the plate where one begins it."""
    found = doubt(plate)
    assert found is not None
    assert fact == dict(found.facts)
    assert all(str(value) in str(found) for value in fact.values())


@pytest.mark.parametrize(("key", "length"), [("ru", 2), ("ru", 3), ("kz", 2), ("kz", 3), ("nowhere", 2)])
def test_the_priors_of_all_codes_are_one(key: str, length: int) -> None:
    """Listed and unlisted codes together; where no list is known each is as likely as another."""
    listed, other = regions.priors(key, length)
    count = len(regions.of_length(key, length))
    assert 1.0 == pytest.approx(count * listed + (10**length - count) * other)
    assert listed >= other > 0


def test_every_kind_of_plate_with_a_list_of_regions_has_codes_in_it() -> None:
    """Of the length that its plates have: a list without one would make each region as unlikely as none."""
    shapes = [shape for shape in SHAPES if shape.regions]
    assert shapes
    for shape in shapes:
        start, stop = shape.region
        assert CODES[shape.regions, stop - start], shape


def test_a_matrix_that_nothing_can_have_made_reads_as_nothing() -> None:
    """No kind of plate has a symbol where only what nobody saw stands."""
    row = [0.0] * len(ALPHABET)
    row[ALPHABET.index(UNSEEN)] = 1.0
    assert NOTHING == decode_matrix([tuple(row)] * SLOTS)


def test_an_over_confident_reader_is_believed_less(slots) -> None:
    """A temperature above one leaves the best symbol the best, and each other one likelier."""
    as_it_says = softened(slots("A123BC77"))
    cooler = softened(slots("A123BC77"), calibration=replace(CALIBRATION, temperature=2.0))
    for before, after in zip(as_it_says, cooler, strict=True):
        best = before.index(max(before))
        assert best == after.index(max(after))
        assert after[best] < before[best]
        assert 1.0 == pytest.approx(sum(after))


def test_a_camera_seconds_nothing_that_we_did_not_read(scene) -> None:
    """Its word is a second one: where no picture of ours reads, or no plate of ours was seen, there is no first."""
    gate = scene([HOME])
    said = CameraPlateRead("entry", gate.at(), "A123BC77", gate.mono)
    gate.vehicle(1.0)
    (visit,) = gate.state.lanes[0].visits
    rules = gate.state.site.rules(gate.state.lanes[0].lane.direction)
    assert not corroborated([said], visit, rules)
    gate.drive("A123BC77", then_gone=False)
    visit = max(gate.state.lanes[0].visits, key=lambda one: one.evidence.reading.confidence)
    meanwhile = CameraPlateRead("entry", gate.at(), "A123BC77", visit.motion.plate_last)
    assert corroborated([meanwhile], visit, rules)
    unseen = replace(visit, motion=replace(visit.motion, plate_first=None))
    assert not corroborated([meanwhile], unseen, rules)


def test_a_plate_that_reads_as_nothing_adds_no_evidence(read) -> None:
    """It says only that what is there now does not agree."""
    seen = Seen(read(""), decode(read("")))
    had = replace(NO_EVIDENCE, hits=3, last_agrees=True)
    assert replace(had, last_agrees=False) == had.with_plate(seen, 7)


def test_what_was_learnt_of_a_lane_fades() -> None:
    """Which way cars come is held by the last of them: a camera that was turned is known after as many again, not after years."""
    lane = LaneState(Lane("entry", Direction.ENTRY, "main"))
    rules = Site((lane.lane,), Policy()).rules(lane.lane.direction)
    for _ in range(3 * rules.approach_memory):
        lane = lane.learnt(rules, nearer=True)
    assert rules.approach_memory / 2 <= lane.stood_nearer + lane.stood_further <= rules.approach_memory
    for _ in range(3 * rules.approach_memory):
        lane = lane.learnt(rules, nearer=False)
    assert lane.stood_further > lane.stood_nearer


def test_only_a_vehicle_makes_a_lane_occupied(scene, read) -> None:
    """A mere sighting, and what was seen long ago, leave it empty; a loop that says so, or a car that is followed, does not."""
    gate = scene([HOME])
    assert [] == list(occupied(gate.state, gate.mono))
    gate.frame(read("0311"))
    gate.wait(EMPTY_AFTER_S)
    assert [] == list(occupied(gate.state, gate.mono))
    gate.drive("A123BC77", then_gone=False)
    assert ["entry"] == list(occupied(gate.state, gate.mono))


def test_a_record_without_a_plate_recalls_nothing(scene) -> None:
    """Nor does one of a refusal; a plate that was refused later has moved since it was opened for."""
    gate = scene([HOME])
    gate.drive("A123BC77")
    (opened,) = gate.records
    (one,) = recalled([opened], gate.at())
    age_s = (gate.at().wall - opened.last.wall).total_seconds()
    assert ("A123BC77", gate.mono, gate.mono - age_s) == (one.text, one.until, one.seen)
    assert age_s > 1
    assert () == recalled([replace(opened, plate=None)], gate.at())
    assert () == recalled([replace(opened, place=None)], gate.at())
    refused = replace(opened, openings=())
    assert not refused.opened
    assert () == recalled([opened, refused], gate.at())
    late = recalled([opened], replace(gate.at(), wall=opened.last.wall - timedelta(hours=1)))
    assert gate.mono == late[0].seen  # a clock that went back: it was seen now, never in time to come


def test_english_is_read_as_soon_as_it_is_spoken(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not while a disk hangs and a button is pressed; a catalogue that a worn card spoils costs its words, not the barrier."""
    monkeypatch.setattr(language, "_spoken", Language.RU)
    language.english.cache_clear()
    try:
        speak(Language.EN)
        assert (Language.EN, 1) == (spoken(), language.english.cache_info().currsize)
        assert say("нет прав") != "нет прав"
        language.english.cache_clear()
        monkeypatch.setattr(pkgutil, "get_data", lambda *_: b"{")
        assert "нет прав" == say("нет прав")
        monkeypatch.setattr(pkgutil, "get_data", lambda *_: json.dumps({"нет прав": "no"}).encode())
        language.english.cache_clear()
        assert "no" == say("нет прав")
    finally:
        language.english.cache_clear()


def near_and_far(gate, read, i: int, *, stranger: bool = True) -> None:
    """A listed car that comes, and a stranger's between it and the barrier."""
    home = read("A123BC77", x=300, y=200 + i, w=70 + i, look=i)
    gate.frame(home, *([read("B555BB99", x=320, y=450, w=160, look=i)] if stranger else []))


def test_whoever_is_behind_a_stranger_waits_until_he_is_gone(scene, read) -> None:
    """The barrier would open for the one before it; what kept it shut is noted, and it opens once the way is free."""
    gate = scene([HOME], policy=Policy(min_frames=6, sure_confidence=1.0))
    for i in range(3):
        near_and_far(gate, read, i, stranger=False)
    for i in range(3, 25):
        near_and_far(gate, read, i)
    assert [] == gate.of(OpenBarrier)
    for i in range(25, 60):
        near_and_far(gate, read, i, stranger=False)
    assert 1 == len(gate.of(OpenBarrier))
    gate.empty(4.0)
    (home,) = [record for record in gate.records if record.plate == "A123BC77"]
    assert "behind" in {step.rule for step in home.trace}


def test_a_near_match_opens_after_waiting_and_names_the_pass(scene) -> None:
    """A plate that is not quite sure is forgiven where the budget allows it, for as many pictures as a sure one needs, not at once."""
    unsure = {"open_confidence": 0.9999, "sure_confidence": 1.0, "false_open_budget": 0.05}
    for pictures, opens in ((2, 1), (1000, 0)):
        gate = scene([HOME], policy=Policy(**unsure, min_frames=pictures))
        gate.drive("A123BC77", doubt={2: {"2": 0.95, "7": 0.03}})
        assert opens == len(gate.of(OpenBarrier))
        (record,) = gate.records
        assert "near_match" in {step.rule for step in record.trace}
        at = next((moment for moment, effect in gate.effects if isinstance(effect, OpenBarrier)), None)
        assert at is None or at >= 100.0 + gate.policy.refuse_after_s


def test_a_parked_car_is_recorded_once(scene, read) -> None:
    """Neither its end nor the end of the gate makes another record of it."""
    gate = scene([], policy=Policy(parked_after_s=5.0))
    for i in range(120):
        near = min(1.0, i / 40)
        gate.frame(read("A123BC77", x=300, y=300 + 150 * near, w=70 + 60 * near, look=i % 3), vehicle=CAR)
    (visit,) = gate.state.lanes[0].visits
    assert visit.standing
    assert [("A123BC77", "refuse", "no_pass")] == gate.told
    gate.stop()
    assert [("A123BC77", "refuse", "no_pass")] == gate.told


def test_what_the_looks_say_of_the_kind_is_weighed(read) -> None:
    """One of several says another kind: the plate keeps the kind that the others say."""
    fused = NO_READS
    for i, kind in enumerate(("ru_1", "ru_1", "ru_1", "uz_1")):
        one = read("A123BC77", look=i, formats=((kind, 0.95), ("ru_1b", 0.05)))
        fused = fused.added(one, decode(one))
    assert "ru_1" == fused.reading().format
