"""A box to be updated: a prefix with one environment, a key, and bundles of small wheels."""

from __future__ import annotations

import base64
import hashlib
import os
import shutil
import subprocess
import venv
import zipfile
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from edge.update.bundle import build
from edge.update.environments import Environments
from edge.update.errors import UpdateFailed
from edge.update.services import Health, Services
from edge.update.steps import Updater
from tests.configs import write_config

PROGRAM = """\
import sys

def main():
    if "--version" in sys.argv:
        print("gate, version {version}")
    if "--program" in sys.argv and {unwell!r}:
        sys.exit("the picture reads as something else")
"""


def wheel(folder: Path, version: str, *, unwell: bool = False, weight: int = 0, needs: str = "") -> Path:
    """A small `okter_gate` whose `gate` says its version and is unwell on demand."""
    folder.mkdir(parents=True, exist_ok=True)
    info = f"okter_gate-{version}.dist-info"
    files = {
        "small_gate.py": PROGRAM.format(version=version, unwell=unwell),
        "small_weights.bin": os.urandom(weight // 2).hex(),
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: okter-gate\nVersion: {version}\n{needs}",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/entry_points.txt": "[console_scripts]\ngate = small_gate:main\n",
    }
    record = "".join(
        f"{name},sha256={base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b'=').decode()},{len(text)}\n"
        for name, text in files.items()
    )
    target = folder / f"okter_gate-{version}-py3-none-any.whl"
    with zipfile.ZipFile(target, "w") as archive:
        for name, text in {**files, f"{info}/RECORD": record + f"{info}/RECORD,,\n"}.items():
            archive.writestr(name, text)
    return target


@dataclass
class FakeServices:
    """Processes that start from the environment in use; unwell where that has a file `unwell`."""

    environments: Environments
    starts: list[str] = field(default_factory=list)
    pid: int = 100
    runs: bool = True
    well: bool = True

    def restart(self) -> None:
        current = self.environments.current()
        self.starts.append(current.name)
        self.pid += 1
        self.well = not (current / "unwell").exists()

    def health(self) -> Health:
        if not self.runs:
            return Health()
        return Health(
            gate=self.pid if self.well else None,
            relay=self.pid + 1000,
            cameras=frozenset({"entry"} if self.well else ()),
            barriers=frozenset({"main"}),
            passes=True,
        )


def watch(services: Services, before: Health) -> str:
    """What `comes_up` says in the end, without its waiting."""
    return services.health().lacks(before)


def quick_make(environment: Path, wheels: Path, *, like: Path) -> None:
    """No interpreter: only what the steps need to tell one environment from another."""
    (environment / "bin").mkdir(parents=True)
    for file in wheels.glob("*.whl"):
        shutil.copy(file, environment)
        with zipfile.ZipFile(file) as archive:
            if "'unwell later'" in archive.read("small_gate.py").decode():
                (environment / "unwell").touch()


def quick_examine(environment: Path, config: Path, version: str) -> None:
    if not list(environment.glob(f"okter_gate-{version}-*.whl")):
        raise UpdateFailed("another version")


class Box:
    """A prefix with the first program, and what signs for it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.prefix = folder / "opt"
        self.environments = Environments(self.prefix)
        first = self.environments.folder / "installed"
        first.mkdir(parents=True)
        self.environments.use(first)
        self.key = folder / "key"
        self.signers = folder / "signers"
        self.config = write_config(folder)
        self.state = folder / "state"
        self.state.mkdir()
        (self.state / "passes.db").write_bytes(b"the list")
        self.services = FakeServices(self.environments)
        self.said: list[str] = []
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(self.key)], check=True)
        self.signers.write_text("okter-gate " + self.key.with_suffix(".pub").read_text())

    @property
    def current(self) -> str:
        return self.environments.current().name

    def updater(self, **other: object) -> Updater:
        parts = {"make": quick_make, "examine": quick_examine, "watch": watch, **other}
        return Updater(
            environments=self.environments,
            signers=self.signers,
            config=self.config,
            services=self.services,
            told=self.said.append,
            **parts,
        )

    def real_python(self) -> None:
        """The first environment becomes one that others can be made like."""
        venv.create(self.environments.current(), with_pip=False, symlinks=True)

    def bundle(self, version: str = "0.2.0", *, built_at: int = 2000, key: Path | None = None, **what: object) -> Path:
        wheels = self.folder / f"wheels-{version}-{built_at}"
        wheel(wheels, version, **what)
        target = self.folder / f"{version}-{built_at}.gate"
        build(target, wheels, key=key or self.key, built_at=built_at)
        return target


@pytest.fixture
def box(tmp_path: Path) -> Box:
    if shutil.which("ssh-keygen") is None:
        assert "CI" not in os.environ, "ssh-keygen is missing"
        pytest.skip("ssh-keygen is not installed here")
    return Box(tmp_path)
