"""`gate update`, broken at each step: whatever happens, a whole program is in use, and the state is as it was."""

from __future__ import annotations

import contextlib
import errno
import io
import os
import re
import subprocess
import sys
import tarfile
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import msgspec
import pytest

from core.errors import FileUnusable
from core.words.system import system_words
from edge.update import steps
from edge.update.bundle import build
from edge.update.environments import Environments, Trial
from edge.update.errors import BundleRefused, UpdateError, UpdateFailed, UpdateUnready
from edge.update.making import examine, make
from edge.update.manifest import Manifest
from edge.update.services import Health, comes_up
from tests.update.conftest import Box, quick_make, wheel

pytestmark = pytest.mark.timeout(600)  # pip on a busy machine


@pytest.fixture(autouse=True)
def untouched(box: Box):
    """Whatever was tried, the state folder is as it was, and the link points at a whole environment."""
    yield
    assert {"passes.db": b"the list"} == {path.name: path.read_bytes() for path in box.state.iterdir()}
    assert box.environments.current().is_dir()


def rewritten(file: Path, change: Callable[[list[tuple[str, bytes]]], list[tuple[str, bytes]]]) -> Path:
    """The bundle with its members changed by somebody who has no key."""
    with tarfile.open(file) as tar:
        members = [(entry.name, tar.extractfile(entry).read()) for entry in tar]
    out = file.with_suffix(".changed")
    with tarfile.open(out, "w") as tar:
        for name, data in change(members):
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            tar.addfile(entry, io.BytesIO(data))
    return out


def refused(box: Box, file: Path, error: type[Exception] = BundleRefused) -> str:
    """The update is refused before anything is made or restarted."""
    with pytest.raises(error) as told:
        box.updater().update(file)
    assert "installed" == box.current
    assert [] == box.services.starts
    assert ["installed"] == [path.name for path in box.environments.folder.iterdir()]
    return str(told.value)


def test_a_signed_bundle_comes_into_use(box: Box) -> None:
    """The link changes, the services start from it, the old one stays beside it for `--back`."""
    made = box.updater().update(box.bundle())
    assert "0.2.0-2000" == made.name == box.current
    assert ["0.2.0-2000"] == box.services.starts
    assert box.environments.trial() is None
    assert "installed" == box.updater().back() == box.current


@pytest.mark.long
def test_with_the_real_python_and_pip(box: Box) -> None:
    """A real second environment is made without a network, its program asked, and used; its scripts are its own."""
    box.real_python()
    box.updater(make=make, examine=examine).update(box.bundle())
    gate = box.environments.current() / "bin/gate"
    assert str(gate.parent) in gate.read_text().splitlines()[0]
    assert (
        "gate, version 0.2.0"
        == subprocess.run([gate, "--version"], capture_output=True, text=True, check=True).stdout.strip()
    )


def test_a_program_that_fails_its_examination(box: Box) -> None:
    """It is made, does not read the picture or tells another version, and is never used; nothing of it is left."""

    def scripted(words: str, environment: Path, wheels: Path, *, like: Path) -> None:
        (environment / "bin").mkdir(parents=True)
        gate = environment / "bin/gate"
        gate.write_text(f"#!/bin/sh\n{words}\n")
        gate.chmod(0o755)

    for words, why in (
        ("case $1 in --version) echo gate, version 0.2.0;; check) echo it reads something else; exit 1;; esac", "else"),
        ("echo gate, version 0.1.0", "0.1.0"),
        ("exit 9", "9"),
    ):
        with pytest.raises(UpdateFailed, match=why):
            box.updater(make=partial(scripted, words), examine=examine).update(box.bundle())
        assert ("installed", []) == (box.current, box.services.starts)
        assert ["installed"] == [path.name for path in box.environments.folder.iterdir()]


@pytest.mark.long
def test_a_wheel_that_is_missing(box: Box) -> None:
    """A bundle without something its program needs installs and is not used."""
    box.real_python()
    with pytest.raises(UpdateFailed, match="not installed"):
        box.updater(make=make, examine=examine).update(box.bundle(needs="Requires-Dist: something-else\n"))
    assert ("installed", []) == (box.current, box.services.starts)


def test_another_key(box: Box, tmp_path: Path) -> None:
    """Signed by a key that nobody pinned here: refused."""
    other = tmp_path / "other"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(other)], check=True)
    assert "подпись" in refused(box, box.bundle(key=other))


