"""How well a gate is: by what it said, and how long ago."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from cloud.fleet.standing import (
    ALARMS,
    Grade,
    Standing,
    findings,
    grade_of,
    read_report,
    standing_of,
    trouble_count,
)
from edge.runtime.alarms import Fault
from sync import wire

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
WELL = wire.Health(
    version="0.1.0",
    clock=NOW,
    clock_trusted=True,
    uptime_s=60,
    cameras=(wire.CameraHealth("entry", alive=True),),
    relay_alive=True,
    disk_free_bytes=20_000_000_000,
    queue_events=0,
    queue_snapshots=0,
    dropped=0,
    list_cursor="1-1",
    list_count=1,
    list_age_s=10.0,
    alarms=(),
)


def test_a_gate_that_is_well_has_no_finding():
    assert () == findings(WELL)
    assert Grade.WELL is grade_of(WELL)


@pytest.mark.parametrize(
    ("changed", "grade"),
    [
        ({"cameras": (wire.CameraHealth("entry", alive=False),)}, Grade.FAULT),
        ({"relay_alive": False}, Grade.FAULT),
        ({"alarms": (wire.AlarmTold("camera_frozen", "entry"),)}, Grade.FAULT),
        ({"alarms": (wire.AlarmTold("of_tomorrow"),)}, Grade.FAULT),
        ({"alarms": (wire.AlarmTold("drift_dirty", "entry"),)}, Grade.DOUBT),
        ({"disk_free_bytes": 100_000_000}, Grade.FAULT),
        ({"disk_free_bytes": 900_000_000}, Grade.DOUBT),
        ({"clock_trusted": False}, Grade.DOUBT),
        ({"list_age_s": None}, Grade.DOUBT),
        ({"list_age_s": 1000.0}, Grade.DOUBT),
        ({"temperature_c": 85.0}, Grade.DOUBT),
        ({"dropped": 1}, Grade.DOUBT),
        ({"queue_events": 5000}, Grade.DOUBT),
        ({"update": wire.UpdateTold(True, "0.1.0-1", "returned", "0.2.0-2")}, Grade.DOUBT),
        ({"relay_alive": None, "disk_free_bytes": None}, Grade.WELL),
    ],
)
def test_each_trouble_has_its_grade(changed, grade):
    """What is not told is no trouble of its own: an older gate is not faulty for being older."""
    report = replace(WELL, **changed)
    assert grade is grade_of(report)
    assert bool(findings(report)) == (grade is not Grade.WELL)


@pytest.mark.parametrize(
    ("bound", "heard", "grade", "standing"),
    [
        (False, 0, 0, Standing.UNBOUND),
        (True, None, 0, Standing.SILENT),
        (True, 180, 0, Standing.SILENT),
        (True, 10, None, Standing.UNKNOWN),
        (True, 10, 0, Standing.WELL),
        (True, 10, 1, Standing.DOUBT),
        (True, 10, 2, Standing.FAULT),
    ],
)
def test_a_report_is_worth_nothing_once_the_gate_is_silent(bound, heard, grade, standing):
    """A good report of three minutes ago is not health now; no report is unknown, not well."""
    at = None if heard is None else NOW - timedelta(seconds=heard)
    assert standing is standing_of(bound=bound, heard_at=at, grade=grade, now=NOW)


def test_who_tells_no_alarms_is_not_well():
    """Nothing wrong in what an older gate tells is not the same as nothing wrong: unknown; a fault it tells is one."""
    quiet = replace(WELL, alarms=None)
    assert grade_of(quiet) is None
    assert Grade.FAULT is grade_of(replace(quiet, relay_alive=False))


def test_every_alarm_of_a_gate_has_its_words():
    """Who adds an alarm to the gate adds its words here."""
    assert {fault.value for fault in Fault} == set(ALARMS)


def test_an_older_gates_report_is_read_and_says_less():
    """The report of a gate of before: what it does not tell is None, and its alarms are no number."""
    kept = wire.parse(wire.encode(WELL))
    for name in ("alarms", "weights", "update", "disk_total_bytes"):
        kept.pop(name, None)
    report = read_report(kept)
    assert report is not None
    assert (None, None, None, None) == (report.alarms, report.weights, report.update, report.disk_total_bytes)
    assert trouble_count(report) is None
    assert 0 == trouble_count(WELL)


def test_a_report_that_cannot_be_read_says_nothing():
    assert read_report({"version": 7}) is None
