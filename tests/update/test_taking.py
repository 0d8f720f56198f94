"""What root takes of what `gate run` offers, when that, or somebody beside it, does not play fair."""

from __future__ import annotations

import importlib
import os
import shutil
from pathlib import Path

import pytest

from edge.config import load
from edge.update.environments import Environments
from edge.update.offers import Offer, Outcome, make_offer
from edge.update.taking import Taker
from tests.update.conftest import Box

pytestmark = pytest.mark.timeout(120)
NEW = "0.2.0-2000"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    offered = tmp_path / "update"
    offered.mkdir()
    return offered


def offer(folder: Path, file: Path, name: str = NEW) -> Path:
    target = folder / f"{name}.tar"
    shutil.copy(file, target)
    make_offer(folder, Offer(name))
    return target


def take(box: Box, folder: Path, *, meanwhile: object = None, **parts: object) -> Outcome | None:
    def quiet(_told: object) -> None:
        if callable(meanwhile):
            meanwhile()

    return Taker(box.updater(**parts), folder, quiet).take()


def test_an_older_program_is_not_taken_where_the_installed_one_names_no_bundle(box: Box, folder: Path) -> None:
    """A box set up by its installer knows its version too: a signed program of long ago, with its old faults, is refused."""
    offer(folder, box.bundle())

    told = take(box, folder, version="0.2.1")

    assert told is not None
    assert ("failed", "installed") == (told.state, box.current)
    assert "0.2.1" in told.detail


@pytest.mark.parametrize("version", ["0.2.0", "0.1.9", "0+unknown", ""])
def test_one_that_is_not_older_is_taken(box: Box, folder: Path, version: str) -> None:
    """The same version built anew, a later one, and one against a version that is no number."""
    offer(folder, box.bundle())

    assert Outcome(NEW, "done") == take(box, folder, version=version)


def test_a_program_that_came_while_it_waited_is_not_undone(box: Box, folder: Path) -> None:
    """Whoever installs by hand during the hour of waiting for a quiet minute keeps what they installed."""
    offer(folder, box.bundle())
    by_hand = box.environments.folder / "by-hand"

    def installs() -> None:
        by_hand.mkdir()
        Environments(box.prefix).use(by_hand)

    told = take(box, folder, meanwhile=installs)

    assert told is not None
    assert ("waiting", "by-hand", []) == (told.state, box.current, box.services.starts)


def test_whoever_comes_with_a_file_while_it_waits_need_not_wait(box: Box, folder: Path) -> None:
    """An update of the cloud that waits for a quiet minute holds up no `gate update FILE`, and does not undo it."""
    offer(folder, box.bundle())

    told = take(box, folder, meanwhile=lambda: box.updater().update(box.bundle("0.3.0", built_at=3000)))

    assert told is not None
    assert ("waiting", "0.3.0-3000") == (told.state, box.current)


def test_what_was_tidied_away_while_it_waited_is_not_switched_to(box: Box, folder: Path) -> None:
    """Another command may have swept the second environment: it is made anew next time, and the program in use stays."""
    offer(folder, box.bundle())

    told = take(box, folder, meanwhile=lambda: box.updater().resume())

    assert told is not None
    assert ("waiting", "installed", []) == (told.state, box.current, box.services.starts)


@pytest.mark.parametrize("name", ["ready.json", f"{NEW}.tar"])
def test_a_pipe_in_place_of_a_file_holds_nobody_up(box: Box, folder: Path, name: str) -> None:
    """Root does not wait for whoever never writes, with the lock of updates in its hand."""
    offer(folder, box.bundle())
    (folder / name).unlink()
    os.mkfifo(folder / name)

    told = take(box, folder)

    assert "installed" == box.current
    assert told is None or told.state == "failed"


def test_a_file_that_was_taken_back_is_no_release_that_failed(box: Box, folder: Path) -> None:
    """The rollout was ended between the offer and the look at it: nothing is told that would stop another one."""
    offer(folder, box.bundle()).unlink()

    told = take(box, folder)

    assert told is not None
    assert "waiting" == told.state


def test_a_bundle_that_is_swapped_for_another_signed_one_is_refused(box: Box, folder: Path) -> None:
    """What is counted as one release is not another, whenever the file is changed."""
    offer(folder, box.bundle("0.3.0", built_at=3000))

    told = take(box, folder)

    assert told is not None
    assert ("failed", "installed") == (told.state, box.current)


def test_an_owner_who_wants_none_any_more_gets_none(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    """The settings are read again after the hour of waiting: the last word is the one that counts."""
    command = importlib.import_module("edge.cli.update")
    text = box.config.read_text(encoding="utf-8")
    box.config.write_text(f"{text}\n[update]\nfrom_cloud = true\n", encoding="utf-8")
    config = load(box.config)
    (config.state_dir / "update").mkdir(parents=True)
    offer(config.state_dir / "update", box.bundle())
    monkeypatch.setattr(command, "await_quiet", lambda *_, **__: box.config.write_text(text, encoding="utf-8"))

    told = command._take(box.updater(), config)

    assert ("waiting", "installed") == (told.state, box.current)
