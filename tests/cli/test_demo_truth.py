"""The demo's judge: what should have happened beside what did."""

from __future__ import annotations

import pytest

from edge.demo.stage import CLIPS, TRUTHS, demo_dir
from edge.demo.truth import Expected, Happened, compare, read_truth
from edge.paths import config_dir

KNOWN = Expected("entry", "A123BC77", "known", 2.0, 10.0)
STRANGER = Expected("entry", "B123BC77", "unknown", 14.0, 22.0)
EXPIRED = Expected("entry", "C123CC77", "expired", 26.0, 34.0)


def happened(plate: str | None, reason: str, *, opened: bool, at: float) -> Happened:
    return Happened("entry", plate, opened, reason, at, at + 8.0)


def test_right_is_right() -> None:
    """Each vehicle with its decision and reason: no fault."""
    visits = [
        happened("A123BC77", "pass_valid", opened=True, at=2.5),
        happened("B123BC77", "no_pass", opened=False, at=14.5),
        happened("C123CC77", "pass_expired", opened=False, at=26.5),
    ]
    assert ["", "", ""] == [one.fault for one in compare((KNOWN, STRANGER, EXPIRED), visits)]


@pytest.mark.parametrize(
    ("expected", "visits"),
    [
        (KNOWN, []),
        (KNOWN, [happened("A123BC77", "low_confidence", opened=False, at=2.5)]),
        (KNOWN, [happened("A128BC77", "pass_valid", opened=True, at=2.5)]),
        (STRANGER, [happened("B123BC77", "pass_valid", opened=True, at=14.5)]),
        (EXPIRED, [happened("C123CC77", "no_pass", opened=False, at=26.5)]),
    ],
)
def test_wrong_is_wrong(expected: Expected, visits: list[Happened]) -> None:
    """Missed, not opened, opened for another, opened for a stranger, the wrong reason."""
    (one,) = compare((expected,), visits)
    assert one.fault


def test_the_shipped_truth_is_whole() -> None:
    """Every clip has its truth, and every known plate of it is on the shipped pass list."""
    assert CLIPS.keys() == TRUTHS.keys()
    listed = (config_dir() / "demo" / "passes.csv").read_text(encoding="utf-8")
    assert listed.startswith("plate,valid_from,valid_until,note")
    for lane, name in TRUTHS.items():
        assert (demo_dir() / CLIPS[lane]).is_file()
        assert read_truth(demo_dir() / name, lane=lane)
