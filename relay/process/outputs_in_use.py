"""The outputs of the running relay process, kept so that they can be switched off if it is killed.

`gate.toml` may have been changed or removed meanwhile: a board no longer named there would keep its contact closed, and
with a mistake in the file nothing would be switched off at all. So the process writes its outputs to its unit's runtime
folder, which is in memory (`$RUNTIME_DIRECTORY`; systemd removes it when the service stops). Without a unit they lie in
the state folder, until the process has seen all of them off.
"""

from __future__ import annotations

import json
import logging
import os
import stat
from contextlib import suppress
from dataclasses import asdict, fields
from pathlib import Path
from typing import get_type_hints

from core.jsontext import read_json
from core.setting import METADATA_KEY
from core.words.language import say
from relay.settings import BarrierSettings, RelayPlan

log = logging.getLogger(__name__)

FILE_NAME = "outputs.json"
STATE_VARIABLE = "OKTER_GATE_RELAY_STATE"
"""Environment variable by which `gate run` names the state folder to its relay and to `--off`, whatever the settings say."""
MOST_BYTES = 1_000_000


def remember(plan: RelayPlan) -> None:
    """Write the outputs of `plan`; call it before any output is switched on.

    A write error is logged and not raised: then this file is missing or outdated if the process is killed.
    """
    file = _file(plan.state_dir)
    try:
        fresh = file.with_suffix(".new")
        fresh.touch(mode=0o600)  # the password of a network relay is in it
        outputs = [asdict(barrier) for barrier in plan.barriers]
        fresh.write_text(json.dumps({"state_dir": str(plan.state_dir), "outputs": outputs}), encoding="utf-8")
        fresh.replace(file)
    except OSError as error:
        log.warning("%s: %s", file, error)


def forget(plan: RelayPlan) -> None:
    """All outputs were seen off. A unit's folder goes by itself, and nobody else's board is met there after a reboot."""
    if not os.environ.get("RUNTIME_DIRECTORY"):
        with suppress(OSError):
            _file(plan.state_dir).unlink(missing_ok=True)


def remembered(state_dir: str | Path = "") -> RelayPlan | None:
    """The outputs of the previous process; None if it left none, or if the file cannot be read (e.g. another version).

    `state_dir`: where to look if neither a unit nor `gate run` has named a folder; empty = nowhere.
    """
    file = _file(state_dir)
    try:
        # A pipe in its place would keep everything from being switched off, hence O_NONBLOCK.
        with os.fdopen(os.open(file, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as stream:
            about = os.fstat(stream.fileno())
            if about.st_uid != os.geteuid():  # root writes to no device that somebody else has named
                log.warning("%s не годится: %s", file, say("записал другой пользователь"))
                return None
            if not stat.S_ISREG(about.st_mode):
                raise ValueError("no file")  # noqa: TRY301
            found = read_json(stream.read(MOST_BYTES))
        barriers = tuple(_as_declared(BarrierSettings(**one)) for one in found["outputs"])
        return RelayPlan(state_dir=os.fspath(found["state_dir"]), barriers=barriers)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError, TypeError, KeyError) as error:
        log.warning("%s не годится: %s", file, error)
        return None


def _as_declared(told: BarrierSettings) -> BarrierSettings:
    """`told`. Raises ValueError for a value that is not as declared: a driver of another version would count as off."""
    kinds = get_type_hints(type(told))
    for one in fields(told):
        value, kind = getattr(told, one.name), kinds[one.name]
        choices = one.metadata[METADATA_KEY]["choices"]
        if not isinstance(value, (int | float) if kind is float else kind) or (choices and value not in choices):
            raise ValueError(f"{one.name} = {value!r}")
    return told


def _file(state_dir: str | Path) -> Path:
    unit = os.environ.get("RUNTIME_DIRECTORY", "").partition(":")[0]
    return Path(unit or os.environ.get(STATE_VARIABLE) or state_dir or os.devnull) / FILE_NAME
