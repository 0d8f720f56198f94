"""`gate replay --journal`: the stored evidence under two policies, and what of it nobody can know."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from core.decision.again import Missing
from core.decision.chances import Chance, Chances
from core.decision.record import Verdict, VisitRecord
from core.passes.pass_line import line_of
from core.passes.permission import Pass
from core.reading.reading import Candidate
from core.rules.policy import Direction, Policy
from core.words.reasons import Reason
from edge.cli import main
from edge.replay.backtest import backtest
from edge.store.journal import Journal
from tests.configs import write_config
from tests.store.records import START, visit_record

PLATE = "A001BC77"
STRICT = Policy(open_confidence=0.95, sure_confidence=1.0, false_open_budget=0.0)


def chance(confidence: float, *, agreeing: int = 2, listed: bool = True) -> Chance:
    return Chance(
        after_s=0.0, confidence=confidence, accepted=True, witnessed=True, patient=True, masked=PLATE, format="ru_type1",
        candidates=(Candidate(PLATE, confidence, "ru_type1"),), doubtful=(), agreeing=agreeing, reads=3, width_px=60,
        passes=("\t".join(line_of(Pass("p1", PLATE))),) if listed else (), standing="pass_valid", risk=0.5,
    )  # fmt: skip


def read_with(confidence: float, *, listed: bool = True, agreeing: int = 2, **changes: object) -> VisitRecord:
    facts = {"confidence": confidence, "chances": Chances((chance(confidence, listed=listed, agreeing=agreeing),))}
    return visit_record(**(facts | {"list_age_s": None} | changes))


def refused(confidence: float, **changes: object) -> VisitRecord:
    return read_with(confidence, decision=Verdict.REFUSE, reason=Reason.LOW_CONFIDENCE, **changes)


def test_a_stricter_threshold_refuses_who_was_let_in() -> None:
    """What was opened at 0.9 is refused where 0.95 is asked for; what was read beyond doubt stays."""
    low, high = read_with(0.9), read_with(0.998)
    found = backtest([low, high], before=Policy(), after=STRICT)
    assert [low] == [row.record for row in found.newly_refused]
    assert (2, 1, 2) == (found.visits, found.same, found.agreed)
    assert "low_confidence" == found.newly_refused[0].after.reason


def test_a_lower_threshold_opens_for_who_was_in_doubt() -> None:
    """What was refused for doubt alone would open, if its pass held then; a stranger would not."""
    guest, stranger = refused(0.8), refused(0.8, listed=False)
    found = backtest([guest, stranger], before=Policy(), after=Policy(open_confidence=0.6))
    assert [guest] == [row.record for row in found.newly_open]
    assert (1, ()) == (found.same, found.unknown)


def test_how_many_pictures_are_wanted_is_answered() -> None:
    """Frames that agreed are counted with the visit: asking for more of them refuses, as far as they were counted."""
    found = backtest([read_with(0.98, agreeing=2)], before=Policy(), after=Policy(min_frames=3, sure_confidence=1.0))
    assert (1, ()) == (len(found.newly_refused), found.not_asked)
    many = backtest([read_with(0.98, agreeing=5)], before=Policy(), after=Policy(min_frames=9, sure_confidence=1.0))
    assert {Missing.MORE: 1} == many.missing


def test_a_visit_of_an_older_version_is_not_known() -> None:
    """It kept neither the passes of its time nor its readings: no answer is made up from the list of today."""
    found = backtest([read_with(0.98, chances=None)], before=Policy(), after=STRICT)
    assert (1, {Missing.OLDER: 1}, 0) == (len(found.unknown), found.missing, found.agreed)


def test_a_car_without_a_plate_is_refused_by_every_policy() -> None:
    """Nothing was read at any moment: that is known, and no threshold changes it."""
    unread = visit_record(plate=None, decision=Verdict.REFUSE, reason=Reason.UNREADABLE, chances=Chances())
    found = backtest([unread], before=Policy(), after=Policy(open_confidence=0.5))
    assert (1, 1, "unreadable") == (found.same, found.agreed, unread.reason.value)
    assert {Missing.DIFFERS: 1} == backtest([visit_record(chances=Chances())], before=Policy(), after=STRICT).missing


def test_exits_are_counted_and_keys_of_time_are_named() -> None:
    """An exit is free under every policy; a key that the evidence cannot answer for is told."""
    leaving = read_with(0.998, direction=Direction.EXIT, reason=Reason.EXIT_FREE)
    found = backtest([leaving], before=Policy(), after=Policy(visit_gap_s=5.0, open_confidence=0.9))
    assert (0, 1, ("visit_gap_s",)) == (found.visits, found.exits, found.not_asked)


@pytest.mark.parametrize(
    ("argv", "told"),
    [(["--journal", "--lane", "entry", "--realtime"], "с --journal не бывает: --lane, --realtime"),
     (["--since", "1d", "film.mp4", "--lane", "entry"], "бывает только с --journal: --since")],
)  # fmt: skip
def test_an_option_that_would_do_nothing_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], argv: list[str], told: str
) -> None:
    """Passed over in silence it would be taken for a filter."""
    with pytest.raises(SystemExit) as ended:
        main(["replay", "--config", str(write_config(tmp_path)), *argv])
    assert (2, True) == (ended.value.code, told in capsys.readouterr().err)


def test_new_settings_may_lie_anywhere(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The journal is that of the config in use, also where the new file names a state folder beside itself; two alike are told."""
    used, elsewhere = write_config(tmp_path), tmp_path / "home"
    elsewhere.mkdir()
    new = write_config(elsewhere, "[policy]\nmin_frames = 4\n")
    with Journal(tmp_path / "state" / "journal.db") as journal:
        journal.record(read_with(0.9))
    for config, alike in ((new, False), (used, True)):
        with pytest.raises(SystemExit):
            main(["replay", "--journal", "--config", str(config), "--against", str(used)])
        told = capsys.readouterr()
        assert "въездов 1:" in told.out
        assert alike is ("сравнивать нечего" in told.err)


