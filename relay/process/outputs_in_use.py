"""The outputs of the running relay process and of its predecessors, kept until they are known to be off.

`gate.toml` may have been changed or removed meanwhile: a board no longer named there would keep its contact closed, and
with a mistake in the file nothing would be switched off at all. So the process writes its outputs to its unit's runtime
folder, which is in memory (`$RUNTIME_DIRECTORY`; systemd removes it when the service stops). Without a unit they lie in
the state folder. A process that starts with other settings keeps those of its predecessor in the file (`left`), and only
an output that was seen off leaves it.
"""

from __future__ import annotations

import json
import logging
import os
import stat
import threading
from contextlib import suppress
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, get_type_hints

from core.jsontext import read_json
from core.setting import METADATA_KEY
from core.words.language import say
from relay.outputs import pins_of, same_output
from relay.settings import BarrierSettings, RelayPlan

log = logging.getLogger(__name__)

FILE_NAME = "outputs.json"
ASIDE_NAME = "outputs.unread.json"
"""A record that this version cannot read is kept under this name, for one that can."""
STATE_VARIABLE = "OKTER_GATE_RELAY_STATE"
"""Environment variable by which `gate run` names the state folder to its relay and to `--off`, whatever the settings say."""
MOST_BYTES = 1_000_000
Outputs = tuple[BarrierSettings, ...]
_writing = threading.Lock()


@dataclass(frozen=True, slots=True)
class Record:
    """What may be closed. `left`: the outputs of earlier processes, a group for each of their settings."""

    state_dir: str
    outputs: Outputs
    left: tuple[Outputs, ...] = ()

    @property
    def plans(self) -> tuple[RelayPlan, ...]:
        """One plan for each group, the newest first; none of them is empty."""
        groups = (group for group in (self.outputs, *self.left) if group)
        return tuple(RelayPlan(state_dir=self.state_dir, barriers=group) for group in groups)


def left_behind(plan: RelayPlan) -> tuple[Outputs, ...]:
    """The outputs of earlier processes that may be closed and are none of this plan's, which switches its own off."""
    found = (_read(_file(plan.state_dir).with_name(name)) for name in (FILE_NAME, ASIDE_NAME))
    groups = tuple(group for record in found if record for group in (record.outputs, *record.left))
    return _without(groups, plan.barriers)


def remember(plan: RelayPlan, left: tuple[Outputs, ...] = ()) -> None:
    """Write the outputs of `plan`, and those left behind; call it before any output is switched on.

    A write error is logged and not raised: then this file is missing or outdated if the process is killed.
    """
    file = _file(plan.state_dir)
    aside = file.with_name(ASIDE_NAME)
    with _writing, suppress(OSError):
        if os.path.lexists(file) and _read(file) is None:
            with suppress(OSError):  # what runs now counts for more
                file.rename(aside)
        _write(file, Record(str(plan.state_dir), plan.barriers, left))
        if _read(aside) is not None:  # it is among `left` now
            aside.unlink()


def seen_off(plan: RelayPlan) -> None:
    """The outputs of `plan` were seen off: none of them is remembered any longer.

    Without a unit a file in which nothing is left goes too, so that nobody else's board is met there after a reboot.
    """
    file = _file(plan.state_dir)
    with _writing:
        record = remembered(plan.state_dir)
        if record is None:
            return
        outputs = tuple(one for group in _without((record.outputs,), plan.barriers) for one in group)
        after = Record(record.state_dir, outputs, _without(record.left, plan.barriers))
        if after.plans or os.environ.get("RUNTIME_DIRECTORY"):
            _write(file, after)
        else:
            with suppress(OSError):
                file.unlink(missing_ok=True)


def remembered(state_dir: str | Path = "") -> Record | None:
    """What may be closed; None if no process left a record, or if it cannot be read (e.g. that of another version).

    `state_dir`: where to look if neither a unit nor `gate run` has named a folder; empty = nowhere.
    """
    return _read(_file(state_dir))


def _read(file: Path) -> Record | None:
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
        left = tuple(_group(one) for one in found.get("left", ()))
        return Record(os.fspath(found["state_dir"]), _group(found["outputs"]), left)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        log.warning("%s не годится: %s", file, error)
        return None


def _without(groups: tuple[Outputs, ...], seen: Outputs) -> tuple[Outputs, ...]:
    """The groups without the outputs that are among `seen`, and without empty ones."""
    kept = (tuple(one for one in group if not any(same_output(one, other) for other in seen)) for group in groups)
    return tuple(group for group in kept if group)


def _write(file: Path, record: Record) -> None:
    try:
        fresh = file.with_suffix(".new")
        fresh.touch(mode=0o600)  # the password of a network relay is in it
        outputs, *left = [[asdict(barrier) for barrier in group] for group in (record.outputs, *record.left)]
        text = json.dumps({"state_dir": record.state_dir, "outputs": outputs, "left": left})
        fresh.write_text(text, encoding="utf-8")
        fresh.replace(file)
    except OSError as error:
        log.warning("%s: %s", file, error)


def _group(rows: Any) -> Outputs:
    return tuple(_as_declared(BarrierSettings(**one)) for one in rows)


def _as_declared(settings: BarrierSettings) -> BarrierSettings:
    """`settings`. Raises ValueError for a value that is not as declared: a driver of another version would count as off."""
    kinds = get_type_hints(type(settings))
    for one in fields(settings):
        value, kind = getattr(settings, one.name), kinds[one.name]
        choices = one.metadata[METADATA_KEY]["choices"]
        if not isinstance(value, (int | float) if kind is float else kind) or (choices and value not in choices):
            raise ValueError(f"{one.name} = {value!r}")
    if len(pins_of(settings)) < {"gpio": 1, "wiegand": 2}.get(settings.driver, 0):
        raise ValueError(f"{settings.driver}: pin")
    return settings


def _file(state_dir: str | Path) -> Path:
    unit = os.environ.get("RUNTIME_DIRECTORY", "").partition(":")[0]
    return Path(unit or os.environ.get(STATE_VARIABLE) or state_dir or os.devnull) / FILE_NAME
