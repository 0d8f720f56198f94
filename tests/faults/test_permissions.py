"""Outside systemd, where nobody has set a umask."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from edge.store.journal import Journal
from edge.store.passes import PassStore
from tests.faults.conftest import Site, until
from tests.patience import PATIENCE_S


def open_to_others(folder: Path) -> list[str]:
    """What others may read or write of the folder and of all that is in it; sockets have their own rules."""
    found = [folder, *folder.rglob("*")]
    return [path.name for path in found if not path.is_socket() and path.stat().st_mode & 0o077]


@pytest.mark.long
def test_what_names_residents_is_the_gates_alone(site: Site) -> None:
    """List, journal, copies, pictures and locks are 0600 in folders of 0700, whatever the umask was."""
    site.state_dir.rmdir()
    site.gate("passes", "add", "A123BC77")
    assert [] == open_to_others(site.state_dir)
    process = site.run()
    site.up()
    assert site.opens()
    assert until(lambda: "console" in site.gate("events", "--json").stdout)
    process.terminate()
    process.wait(PATIENCE_S)
    assert [] == open_to_others(site.state_dir)


def test_files_of_an_earlier_version_are_closed(tmp_path: Path) -> None:
    """Databases that were made readable for everybody are so no longer once they are opened."""
    for make, name in ((PassStore, "passes.db"), (Journal, "journal.db")):
        with make(tmp_path / name):
            pass
        (tmp_path / name).chmod(0o644)
        with make(tmp_path / name):
            assert 0o640 == stat.S_IMODE((tmp_path / name).stat().st_mode)
