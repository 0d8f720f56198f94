"""`gate backup` and `gate restore`: a box in one file, and nothing but a box out of it."""

from __future__ import annotations

import io
import json
import stat
import tarfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from edge.cli import main
from edge.credential import Credential, read_credential, write_credential
from edge.neighbours.subscriptions import Subscription, Subscriptions, own_key
from edge.runtime.lock import InstanceLock
from edge.store.archive import ArchiveInvalid, read_archive, write_archive
from edge.store.errors import StoreError
from edge.store.good_copy import good_copies
from edge.store.journal import Journal
from edge.store.local_passes import local_pass
from edge.store.passes import PassStore
from edge.store.read_only import read_list
from tests.commands import in_this_process
from tests.configs import write_config
from tests.pass_items import pass_item
from tests.store.records import visit_record

NOW = datetime(2026, 12, 1, 9, tzinfo=UTC)


def box(folder: Path, *plates: str) -> Path:
    """A state folder with a list, a record with its picture, and a binding."""
    state = folder / "state"
    with PassStore(state / "passes.db") as store:
        store.cloud.apply([pass_item(id=plate, plate=plate) for plate in plates], cursor="c5", at=NOW)
        store.local.add([local_pass("K777KK77", None, None)], at=NOW)
        store.keep_good_copy()
    record = visit_record(1)
    with Journal(state / "journal.db") as journal:
        name = journal.snapshots.write(record.visit_id, record.first.wall, b"\xff\xd8picture")
        journal.record(record, frame=name)
    write_credential(state, Credential("https://okter.invalid", "Сад", "Europe/Moscow", "t0ken"))
    return state


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    (tmp_path / "old").mkdir()
    state = box(tmp_path / "old", "A001BC77", "A002BC77")
    config = write_config(tmp_path / "old")
    write_archive(tmp_path / "box.tar.gz", state_dir=state, config=config, version="0.1.0", now=NOW)
    return tmp_path / "box.tar.gz"


def test_a_box_moves(archive: Path, tmp_path: Path) -> None:
    """List, journal, pictures and binding are those of the old box; what the new one had is set aside, and stays so."""
    state = box(tmp_path / "new", "B999BC77")
    with PassStore(state / "passes.db") as store:
        for number in range(20):  # a counter far beyond the old box's: it must not win for that
            store.cloud.apply([pass_item(id=str(number), plate="B999BC77")], cursor="c", at=NOW)
        store.keep_good_copy()
    read_archive(archive, state_dir=state, now=NOW)

    for _ in range(2):
        with PassStore(state / "passes.db") as store:
            assert not store.restored
            assert {"A001BC77", "A002BC77", "K777KK77"} == {one.plate for one in store.load()}
            assert "c5" == store.cloud.state().cursor
    with Journal(state / "journal.db") as journal:
        (visit,) = journal.visits()
        assert b"\xff\xd8picture" == journal.snapshots.read(visit.frame or "")
    credential = read_credential(state)
    assert credential is not None
    assert "t0ken" == credential.token
    assert "КПП-1" in (state / "gate.toml.restored").read_text(encoding="utf-8")
    (aside,) = state.glob("before-restore-*")
    assert {"passes.db", "journal.db", "cloud.credential", "snapshots"} <= {path.name for path in aside.iterdir()}
    assert 1 == len(good_copies(state / "passes.db"))


def test_acceptances_and_who_is_notified_move_along(tmp_path: Path) -> None:
    """The aim assistant's record, picture, baseline, draft and pages; the browsers with the key that they are good for."""
    (tmp_path / "old").mkdir()
    state = box(tmp_path / "old", "A001BC77")
    names = ("%D0%92.json", "%D0%92.jpg", "%D0%92.baseline.json", "%D0%92.draft.json", "%D0%92-20261129-1915.html")
    (state / "acceptance").mkdir()
    for name in (*names, ".part.json", "other.txt"):
        (state / "acceptance" / name).write_bytes(name.encode())
    key = own_key(state)
    Subscriptions(state).put(Subscription("https://push.example.net/a", "p", "a"))
    steps: list[tuple[float, float]] = []
    file, config = tmp_path / "box.tar.gz", write_config(tmp_path / "old")
    write_archive(
        file, state_dir=state, config=config, version="1", now=NOW, told=lambda done, whole: steps.append((done, whole))
    )
    fresh = tmp_path / "new"
    (fresh / "acceptance").mkdir(parents=True)
    (fresh / "acceptance" / "gone.json").write_text("of the box before")
    back: list[tuple[float, float]] = []
    read_archive(file, state_dir=fresh, now=NOW, told=lambda done, whole: back.append((done, whole)))
    assert set(names) == {path.name for path in (fresh / "acceptance").iterdir()}
    assert all(name.encode() == (fresh / "acceptance" / name).read_bytes() for name in names)
    assert (key, 1) == (own_key(fresh), len(Subscriptions(fresh).all()))
    (aside,) = fresh.glob("before-restore-*")
    assert "of the box before" == (aside / "acceptance" / "gone.json").read_text()
    for told in (steps, back):
        assert told == sorted(told)
        assert all(done <= whole for done, whole in told)
    assert steps[-1][0] == steps[-1][1]