def test_no_key_pinned(box: Box) -> None:
    """Without a pinned key nothing is taken, and it is said how to pin one; a key of another kind is none."""
    file = box.bundle()
    for text in ("", "okter-gate ssh-rsa AAAA\n"):
        box.signers.write_text(text)
        assert "--update-key" in refused(box, file, UpdateUnready)
    box.signers.unlink()
    assert "--update-key" in refused(box, file, UpdateUnready)


def test_a_signature_made_for_something_else(box: Box) -> None:
    """The same key's signature of another purpose (a commit, a letter) is no signature of an update."""

    def other_purpose(members: list[tuple[str, bytes]]) -> list[tuple[str, bytes]]:
        signed = subprocess.run(
            ["ssh-keygen", "-Y", "sign", "-f", box.key, "-n", "git", "-q"],
            input=members[0][1],
            capture_output=True,
            check=True,
        )
        return [members[0], (members[1][0], signed.stdout), *members[2:]]

    refused(box, rewritten(box.bundle(), other_purpose))


@pytest.mark.parametrize(
    "change",
    [
        lambda members: [(members[0][0], members[0][1].replace(b"0.2.0", b"0.3.0")), *members[1:]],
        lambda members: [members[0], (members[1][0], b""), *members[2:]],
        lambda members: members[1:],
        lambda members: members[:2],
        lambda members: [*members[:2], (members[2][0], members[2][1][:-1] + b"x")],
        lambda members: [*members[:2], (members[2][0], members[2][1] + b"x")],
        lambda members: [*members, ("other-1.0-py3-none-any.whl", b"x")],
        lambda members: [*members, ("../../outside.whl", b"x")],
        lambda members: [("manifest.json", b"[" * 100_000), members[1], *members[2:]],
    ],
    ids=["manifest", "signature", "no manifest", "no wheel", "a bit", "a byte more", "a wheel more", "outside", "deep"],
)
def test_a_changed_bundle(box: Box, change: Callable[..., list[tuple[str, bytes]]]) -> None:
    """Anything that is not what was signed is refused, and nothing of it stays."""
    refused(box, rewritten(box.bundle(), change))


@pytest.mark.parametrize("part", [0.0, 0.01, 0.3, 0.9])
def test_a_torn_bundle(box: Box, part: float) -> None:
    """A download that broke off is refused."""
    file = box.bundle(weight=40_000)
    data = file.read_bytes()
    file.write_bytes(data[: int((len(data) - 2048) * part)])
    refused(box, file)


def test_no_bundle_at_all(box: Box, tmp_path: Path) -> None:
    """A picture, a folder, a missing file: one line."""
    (tmp_path / "picture.jpg").write_bytes(b"\xff\xd8\xff" * 5000)
    refused(box, tmp_path / "picture.jpg")
    refused(box, tmp_path / "missing", FileUnusable)
    refused(box, tmp_path, FileUnusable)


@pytest.mark.parametrize("place", ["python_here", "machine_here"])
def test_another_platform(box: Box, monkeypatch: pytest.MonkeyPatch, place: str) -> None:
    """Wheels of another Python or processor are refused by name."""
    with monkeypatch.context() as other:
        other.setattr(f"edge.update.manifest.{place}", lambda: {"python_here": "3.99", "machine_here": "vax"}[place])
        file = box.bundle()
    assert ("3.99" if place == "python_here" else "vax") in refused(box, file)


def test_an_older_program(box: Box) -> None:
    """An older version, or an earlier build of the same, is refused unless asked for; the same is no update."""
    box.updater().update(box.bundle("0.10.0", built_at=2000))
    for file in (box.bundle("0.9.0", built_at=3000), box.bundle("0.10.0", built_at=1999)):
        with pytest.raises(BundleRefused, match="--older"):
            box.updater().update(file)
    with pytest.raises(UpdateUnready, match="уже работает"):
        box.updater().update(box.bundle("0.10.0", built_at=2000))
    assert "0.10.0-2000" == box.current
    box.updater().update(box.bundle("0.9.0", built_at=3000), older=True)
    assert "0.9.0-3000" == box.current


def test_no_room(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    """Told before anything is unpacked."""
    usage = steps.shutil.disk_usage(box.prefix)
    monkeypatch.setattr(steps.shutil, "disk_usage", lambda _: usage._replace(free=1 << 20))
    assert "мало места" in refused(box, box.bundle(), UpdateUnready)


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO, errno.EROFS])
def test_a_disk_that_fails_meanwhile(box: Box, number: int) -> None:
    """A disk that fills up, fails or turns read-only while the environment is made: the old one, and no rest."""

    def failing(environment: Path, wheels: Path, *, like: Path) -> None:
        quick_make(environment, wheels, like=like)
        raise OSError(number, os.strerror(number))

    with pytest.raises(UpdateFailed, match=re.escape(system_words(OSError(number, "")))):
        box.updater(make=failing).update(box.bundle())
    assert ["installed"] == [path.name for path in box.environments.folder.iterdir()]


