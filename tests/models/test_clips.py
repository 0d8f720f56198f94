"""Films of the gate: what the truth says is in the pictures."""

from __future__ import annotations

import csv
from dataclasses import replace

import cv2
import numpy as np
import pytest

from camera.frame import Frame
from camera.scripted import ScriptedReader
from core.decision.record import Verdict, VisitRecord
from core.errors import FileUnusable
from core.geometry import Box
from core.passes.pass_list import PassList
from core.plates.alphabet import ALPHABET, PAD, SLOTS
from core.reading.reading import NOTHING, Reading
from core.reading.reads import PlateRead
from models.training.clips import measure, visit_set
from models.training.clips.demo import ENTRY, EXIT, PASSES
from models.training.clips.film import FPS, Film, cast_for
from models.training.clips.measure import ListeningReader, Seen, count, read_rows, replay, replayed
from models.training.clips.visits import FAR_M, STOP_M, Case, Visit, Weather, random_visit
from models.training.clips.writing import TrueVisit, pictures, write_mp4, write_truth
from tests.store.records import visit_record

SHORT = Visit("A123BC77", Case.KNOWN, Weather.DAY, 1, approach_s=0.6, wait_s=0.4, leave_s=0.4)


@pytest.fixture(scope="module")
def film():
    return Film(seed=2, width_px=320, height_px=180)


class TestVisit:
    def test_comes_near_and_stops(self):
        """A car comes from afar to the stop line and waits there."""
        visit = Visit("A123BC77", Case.KNOWN, Weather.DAY, 1)

        assert visit.distance_m(0) == pytest.approx(FAR_M)
        assert visit.distance_m(visit.approach_s + 0.1) == STOP_M

    @pytest.mark.parametrize("case", list(Case))
    def test_only_the_let_in_drive_on(self, case):
        """After the wait a refused car goes back, an admitted or leaving one passes under the raised boom."""
        visit = Visit("A123BC77", case, Weather.DAY, 1)
        opens = case in {Case.KNOWN, Case.LEAVING}

        assert opens == (visit.distance_m(visit.length_s) < STOP_M)
        assert opens == (visit.raised(visit.approach_s + visit.wait_s) > 0.9)

    def test_random_visits_repeat(self):
        """A seed gives the same visit."""
        first, second = (random_visit(np.random.default_rng(5), text="A123BC77", format_id="ru_1") for _ in range(2))

        assert first == second


class TestFilm:
    def test_corners_hold_the_plate(self, film):
        """Between the corners the plate is brighter than the car's shadow, and it moves nearer over time."""
        cast = cast_for(SHORT)
        early, late = (film.frame(SHORT, cast, t=t, t_film=t) for t in (0.1, 0.7))
        widths = [np.linalg.norm(f.corners[1] - f.corners[0]) for f in (early, late)]

        assert widths[1] > 1.5 * widths[0]
        assert 0 < late.corners.min()

    def test_frames_repeat(self, film):
        """The same film of the same visit has the same pictures."""
        cast = cast_for(SHORT)
        again = Film(seed=2, width_px=320, height_px=180)

        assert np.array_equal(
            film.frame(SHORT, cast, t=0.5, t_film=0.5).picture, again.frame(SHORT, cast, t=0.5, t_film=0.5).picture
        )

    def test_night_is_dark(self, film):
        """A night is darker than a day."""
        day, night = (film.empty(w, t=0.0).picture.mean() for w in (Weather.DAY, Weather.NIGHT))

        assert night < 0.6 * day


def test_a_clip_and_its_truth(tmp_path, film):
    """A written clip has as many frames as were made, and its truth covers the visit."""
    truth: list[TrueVisit] = []
    made = write_mp4(tmp_path / "clip.mp4", pictures(film, [SHORT], gap_s=0.2, caption="GATE", truth=truth))
    write_truth(tmp_path / "truth.csv", truth)
    video = cv2.VideoCapture(str(tmp_path / "clip.mp4"))
    read = 0
    while video.read()[0]:
        read += 1
    video.release()
    rows = list(csv.DictReader((tmp_path / "truth.csv").read_text(encoding="utf-8").splitlines()))

    assert made == read == round((SHORT.length_s + 0.4) * FPS)
    assert [("A123BC77", "known", "0.20")] == [(r["text"], r["case"], r["t_from"]) for r in rows]


@pytest.mark.long
def test_processes_that_share_a_set_draw_and_see_what_one_does(tmp_path, monkeypatch):
    """However many processes draw the visits, the tables and the pictures are the same, and so is what is read on them."""
    visits = [SHORT, replace(SHORT, text="B234CE99", weather=Weather.INFRARED, case=Case.UNKNOWN)]
    monkeypatch.setattr(visit_set, "draw_visits", lambda **_: visits)
    for processes in (1, 2):
        out = tmp_path / str(processes)
        visit_set.write_visits(out, seed=3, count=2, width_px=640, height_px=360, processes=processes)

    one, two = (tmp_path / name for name in ("1", "2"))
    rows = list(csv.DictReader((one / "visits.csv").read_text(encoding="utf-8").splitlines()))
    assert ["A123BC77", "B234CE99"] == [row["text"] for row in rows]
    assert ["0000.mp4", "0001.mp4", "passes.csv", "visits.csv"] == sorted(path.name for path in one.iterdir())
    for path in one.iterdir():
        assert path.read_bytes() == (two / path.name).read_bytes()
    alone, shared = ([seen.readings for seen in replayed(rows, one, processes=processes)] for processes in (1, 2))
    assert alone == shared
    assert any(alone)


