"""`gate check --bundle FILE`: what remote support needs to see, without plates, names and secrets.

A `.tar.gz` with the findings, the settings in force, the status, and the last visits and notices in reduced form: of a
plate its length and the places of digits (`X999XX99`), of a notice its kind. It never contains pictures.
"""

from __future__ import annotations

import io
import json
import platform
import tarfile
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from core.errors import FileUnusable
from core.words.system import system_words
from edge import __version__
from edge.config import GateConfig
from edge.config.describe import show
from edge.doctor.finding import Finding
from edge.runtime.control import ControlClient, GateAbsent
from edge.runtime.visit_lines import live_values
from edge.store.errors import StoreError
from edge.store.journal import Journal
from edge.store.place import find
from edge.whole_file import PRIVATE, whole_file

ENDINGS = (".tar.gz", ".tgz")
"""Names of what it is. Whoever gets a file named .zip opens it as one."""
MOST_LINES = 500
"""Maximum number of visits, and of notices."""
_NAMING = ("plate", "display", "masked")
_DROPPED = ("pass_id",)


def shape(text: str | None) -> str | None:
    """A plate's shape: `X999XX99`. Other characters stay."""
    if text is None:
        return None
    return "".join("9" if sign.isdigit() else "X" if sign.isalpha() else sign for sign in text)


def write_bundle(file: Path, config: GateConfig, findings: Iterable[Finding]) -> tuple[str, ...]:
    """Write the bundle; returns the names of its parts. Raises FileUnusable."""
    parts = dict(_parts(config, findings))
    try:
        with whole_file(file, mode=PRIVATE) as out, tarfile.open(fileobj=out, mode="w:gz") as tar:
            for name, text in parts.items():
                raw = text.encode()
                entry = tarfile.TarInfo(f"okter-gate/{name}")
                entry.size, entry.mtime, entry.mode = len(raw), int(time.time()), 0o600
                tar.addfile(entry, io.BytesIO(raw))
    except OSError as error:
        raise FileUnusable(file, system_words(error)) from error
    return tuple(parts)


def _parts(config: GateConfig, findings: Iterable[Finding]) -> Iterator[tuple[str, str]]:
    yield "version.txt", f"okter-gate {__version__}\npython {platform.python_version()}\n{platform.platform()}\n"
    yield "check.txt", "".join(f"{'+' if one.well else '-'} {one.part}: {one.text} {one.cure}\n" for one in findings)
    yield (
        "gate.toml",
        "\n".join(line for line in show(config) if not line.startswith(("chats =", "user =", "camera_user ="))),
    )
    try:
        status = ControlClient(config.state_dir).status().values()
        yield "status.json", json.dumps(status, ensure_ascii=False, indent=1)
    except GateAbsent as error:
        yield "status.txt", f"{error}\n"
    try:
        with Journal(find(config.state_dir).journal_file, to_read=True) as journal:
            visits = [_redacted(live_values(one.record)) for one in journal.visits(limit=MOST_LINES)]
            notices = [
                {"at": one.at.isoformat(), "kind": one.kind, "lane": one.lane}
                for one in journal.notices(limit=MOST_LINES)
            ]
        yield "visits.jsonl", _lines(visits)
        yield "notices.jsonl", _lines(notices)
    except (StoreError, OSError) as error:
        yield "journal.txt", f"{error}\n"


def _redacted(values: dict[str, object]) -> dict[str, object]:
    kept = {name: value for name, value in values.items() if name not in _DROPPED}
    for name in _NAMING:
        value = kept.get(name)
        if isinstance(value, str):
            kept[name] = shape(value)
    return kept


def _lines(rows: Iterable[Mapping[str, object]]) -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
