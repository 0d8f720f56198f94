"""`gate replay --journal`: the stored evidence under two policies, and what of it nobody can know."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import cv2
import numpy as np
import pytest

from core.decision.record import Verdict, VisitRecord
from core.decision.trace import Rule, step_of
from core.passes.pass_list import Pass, PassList
from core.reading.reading import Candidate
from core.rules.policy import Direction, Policy
from core.words.reasons import Reason
from edge.cli import main
from edge.replay.backtest import backtest, decided_again
from edge.store.journal import Journal
from edge.store.local_passes import local_pass
from edge.store.passes import PassStore
from tests.configs import write_config
from tests.store.records import START, visit_record

PLATE = "A001BC77"
LIST = PassList([Pass("p1", PLATE)])


def read_with(confidence: float, **changes: object) -> VisitRecord:
    facts = {"confidence": confidence, "candidates": (Candidate(PLATE, confidence, "ru_type1"),), "trace": ()}
    return visit_record(**(facts | changes))


def refused(confidence: float, **changes: object) -> VisitRecord:
    return read_with(confidence, decision=Verdict.REFUSE, reason=Reason.LOW_CONFIDENCE, **changes)


def test_a_stricter_threshold_refuses_who_was_let_in() -> None:
    """What was opened at 0.9 is refused where 0.95 is asked for; what was read beyond doubt stays."""
    low, high = read_with(0.9), read_with(0.998)
    found = backtest([low, high], LIST, before=Policy(), after=Policy(open_confidence=0.95, false_open_budget=0.0))
    assert [low] == [row.record for row in found.newly_refused]
    assert (2, 1, 2) == (found.visits, found.same, found.agreed)
    assert "low_confidence" == found.newly_refused[0].after.reason


def test_what_hangs_on_a_single_picture_is_not_known() -> None:
    """A refusal for doubt does not say whether one picture bore the plate out: a lower threshold may or may not open."""
    found = backtest([refused(0.8)], LIST, before=Policy(), after=Policy(open_confidence=0.6, false_open_budget=0.0))
    assert (0, 1) == (len(found.newly_open), len(found.unknown))
    told = refused(0.8, trace=(step_of(Rule.NOT_BORNE_OUT, 0.0, plate=PLATE),))
    assert decided_again(told, LIST, Policy(open_confidence=0.6, false_open_budget=0.0)).opens is False


@pytest.mark.parametrize("doubt", [Rule.NOT_BORNE_OUT, Rule.REGION_HIDDEN])
def test_a_doubt_that_ended_before_the_opening_is_none(doubt: Rule) -> None:
    """What was first read in one picture alone and then opened for is decided again as what opened."""
    opened = read_with(0.98, trace=(step_of(doubt, 0.0, plate=PLATE), step_of(Rule.EXACT_MATCH, 1.0, plate=PLATE)))
    assert decided_again(opened, LIST, Policy()).opens is True
    near = replace(opened, trace=(*opened.trace, step_of(Rule.NEAR_MATCH, 2.0, plate=PLATE)))
    assert decided_again(near, LIST, Policy()).opens is True


def test_the_list_answers_for_the_time_of_the_visit() -> None:
    """A period is judged at the moment of the visit; a one-time pass is as it was before its car came."""
    until = PassList([Pass("p1", PLATE, valid_until=START + timedelta(days=1))])
    assert decided_again(read_with(0.998), until, Policy()).opens
    late = read_with(0.998)
    later = replace(late, decided=replace(late.decided, wall=START + timedelta(days=2)))
    assert "pass_expired" == decided_again(later, until, Policy()).reason
    spent = PassList([Pass("p1", PLATE, one_time=True, used=True)])
    assert 0 == len(backtest([late], spent, before=Policy(), after=Policy()).newly_refused)
    assert 1 == backtest([late], spent, before=Policy(), after=Policy()).agreed


def test_an_older_list_counts_as_old_as_it_was() -> None:
    """The record keeps the age of the list; a limit on it is asked about that age, not about today's."""
    cloud = PassList([Pass("p1", PLATE)], fetched_at=START + timedelta(days=90))
    strict = Policy(list_max_age_h=1.0, list_max_age_open_ended_h=1.0)
    assert decided_again(read_with(0.998, list_age_s=60.0), cloud, strict).opens
    assert decided_again(read_with(0.998, list_age_s=7200.0), cloud, strict).opens is False


def test_an_age_that_was_not_recorded_is_not_known() -> None:
    """A limit on the list's age cannot be asked about a visit whose record has none: neither open nor refused."""
    cloud = PassList([Pass("p1", PLATE)], fetched_at=START + timedelta(days=90))
    strict = Policy(list_max_age_h=1.0, list_max_age_open_ended_h=1.0)
    assert decided_again(read_with(0.998, list_age_s=None), cloud, strict).opens is None
    assert decided_again(read_with(0.998, list_age_s=None), cloud, Policy()).opens


def test_exits_are_counted_and_keys_of_time_are_named() -> None:
    """An exit is free under every policy; a key that the evidence cannot answer for is told."""
    leaving = read_with(0.998, direction=Direction.EXIT, reason=Reason.EXIT_FREE)
    found = backtest([leaving], LIST, before=Policy(), after=Policy(min_frames=5, open_confidence=0.9))
    assert (0, 1, ("min_frames",)) == (found.visits, found.exits, found.not_asked)


def test_the_report_shows_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Lines for programs, and one page that stands by itself, with pictures and what it does not know."""
    old = write_config(tmp_path)
    new = tmp_path / "new.toml"
    new.write_text(old.read_text() + "[policy]\nopen_confidence = 0.95\nfalse_open_budget = 0.0\nmin_frames = 4\n")
    with PassStore(tmp_path / "state" / "passes.db") as store:
        store.local.add([local_pass(PLATE, None, None)], at=START)
    picture = cv2.imencode(".jpg", np.full((90, 160, 3), 90, np.uint8))[1].tobytes()
    with Journal(tmp_path / "state" / "journal.db") as journal:
        record = read_with(0.9, display="<b>А 001 ВС 77")
        journal.record(record, frame=journal.snapshots.write(record.visit_id, START, picture))
    argv = ["replay", "--journal", "--config", str(new), "--against", str(old), "--out", str(tmp_path / "out")]
    with pytest.raises(SystemExit) as ended:
        main([*argv, "--json"])
    assert ended.value.code in {0, None}
    row, summary = map(json.loads, capsys.readouterr().out.splitlines())
    assert (True, False) == (row["before"]["opens"], row["after"]["opens"])
    assert (1, ["min_frames"]) == (summary["newly_refused"], summary["not_asked"])
    page = (tmp_path / "out" / "backtest.html").read_text(encoding="utf-8")
    assert "data:image/jpeg;base64," in page
    assert "&lt;b&gt;А 001" in page
    assert "Чего этот отчёт не знает" in page
    assert "http" not in page