@pytest.mark.parametrize(
    ("table", "said"),
    [
        (None, "visits.csv: No such file"),
        ("", "visits.csv:1: no column file and text"),
        ("file,text,case,weather\n", "visits.csv:1: no column format"),
        ("file,text,case,weather,format\na.mp4,A123BC77,known\n", "visits.csv:2: no weather"),
    ],
)
def test_a_table_that_tells_no_visits_is_told_in_a_line(tmp_path, table, said):
    """What is missing is named by its file, its line and its column."""
    if table is not None:
        (tmp_path / "visits.csv").write_text(table, encoding="utf-8")

    with pytest.raises(FileUnusable, match=said):
        read_rows(tmp_path)


@pytest.mark.parametrize("processes", [1, 2])
def test_a_clip_that_is_missing_is_told_in_a_line(tmp_path, processes):
    """Whoever looks, the clip that cannot be opened is named."""
    (tmp_path / "passes.csv").write_text("plate,valid_from,valid_until,note\n", encoding="utf-8")
    row = {"file": "gone.mp4", "text": "A123BC77", "case": "known", "weather": "day", "format": "ru_1"}

    with pytest.raises(SystemExit, match=r"gone\.mp4"):
        list(replayed([row], tmp_path, processes=processes))


def test_a_second_set_has_a_report_of_its_own(tmp_path, monkeypatch):
    """The name that is given is that of the files and of the heading, so two draws stand side by side."""
    (tmp_path / "visits.csv").write_text("file,text,case,weather,format\n")
    monkeypatch.setattr("sys.argv", ["measure", "--visits", str(tmp_path), "--out", str(tmp_path), "--name", "winter"])

    measure.main()

    assert (tmp_path / "winter.md").read_text().startswith("# winter\n")
    assert (tmp_path / "winter.json").exists()


def test_the_demo_shows_every_case():
    """The demo's visits have a known, an unknown, an expired, an unreadable, a two-line and a leaving car; the list knows the known."""
    listed = {plate.replace(" ", "").translate(str.maketrans("АВЕКМНОРСТУХ", "ABEKMHOPCTYX")) for plate, *_ in PASSES}

    assert set(Case) == {v.case for v in ENTRY + EXIT}
    assert any(v.format_id == "ru_1a" for v in ENTRY)
    assert {v.text for v in ENTRY if v.case is Case.KNOWN} <= listed
    assert not {v.text for v in ENTRY if v.case is Case.UNKNOWN} & listed


def _row(*, case: str, weather: str) -> dict[str, str]:
    return {"file": "a.mp4", "text": "A123BC77", "case": case, "weather": weather}


def _reading(text: str, confidence: float, *, accepted: bool = False) -> Reading:
    return replace(NOTHING, text=text, confidence=confidence, accepted=accepted)


def _record(plate: str | None, decision: Verdict, frames: int) -> VisitRecord:
    return visit_record(plate=plate, decision=decision, frames=frames)


class TestCount:
    def test_a_wrong_open_is_counted(self):
        """An unknown car that was let in is a wrong open, even when its plate was read right."""
        seen = Seen((_record("A123BC77", Verdict.OPEN, 9),), ())
        tally = count([_row(case="unknown", weather="night")], [seen])["dark"]

        assert (1, 1, 1, 0) == (tally.visits, tally.right, tally.wrong_opens, tally.missed_opens)

    def test_the_longest_record_speaks(self):
        """When a visit was split, its longest part is its reading."""
        seen = Seen((_record(None, Verdict.REFUSE, 3), _record("A123BC77", Verdict.OPEN, 9)), ())
        tally = count([_row(case="known", weather="day")], [seen])["day"]

        assert (1, 2, 0) == (tally.right, tally.records, tally.missed_opens)

    def test_single_frames_are_judged_apart(self):
        """The most confident frame counts as the best one, and the first acceptable one as what had been acted on."""
        readings = (_reading("B1", 0.9, accepted=True), _reading("A123BC77", 0.97, accepted=True), _reading("C", 0.1))
        tally = count([_row(case="known", weather="rain")], [Seen((), readings)])["daylight"]

        assert (1, 1) == (tally.best_frame_right, tally.first_accepted_wrong)
        assert (3, 1) == (tally.frames, tally.frames_right)

    def test_a_listening_reader_keeps_each_frame_and_changes_none(self):
        """What a frame alone says is kept; the gate hears the same reads as without a listener."""
        symbols = np.full((SLOTS, len(ALPHABET)), 1e-4)
        for slot, symbol in enumerate("A123BC77".ljust(SLOTS, PAD)):
            symbols[slot, ALPHABET.index(symbol)] = 1.0
        slots = tuple(tuple(row / row.sum()) for row in symbols)
        corners = ((0.0, 0.0), (99.0, 0.0), (99.0, 20.0), (0.0, 20.0))
        read = PlateRead(slots, (), Box(0, 0, 99, 20), corners, 0.9, 0.9, 1)
        listening = ListeningReader(ScriptedReader({1: [read], 2: []}))
        frames = [Frame(np.zeros((40, 99, 3), np.uint8), float(n), n, "lane") for n in (1, 2)]

        assert [(read,), ()] == [listening.read(frame) for frame in frames]
        assert ["A123BC77"] == [reading.text for reading in listening.heard]

    def test_a_clip_runs_through_the_gate(self, tmp_path, film):
        """A leaving car on a clip is one record, and the barrier opens for it."""
        clip = tmp_path / "clip.mp4"
        slow = replace(SHORT, case=Case.LEAVING, approach_s=2.0, wait_s=1.5, leave_s=1.5)
        write_mp4(clip, pictures(film, [slow], gap_s=1.0, caption="", truth=[]))
        seen = replay(clip, leaving=True, passes=PassList(), reader=ScriptedReader({}))

        assert [Verdict.OPEN] == [record.decision for record in seen.records]
        assert seen.readings == ()
