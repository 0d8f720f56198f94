"""What was noticed and was no visit can be looked at."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from camera.frame import Frame
from core.decision.record import DroppedSighting
from core.events import Instant
from edge.cli import main
from edge.config import load
from edge.runtime.dropped import EVERY_S, Sieve
from edge.runtime.journal import JournalWriter
from edge.store.settings import StoreSettings
from tests.configs import write_config
from tests.runtime.threads import running

NOW = datetime.now(UTC) - timedelta(minutes=5)
"""The command looks back from the present."""
AT = Instant(100.0, NOW, wall_trusted=True)
SIGN = DroppedSighting("sign-1", "exit", "sign", "corner", AT, replace(AT, mono=122.0), 180, "?11997", 7)


def test_a_dropped_sighting_and_its_picture_are_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`gate why --dropped` tells what it was taken for, by which rule, and where its picture is."""
    config = write_config(tmp_path)
    state_dir = load(config).state_dir
    state_dir.mkdir(parents=True, exist_ok=True)
    writer = JournalWriter(state_dir, StoreSettings(ballast_mb=1, free_floor_mb=1), now=lambda: AT)
    with running(writer.run):
        writer.drop(SIGN, Frame(np.zeros((48, 64, 3), np.uint8), captured=100.0, frame_id=7, lane="exit"))

    with pytest.raises(SystemExit) as ended:
        main(["why", "--dropped", "--json", "--config", str(config)])
    told = json.loads(capsys.readouterr().out)

    assert ended.value.code in {0, None}
    assert ("exit", "sign", "corner", "?11997") == tuple(told[key] for key in ("lane", "kind", "ground", "masked"))
    assert Path(told["picture"]).read_bytes().startswith(b"\xff\xd8")


def test_a_board_in_view_all_day_fills_no_journal() -> None:
    """One of a kind, a rule and a lane in ten seconds; a ghost of one frame never."""
    sieve = Sieve()
    later = replace(SIGN, last=replace(SIGN.last, mono=SIGN.last.mono + EVERY_S))

    assert [sieve.lets(one) for one in (SIGN, SIGN, replace(SIGN, lane="entry"), later, replace(later, frames=1))] == [
        True, False, True, True, False,
    ]  # fmt: skip