@pytest.mark.long
def test_a_real_disk_that_fills_up(box: Box) -> None:
    """Pip on a disk of four megabytes: refused or failed in one line, the old one in use."""
    script = f'mount -t tmpfs -o size=4m none {box.prefix} && mkdir -p {box.prefix}/environments/installed && ln -s environments/installed {box.prefix}/venv && exec "$@"'
    namespace = ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "--user", "--map-root-user", "--mount"]
    wrap = [*namespace, "sh", "-c", script, "sh"]
    if subprocess.run([*wrap, "true"], capture_output=True, check=False).returncode:
        pytest.skip("no mount namespaces here")
    code = (
        "import sys; from edge.update import steps; steps.UNPACKED, steps.FLOOR_BYTES = 0, 0\n"
        "from edge.cli import main; main(sys.argv[1:])"
    )
    done = subprocess.run(
        [*wrap, sys.executable, "-c", code, "update", str(box.bundle()), "--prefix", str(box.prefix), "--signers",
         str(box.signers), "--config", str(box.config)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (1, 1) == (done.returncode, len(done.stderr.splitlines())), done.stderr


def test_a_program_that_does_not_come_up(box: Box) -> None:
    """The old one is in use again and started, the new one gone, and it is told."""
    with pytest.raises(UpdateFailed, match="gate run не отвечает"):
        box.updater().update(box.bundle(unwell="unwell later"))
    assert ["0.2.0-2000", "installed"] == box.services.starts
    assert ("installed", None) == (box.current, box.environments.trial())
    assert ["installed"] == [path.name for path in box.environments.folder.iterdir()]


def test_services_that_cannot_be_restarted(box: Box) -> None:
    """Systemd's refusal is a failed update; the old process that still runs proves nothing of the new program."""
    before = box.services.health()
    assert "прежний процесс" in before.lacks(before)
    box.services.restart = lambda: None
    with pytest.raises(UpdateFailed):
        box.updater().update(box.bundle())
    assert "installed" == box.current


def test_a_camera_that_was_dark_before_is_no_fault_of_the_update(box: Box) -> None:
    """Only what was well before has to be well after."""
    before = Health(gate=1, relay=2, cameras=frozenset({"entry"}), barriers=frozenset({"main"}))
    assert not replace(before, gate=3, relay=4).lacks(before)
    assert "exit" in replace(before, gate=3, relay=4).lacks(replace(before, cameras=frozenset({"entry", "exit"})))


class Cut(BaseException):
    """The power goes."""


STEPS = ["unpack", "make", "examine", "mark_whole", "remember", "begin", "use", "restart", "watch", "end_trial", "tidy"]


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("well", [True, False], ids=["well", "unwell"])
def test_a_power_cut_at_each_step(  # noqa: C901 - one story, told once
    box: Box, monkeypatch: pytest.MonkeyPatch, *, step: str, after: bool, well: bool
) -> None:
    """Before and after each step a whole program is in use; the next start judges what was on trial; then updates go on."""
    armed = True

    def cut(real: Callable[..., object]) -> Callable[..., object]:
        def replaced(*arguments: object, **named: object) -> object:
            nonlocal armed
            if not armed:
                return real(*arguments, **named)
            armed = False
            if after:
                real(*arguments, **named)
            raise Cut

        return replaced

    updater = box.updater()
    if step in {"make", "examine", "watch"}:
        updater = replace(updater, **{step: cut(getattr(updater, step))})
    elif step == "restart":
        monkeypatch.setattr(box.services, "restart", cut(box.services.restart))
    elif step == "unpack":
        monkeypatch.setattr(steps, "unpack", cut(steps.unpack))
    else:
        monkeypatch.setattr(Environments, step, cut(getattr(Environments, step)))
    # A power cut tidies nothing up: what the interrupted call would have done on its way out does not happen.
    monkeypatch.setattr(Environments, "drop", lambda *_: None)
    file = box.bundle(unwell="" if well else "unwell later")
    with contextlib.suppress(Cut, UpdateError):
        updater.update(file)
    monkeypatch.undo()
    here = box.environments.current()
    assert here.name == "installed" or box.environments.manifest_of(here) is not None
    if here.name != "installed" and not well:
        assert box.environments.trial() is not None, "an unwell program without a judge"
    box.services.restart()  # the start after the power cut
    try:
        assert box.updater().resume() == box.current
    except UpdateFailed:
        assert not well
    assert well or box.current == "installed"
    assert box.services.health().gate is not None
    assert box.environments.trial() is None
    if box.current == "installed":
        box.updater().update(box.bundle(built_at=3000))
    names = {path.name for path in box.environments.folder.iterdir()}
    assert len(names) <= 2, names


def test_records_that_cannot_be_read(box: Box) -> None:
    """A torn record of a trial is none; a name that leads outside is none."""
    for data in (b"", b"{", b'{"old": "../..", "new": "x"}'):
        (box.prefix / "update.json").write_bytes(data)
        assert box.environments.trial() is None
    assert "installed" == box.updater().resume()


def test_two_at_once(box: Box) -> None:
    """One update at a time; one that was cut off is judged before the next."""
    file = box.bundle()

    def meanwhile(environment: Path, wheels: Path, *, like: Path) -> None:
        with pytest.raises(UpdateUnready, match="уже идёт"):
            box.updater().update(file)
        quick_make(environment, wheels, like=like)

    box.updater(make=meanwhile).update(file)
    box.environments.begin(Trial("installed", "0.2.0-2000"))
    with pytest.raises(UpdateUnready, match="--resume"):
        box.updater().update(box.bundle(built_at=5000))
    box.environments.end_trial()


def test_the_layout_of_an_older_install(box: Box) -> None:
    """A plain folder in place of the link: said what to do, and left alone."""
    (box.prefix / "venv").unlink()
    (box.prefix / "venv").mkdir()
    with pytest.raises(UpdateUnready, match=r"install\.sh"):
        box.updater().update(box.bundle())
    (box.prefix / "venv").rmdir()
    box.environments.use(box.environments.folder / "installed")


def test_coming_up_is_staying_up() -> None:
    """A program that answers and dies again and again is not well; one that stays is; one that is silent is not."""
    now = 0.0

    def rest(seconds: float) -> None:
        nonlocal now
        now += seconds

    class Dying:
        def restart(self) -> None: ...

        def health(self) -> Health:
            return Health(gate=int(now // 5) + 10, relay=2)

    class Staying(Dying):
        def health(self) -> Health:
            return Health(gate=10, relay=2) if now > 30 else Health()

    before = Health(gate=1, relay=1)

    def watched(services: Dying) -> str:
        return comes_up(services, before, clock=lambda: now, rest=rest)

    assert "снова и снова" in watched(Dying())
    now = 0.0
    assert not watched(Staying())
    assert 50 <= now < 60


def test_building(box: Box, tmp_path: Path) -> None:
    """One program with its wheels makes a bundle; none, two, or a key that is none do not."""
    with pytest.raises(FileUnusable):
        build(tmp_path / "out", tmp_path, key=box.key, built_at=1)
    wheel(tmp_path / "two", "1.0")
    with pytest.raises(UpdateFailed):
        build(tmp_path / "out", tmp_path / "two", key=box.signers, built_at=1)
    assert isinstance(build(tmp_path / "out", tmp_path / "two", key=box.key, built_at=1), Manifest)
    wheel(tmp_path / "two", "1.1")
    with pytest.raises(FileUnusable):
        build(tmp_path / "out", tmp_path / "two", key=box.key, built_at=1)
    assert not list(tmp_path.glob(".out*"))


def test_the_manifest_is_strict() -> None:
    """Names that are no wheel, unknown keys, absurd versions are refused."""
    from edge.update.manifest import read_manifest

    good = {"format": 1, "version": "1.0", "built_at": 1, "python": "3.11", "machine": "x86_64",
            "wheels": {"a-1-py3-none-any.whl": {"sha256": "0" * 64, "size": 1}}}  # fmt: skip
    assert "1.0-1" == read_manifest(msgspec.json.encode(good)).name
    for bad in (
        {"format": 2}, {"version": "1.0/../.."}, {"version": ""}, {"built_at": -1}, {"more": 1}, {"wheels": {}},
        {"wheels": {"../a.whl": {"sha256": "0" * 64, "size": 1}}}, {"machine": "x86 64"},
    ):  # fmt: skip
        with pytest.raises(BundleRefused):
            read_manifest(msgspec.json.encode(good | bad))


def test_the_command_needs_something_to_do(box: Box) -> None:
    """No file and no wish: one line, exit code 2; a file that is none: one line, 1."""
    for arguments, code in (([], 2), (["--resume", "--back"], 2), (["missing", "--prefix", str(box.prefix)], 1)):
        done = subprocess.run(
            [sys.executable, "-m", "edge", "update", *arguments, "--config", str(box.config)],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert (code, 1) == (done.returncode, len(done.stderr.splitlines())), done.stderr
