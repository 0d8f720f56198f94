"""Builds `okter-gate_VERSION_all.deb`: the wheel, `constraints.txt` and the installer that does the rest on the machine.

The package contains no third-party Python packages. Its `postinst` runs `systemd/install.sh`, where pip fetches the versions
in `constraints.txt`. RELEASING.md describes how to install without a network.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from datetime import datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
SHARE = Path("usr/share/okter-gate")
CONTROL = """\
Package: okter-gate
Version: {version}
Architecture: all
Maintainer: OKter Gate <okter-gate@localhost>
Section: misc
Priority: optional
Depends: python3 (>= 3.11), python3-venv, systemd
Recommends: ca-certificates, openssh-client
Suggests: postgresql, nginx, alsa-utils
Description: unattended barrier that knows who may come in and lets everybody out
 Reads number plates on the spot, compares them with a list of passes and opens the barrier; a portal for the list is
 part of it. Installing fetches Python packages of tested versions into /opt/okter-gate.
"""


def build_deb(wheel: Path, *, version: str, made: datetime, into: Path) -> Path:
    """Writes the package of `wheel`, with its files dated `made`, and returns its path. Needs `dpkg-deb`."""
    target = into / f"okter-gate_{version}_all.deb"
    with tempfile.TemporaryDirectory() as folder:
        stage = Path(folder)
        stage.chmod(0o755)
        place(wheel, stage, version=version)
        for path in (stage, *stage.rglob("*")):  # so that the package is the same whoever built it, and when
            path.chmod(0o755 if path.is_dir() else path.stat().st_mode)
            os.utime(path, (made.timestamp(), made.timestamp()))
        command = ["dpkg-deb", "--root-owner-group", "-Zgzip", "--build", str(stage), str(target)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)  # noqa: S603 - Debian's own
    return target


def place(wheel: Path, stage: Path, *, version: str) -> None:
    """Puts the files of the package under `stage`, where `systemd/install.sh` expects them."""
    share = stage / SHARE
    (share / "config/demo").mkdir(parents=True)
    shutil.copy(wheel, share)
    shutil.copy(ROOT / "constraints.txt", share)
    shutil.copytree(ROOT / "systemd", share / "systemd")
    shutil.copy(ROOT / "config/gate.toml", share / "config")
    shutil.copy(ROOT / "config/demo/gate.mp4", share / "config/demo")
    documents = stage / "usr/share/doc/okter-gate"
    documents.mkdir(parents=True)
    shutil.copy(ROOT / "LICENSE", documents / "copyright")
    shutil.copy(ROOT / "CHANGELOG.md", documents)
    for path in (path for path in stage.rglob("*") if path.is_file()):
        path.chmod(0o755 if path.suffix == ".sh" else 0o644)
    control = stage / "DEBIAN"
    control.mkdir()
    (control / "control").write_text(CONTROL.format(version=version), encoding="utf-8")
    for script in ("postinst", "prerm", "postrm"):
        shutil.copy(HERE / script, control)
        (control / script).chmod(0o755)
