"""The outputs of the relay process that runs, for whoever has to switch them off when it was killed.

`gate.toml` may have become another meanwhile, or none: a board that is no longer named there would keep its contact
closed, and with a mistake in the file nobody would say OFF at all. So the process leaves its outputs where its unit
has a folder in memory (`$RUNTIME_DIRECTORY`, systemd takes it away when the service is stopped); elsewhere nothing is left.
"""

from __future__ import annotations

import json
import logging
import os
from dataclasses import asdict
from pathlib import Path

from core.jsontext import read_json
from core.words.language import say
from relay.settings import BarrierSettings, RelayPlan

log = logging.getLogger(__name__)

FILE_NAME = "outputs.json"
MOST_BYTES = 1_000_000


def leave(plan: RelayPlan) -> None:
    """Before anything moves. A folder that fails costs what a killed process would have needed; it is told."""
    file = _file()
    if file is None:
        return
    try:
        fresh = file.with_suffix(".new")
        fresh.touch(mode=0o600)  # the password of a network relay is in it
        outputs = [asdict(barrier) for barrier in plan.barriers]
        fresh.write_text(json.dumps({"state_dir": str(plan.state_dir), "outputs": outputs}), encoding="utf-8")
        fresh.replace(file)
    except OSError as error:
        log.warning("%s: %s", file, error)


def left() -> RelayPlan | None:
    """What the process before had; None where nothing was left, or another version's file that is not understood."""
    file = _file()
    if file is None:
        return None
    try:
        with file.open("rb") as stream:
            found = read_json(stream.read(MOST_BYTES))
        barriers = tuple(BarrierSettings(**one) for one in found["outputs"])
        return RelayPlan(state_dir=found["state_dir"], barriers=barriers)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, KeyError) as error:
        log.warning(say("{file} не годится: {error}", file=file, error=error))
        return None


def _file() -> Path | None:
    folder = os.environ.get("RUNTIME_DIRECTORY", "").partition(":")[0]
    return Path(folder) / FILE_NAME if folder else None
