"""What a version is made of: number and changelog agree, the .deb has what its installer looks for, all parts are named."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from release.deb import SHARE, place
from release.dist import sign
from release.sbom import ROOT, NotLocked, locked, sbom

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)


def test_the_version_has_its_section_in_the_changelog() -> None:
    """The newest dated section is the version of pyproject.toml, and an `Unreleased` stands above it."""
    sections = re.findall(r"^## \[(.+?)\](?: - (\d{4}-\d\d-\d\d))?$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert ("Unreleased", "") == sections[0]
    assert PROJECT["version"] == sections[1][0]
    assert all(day for _, day in sections[1:])


def test_the_deb_has_what_its_installer_looks_for(tmp_path: Path) -> None:
    """From the files of the package alone the installer puts every file in place, and finds the wheel's versions."""
    wheel = tmp_path / "okter_gate-0.0.1-py3-none-any.whl"
    wheel.write_bytes(b"a wheel")
    stage, machine = tmp_path / "stage", tmp_path / "machine"
    stage.mkdir()
    place(wheel, stage, version="0.0.1")
    subprocess.run([stage / SHARE / "systemd/install.sh", "--stage", machine], check=True)
    assert (machine / "etc/okter-gate/gate.toml").is_file()
    assert (machine / "etc/systemd/system/okter-gate-relay.service").is_file()
    assert [wheel.name] == [path.name for path in (stage / SHARE).glob("okter_gate-*.whl")]
    assert (stage / SHARE / "constraints.txt").is_file()
    assert "Version: 0.0.1\n" in (stage / "DEBIAN/control").read_text()


@pytest.mark.parametrize("script", ["postinst", "prerm", "postrm"])
def test_the_scripts_of_the_deb_are_sound(script: str) -> None:
    """A script that fails leaves the package half installed: each parses, stops at the first error, and keeps the data."""
    path = ROOT / "release/deb" / script
    subprocess.run(["sh", "-n", path], check=True)
    text = path.read_text()
    assert "set -e" in text
    assert "rm -rf /var/lib" not in text
    if shutil.which("shellcheck"):
        subprocess.run(["shellcheck", path], check=True)


def test_every_part_is_named_with_its_tested_version() -> None:
    """Each dependency of pyproject.toml is in the bill, in the locked version, and so are the weights the program trusts."""
    bill = sbom(PROJECT, extras=("cloud",), made=NOON)
    parts = {one["name"]: one for one in bill["components"]}
    for text in (*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["cloud"]):
        name = re.split(r"[\[>=]", text)[0]
        assert locked()[name] == parts[name]["version"]
    manifest = tomllib.loads((ROOT / "models/weights/manifest.toml").read_text(encoding="utf-8"))
    assert {name: facts["sha256"] for name, facts in manifest.items()} == {
        name: one["hashes"][0]["content"] for name, one in parts.items() if "hashes" in one
    }
    known = {one["bom-ref"] for one in bill["components"]}
    assert [] == [ref for row in bill["dependencies"] for ref in row["dependsOn"] if ref not in known]
    assert sbom(PROJECT, extras=("cloud",), made=NOON) == bill


def test_a_part_without_a_tested_version_stops_the_release() -> None:
    """A dependency that constraints.txt does not know is no part of a bill; it is an error."""
    with pytest.raises(NotLocked, match="nobody-tested-this"):
        sbom({**PROJECT, "dependencies": ["nobody-tested-this>=1"]}, extras=(), made=NOON)


@pytest.mark.long
def test_make_dist_gives_everything_and_the_same_again(tmp_path: Path) -> None:
    """Two runs give the same bytes; sums are right; the wheel holds no tests, the archive no caches and all to build it."""
    for name in ("one", "two"):
        command = [sys.executable, "-m", "release.dist", "--into", str(tmp_path / name)]
        subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    sums = (tmp_path / "one/SHA256SUMS").read_text()
    assert sums == (tmp_path / "two/SHA256SUMS").read_text()
    files = dict(reversed(line.split("  ")) for line in sums.splitlines())
    assert files == {name: hashlib.sha256((tmp_path / "one" / name).read_bytes()).hexdigest() for name in files}
    version = PROJECT["version"]
    assert {
        "sbom.cdx.json",
        f"okter-gate_{version}_all.deb",
        f"okter_gate-{version}-py3-none-any.whl",
        f"okter_gate-{version}.tar.gz",
    } == set(files)
    with zipfile.ZipFile(tmp_path / f"one/okter_gate-{version}-py3-none-any.whl") as wheel:
        unwanted = ("tests/", "benchmarks/", "release/", "examples/", "models/", "docs/", "config/")
        assert [] == [name for name in wheel.namelist() if name.startswith(unwanted)]
    with tarfile.open(tmp_path / f"one/okter_gate-{version}.tar.gz") as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
        assert {"pyproject.toml", "constraints.txt", "tests/conftest.py", "models/weights/plate_ocr.onnx"} <= names
        assert [] == [name for name in names if name.startswith((".hypothesis", ".venv", "shared", "work", "dist"))]
    assert "okter-gate" == json.loads((tmp_path / "one/sbom.cdx.json").read_text())["metadata"]["component"]["name"]


def test_the_sums_are_signed_for_a_release_and_nothing_else(tmp_path: Path) -> None:
    """Whoever has the public key checks the sums by the command of RELEASING.md; changed sums, or an update's signature, fail."""
    key, sums, signers = tmp_path / "key", tmp_path / "SHA256SUMS", tmp_path / "okter-release.signers"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
    signers.write_text("okter-gate " + key.with_suffix(".pub").read_text())
    sums.write_text("00  okter-gate.deb\n")
    assert 0 == sign(sums, key)
    command = re.search(r"`(ssh-keygen -Y verify [^`<]+) < SHA256SUMS`", (ROOT / "RELEASING.md").read_text())
    assert command is not None

    def verified() -> bool:
        with sums.open("rb") as told:
            done = subprocess.run(command[1].split(), cwd=tmp_path, stdin=told, capture_output=True, check=False)
        return done.returncode == 0

    assert verified()
    subprocess.run(
        ["ssh-keygen", "-q", "-Y", "sign", "-f", key, "-n", "okter-gate-update", sums], input=b"y", check=True
    )
    assert not verified()
    assert 0 == sign(sums, key)
    sums.write_text("11  okter-gate.deb\n")
    assert not verified()
    assert 0 != sign(sums, tmp_path / "none")


def test_what_the_installer_places_the_package_takes_away(tmp_path: Path) -> None:
    """No unit, rule or command is left behind by a removal, and none of them runs on without its program."""
    subprocess.run([ROOT / "systemd/install.sh", "--stage", tmp_path], check=True)
    gone = (ROOT / "release/deb/postrm").read_text()
    units = sorted(path.name for path in (tmp_path / "etc/systemd/system").iterdir())
    services = [name.removesuffix(".service") for name in units if name.endswith(".service") and "@" not in name]
    assert (9, 6) == (len(units), len(services))
    assert sorted(services) == sorted(re.search(r"for unit in ([^;]+); do", gone)[1].split())
    others = {path.name for path in tmp_path.rglob("*") if path.is_file() and "okter-gate/" not in str(path)}
    assert [] == [name for name in others if name.removesuffix(".service") not in services and name not in gone]
    stopped = re.search(r"disable --now ([^|]+)", (ROOT / "release/deb/prerm").read_text())[1].split()
    begun = [name.removesuffix(".service") for name in units if "@" not in name]  # one of a template ends by itself
    assert sorted(begun) == sorted(stopped)
    assert "rm -rf /opt/okter-gate " in gone