def test_the_report_shows_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Lines for programs, and one page that stands by itself, with pictures and what it does not know."""
    old = write_config(tmp_path)
    new = tmp_path / "new.toml"
    new.write_text(
        old.read_text()
        + "[policy]\nopen_confidence = 0.95\nfalse_open_budget = 0.0\nsure_confidence = 1.0\nvisit_gap_s = 4\n"
    )
    picture = cv2.imencode(".jpg", np.full((90, 160, 3), 90, np.uint8))[1].tobytes()
    with Journal(tmp_path / "state" / "journal.db") as journal:
        record = read_with(0.9, display="<b>А 001 ВС 77")
        journal.record(record, frame=journal.snapshots.write(record.visit_id, START, picture))
        journal.record(visit_record(2))
    argv = ["replay", "--journal", "--config", str(new), "--against", str(old), "--out", str(tmp_path / "out")]
    with pytest.raises(SystemExit) as ended:
        main([*argv, "--json"])
    assert ended.value.code in {0, None}
    row, old, summary = map(json.loads, capsys.readouterr().out.splitlines())
    assert ("unknown", "older", {"older": 1}) == (old["type"], old["before"]["missing"], summary["missing"])
    assert (True, False) == (row["before"]["opens"], row["after"]["opens"])
    assert (1, ["visit_gap_s"]) == (summary["newly_refused"], summary["not_asked"])
    page = (tmp_path / "out" / "backtest.html").read_text(encoding="utf-8")
    assert "data:image/jpeg;base64," in page
    assert "&lt;b&gt;А 001" in page
    assert "Чего этот отчёт не знает" in page
    assert "неизвестно: визит записан прежней версией" in page
    assert "http" not in page