@pytest.mark.parametrize(
    "name", ["acceptance/../evil.json", "acceptance/.hidden.json", "acceptance/a/b.json", "acceptance/x.sh"]
)
def test_of_acceptances_nothing_but_their_files_comes_out(tmp_path: Path, name: str) -> None:
    """Neither another folder nor another kind of file."""
    test_nothing_but_a_box_comes_out(tmp_path, name)


def test_a_version_before_unpacks_what_it_knows(archive: Path) -> None:
    """Without acceptances and browsers the archive says format 1; with them it says 2, which that version names as newer."""
    with tarfile.open(archive) as tar:
        first = tar.next()
        assert first is not None
        stream = tar.extractfile(first)
        assert stream is not None
        assert 1 == json.load(stream)["format"]


def test_it_is_for_its_owner_alone(archive: Path) -> None:
    """The file holds the device token."""
    assert 0o600 == stat.S_IMODE(archive.stat().st_mode)


@pytest.mark.parametrize("share", [0.0, 0.3, 0.7, 0.99])
def test_a_torn_archive_changes_nothing(archive: Path, tmp_path: Path, share: float) -> None:
    """Half a file is told as such, and the box stays as it was."""
    state = box(tmp_path / "new", "B999BC77")
    archive.write_bytes(archive.read_bytes()[: int(share * archive.stat().st_size)])
    before = {path.name for path in state.iterdir()}
    with pytest.raises(ArchiveInvalid):
        read_archive(archive, state_dir=state, now=NOW)
    assert before == {path.name for path in state.iterdir()}
    with PassStore(state / "passes.db") as store:
        assert "B999BC77" in store.load()


@pytest.mark.parametrize("name", ["../evil", "/etc/evil", "snapshots/../../evil", "other.db", "gate.sock"])
def test_nothing_but_a_box_comes_out(tmp_path: Path, name: str) -> None:
    """A name outside a box's own is refused, also one that the manifest vouches for."""
    file = tmp_path / "evil.tar.gz"
    with tarfile.open(file, "w:gz") as tar:
        manifest = {"format": 1, "version": "1", "made_at": NOW.isoformat(), "passes": 0, "files": {name: "0" * 64}}
        for member, data in (("manifest.json", json.dumps(manifest).encode()), (name, b"x")):
            entry = tarfile.TarInfo(member)
            entry.size = len(data)
            tar.addfile(entry, io.BytesIO(data))
    with pytest.raises(ArchiveInvalid, match=r"лишнее"):
        read_archive(file, state_dir=tmp_path / "state", now=NOW)
    assert not (tmp_path / "evil").exists()


@pytest.mark.parametrize("harm", ["gone", "empty", "damaged"])
def test_a_lost_file_is_backed_up_from_its_good_copy(tmp_path: Path, harm: str) -> None:
    """The archive says how many passes it has, and has them."""
    (tmp_path / "old").mkdir()
    state = box(tmp_path / "old", "A001BC77", "A002BC77")
    file = state / "passes.db"
    if harm == "gone":
        file.unlink()
    else:
        file.write_bytes(b"" if harm == "empty" else b"x" * 8192)
    made = write_archive(
        tmp_path / "b.tar.gz", state_dir=state, config=write_config(tmp_path / "old"), version="1", now=NOW
    )
    assert (3, True) == (made.passes, "passes.db" in made.files)
    (tmp_path / "new").mkdir()
    read_archive(tmp_path / "b.tar.gz", state_dir=tmp_path / "new" / "state", now=NOW)
    assert 3 == len(read_list(tmp_path / "new" / "state" / "passes.db").passes)


def test_a_lost_list_is_missing_and_not_empty(tmp_path: Path) -> None:
    """Neither the commands nor the backup call it a list of nought passes; the rest of the box is kept all the same."""
    state = box(tmp_path, "A001BC77")
    config = write_config(tmp_path)
    for copy in (*good_copies(state / "passes.db"), state / "passes.db"):
        copy.unlink()
    with pytest.raises(StoreError):
        read_list(state / "passes.db")
    PassStore(state / "passes.db").close()  # as a gate that starts does: an empty file in its place
    with pytest.raises(StoreError):
        read_list(state / "passes.db")
    file = tmp_path / "b.tar.gz"
    done = in_this_process("backup", str(file), config=config)
    assert (0, True) == (done.returncode, "списка пропусков в файле нет" in done.stdout)
    made = read_archive(file, state_dir=tmp_path / "other", now=NOW)
    assert (None, True) == (made.passes, "journal.db" in made.files)


def test_the_commands(archive: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`gate restore` is refused beside a running gate, in one line, and done when it has ended."""
    (tmp_path / "new").mkdir()
    config = write_config(tmp_path / "new")

    def gate(*words: str) -> tuple[object, str, str]:
        with pytest.raises(SystemExit) as ended:
            main([*words, "--config", str(config)])
        said = capsys.readouterr()
        return ended.value.code, said.out, said.err

    lock = InstanceLock(tmp_path / "new" / "state")
    code, _, error = gate("restore", str(archive))
    lock.close()
    assert (1, True, 1) == (code, "остановите gate run" in error, len(error.splitlines()))
    assert 0 == gate("restore", str(archive))[0]
    code, out, _ = gate("backup", str(tmp_path / "again.tar.gz"), "--json")
    assert (0, 3, 1) == (code, json.loads(out)["passes"], json.loads(out)["pictures"])
    assert 1 == gate("restore", str(config))[0]
