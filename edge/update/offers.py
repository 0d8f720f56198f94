"""The hand-over of cloud updates. `gate run` fetches a file and has no rights; root judges it and has no network.

    STATE/update/RELEASE.part, RELEASE.tar   what `gate run` fetches
    STATE/update/ready.json                  what it offers; systemd's path unit starts root's part when it is rewritten
    PREFIX/cloud-update.json                 the outcome, written only by root: none of root's files lie in STATE

From STATE root trusts nothing but the name of the file to look at.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Annotated, TypeVar

import msgspec

from edge.update.bundle import open_plain
from edge.update.environments import Environments, kept_whole
from sync import wire

FOLDER, READY, OUTCOME = "update", "ready.json", "cloud-update.json"
MOST_BYTES = 10_000
FINAL = frozenset({"done", "failed", "returned"})
_RELEASE = re.compile(r"[0-9][0-9A-Za-z_.+\-]{0,63}")
T = TypeVar("T")
_Word = Annotated[str, msgspec.Meta(max_length=64)]


class Offer(msgspec.Struct, frozen=True):
    """A complete file that waits for root."""

    release: _Word


class Outcome(msgspec.Struct, frozen=True):
    """The outcome of an offer; the values of `state` are those of `sync.wire.UpdateTold`."""

    release: _Word
    state: _Word
    detail: Annotated[str, msgspec.Meta(max_length=500)] = ""


def plain(release: str) -> bool:
    """Whether it is a valid release name, and so a safe file name here."""
    return _RELEASE.fullmatch(release) is not None


def bundle_of(folder: Path, release: str) -> Path:
    assert plain(release), release
    return folder / f"{release}.tar"


def read_offer(folder: Path) -> Offer | None:
    """The current offer; None if there is none or it is malformed."""
    found = _read(folder / READY, Offer)
    return found if found is not None and plain(found.release) else None


def make_offer(folder: Path, offer: Offer) -> None:
    """Raises FileUnusable."""
    kept_whole(folder / READY, msgspec.json.encode(offer))


def read_outcome(prefix: Path) -> Outcome | None:
    return _read(prefix / OUTCOME, Outcome)


def write_outcome(prefix: Path, outcome: Outcome) -> None:
    """Raises FileUnusable."""
    kept_whole(prefix / OUTCOME, msgspec.json.encode(outcome))


def running_prefix() -> Path | None:
    """Folder of the environments that this program is one of; None if it is not installed like that."""
    here = Path(sys.prefix).resolve()
    return here.parent.parent if here.parent.name == "environments" else None


def told_of(environments: Environments | None, *, allowed: bool, fetching: wire.UpdateTold) -> wire.UpdateTold:
    """The report to the cloud: on the release that root has judged, else on the one being fetched (`fetching`)."""
    if environments is None:
        return wire.UpdateTold(from_cloud=False)
    current = environments.in_use()
    running = "" if current is None or environments.manifest_of(current) is None else current.name
    outcome = read_outcome(environments.prefix)
    if outcome is None or (fetching.release and fetching.release != outcome.release):
        return wire.UpdateTold(allowed, _word(running), fetching.state, fetching.release, fetching.detail)
    state = settled(outcome, running=running, on_trial=environments.on_trial)
    return wire.UpdateTold(allowed, _word(running), state, _word(outcome.release), _line(outcome.detail))


def settled(outcome: Outcome, *, running: str, on_trial: bool) -> str:
    """An outcome's state as seen now: a power cut may have ended the trial, or somebody gone back since. Pure."""
    if outcome.state == "trying" and not on_trial:
        return "done" if running == outcome.release else "returned"
    if outcome.state == "done" and running != outcome.release:
        return "returned"
    return outcome.state


def _word(text: str) -> str:
    return text if plain(text) else ""


def _line(text: str) -> str:
    return "".join(symbol if symbol.isprintable() else " " for symbol in text)[:200]


def _read(file: Path, kind: type[T]) -> T | None:
    try:
        with open_plain(file) as stream:
            return msgspec.json.decode(stream.read(MOST_BYTES), type=kind)
    except (OSError, msgspec.MsgspecError, UnicodeError, RecursionError):
        return None
