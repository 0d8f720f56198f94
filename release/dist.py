"""Builds all files of a release with one command, without the network.

    python -m release.dist [--into dist] [--key FILE]

They are the wheel and the source archive (hatchling), the `.deb` (dpkg-deb), `sbom.cdx.json`, and `SHA256SUMS` over all of
them. Timestamps inside are that of the commit, so that the same commit always gives the same files. With `--key`, a private
Ed25519 key, `SHA256SUMS.sig` is added: whoever has the public one checks all files by it (RELEASING.md).
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tomllib
from datetime import UTC, datetime
from pathlib import Path

from release.deb import build_deb
from release.sbom import ROOT, sbom

EXTRAS = ("cloud",)
"""Extras that a box and a portal install. `gpio` is not among them: a box uses Debian's own `lgpio` where it is installed."""
NAMESPACE = "okter-gate-release"
"""Of the signature (ssh-keygen(1), -Y sign): one made for an update is none for a release."""


def main() -> int:
    """Writes `dist/` from scratch. Deletes everything that is in the folder before."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--into", type=Path, default=ROOT / "dist")
    parser.add_argument("--key", type=Path, help="private Ed25519 key that signs SHA256SUMS")
    asked = parser.parse_args()
    into: Path = asked.into
    if shutil.which("dpkg-deb") is None:
        print("release.dist: dpkg-deb is missing: apt-get install dpkg", file=sys.stderr)
        return 1
    shutil.rmtree(into, ignore_errors=True)
    into.mkdir(parents=True)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    made = commit_time()
    os.environ["SOURCE_DATE_EPOCH"] = str(int(made.timestamp()))
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-t", "sdist", "-d", str(into)]
    subprocess.run(build, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)  # noqa: S603 - our own build backend
    (wheel,) = into.glob("*.whl")
    build_deb(wheel, version=project["version"], made=made, into=into)
    document = sbom(project, extras=EXTRAS, made=made)
    (into / "sbom.cdx.json").write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    sums = checksums(into)
    (into / "SHA256SUMS").write_text(sums, encoding="utf-8")
    print(sums, end="")
    return sign(into / "SHA256SUMS", asked.key) if asked.key else 0


def sign(file: Path, key: Path) -> int:
    """Writes `FILE.sig`; the exit code of ssh-keygen, which says what is wrong."""
    command = ["ssh-keygen", "-q", "-Y", "sign", "-f", str(key), "-n", NAMESPACE, str(file)]
    return subprocess.run(command, check=False).returncode  # noqa: S603 - Debian's own


def commit_time() -> datetime:
    """$SOURCE_DATE_EPOCH if it is set, for example where there is no repository; otherwise the time of the current commit."""
    asked = os.environ.get("SOURCE_DATE_EPOCH")
    if asked is None:
        told = subprocess.run(
            ["git", "log", "-1", "--format=%ct"],  # noqa: S607 - as above
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
        asked = told.stdout.strip()
    return datetime.fromtimestamp(int(asked), tz=UTC)


def checksums(folder: Path) -> str:
    """One line per file, in the format of `sha256sum -c`."""
    files = sorted(path for path in folder.iterdir() if path.name != "SHA256SUMS")
    return "".join(f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in files)


if __name__ == "__main__":
    sys.exit(main())
