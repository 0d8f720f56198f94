"""A software bill of materials, CycloneDX 1.5: what `pip install -c constraints.txt okter-gate[…]` installs.

Versions come from `constraints.txt`; dependencies and licences come from the metadata of the installed packages. The model
weights are components too, with the checksums that the program itself verifies.
"""

from __future__ import annotations

import hashlib
import tomllib
import uuid
from collections import deque
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
SCHEMA = "http://cyclonedx.org/schema/bom-1.5.schema.json"

OF_THE_ENVIRONMENT = frozenset({"pip", "setuptools"})
"""Packages that every virtual environment already contains. They are left out even if a package requires them, as
sqlite-utils does pip."""


class NotLocked(ValueError):
    """A package that would be installed has no version in `constraints.txt`."""


def locked(constraints: Path = ROOT / "constraints.txt") -> dict[str, str]:
    """The tested versions, by canonical package name."""
    lines = (line.partition("#")[0].strip() for line in constraints.read_text(encoding="utf-8").splitlines())
    return {canonicalize_name(name): version for name, _, version in (line.partition("==") for line in lines if line)}


def sbom(project: dict[str, Any], *, extras: tuple[str, ...], made: datetime) -> dict[str, Any]:
    """The document for `project` (the table of pyproject.toml) with these extras. Raises NotLocked."""
    versions = locked()
    wanted = [*project["dependencies"], *(one for name in extras for one in project["optional-dependencies"][name])]
    root = f"pkg:pypi/{project['name']}@{project['version']}"
    tree: dict[str, list[str]] = {root: []}
    components: list[dict[str, Any]] = []
    queue = deque((root, Requirement(text), "") for text in wanted)
    while queue:
        parent, requirement, extra = queue.popleft()
        if requirement.marker and not requirement.marker.evaluate({"extra": extra}):
            continue
        name = canonicalize_name(requirement.name)
        if name in OF_THE_ENVIRONMENT:
            continue
        if name not in versions:
            raise NotLocked(f"constraints.txt: {name}: no version, and {parent} needs it")
        purl = f"pkg:pypi/{name}@{versions[name]}"
        if purl not in tree[parent]:
            tree[parent].append(purl)
        if purl in tree and not requirement.extras:
            continue
        if purl not in tree:
            tree[purl] = []
            components.append(_component(name, versions[name], purl))
        for further in _needs(name):
            for of_extra in ("", *requirement.extras):
                queue.append((purl, Requirement(further), of_extra))
    components.sort(key=lambda one: one["bom-ref"])
    components += _weights()
    identity = hashlib.sha256(repr((root, sorted(tree), made)).encode()).hexdigest()
    return {
        "$schema": SCHEMA,
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, identity)}",
        "version": 1,
        "metadata": {
            "timestamp": made.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
            "component": {
                "type": "application", "bom-ref": root, "name": project["name"], "version": project["version"],
                "purl": root, "licenses": [{"license": {"id": project["license"]}}],
            },
        },
        "components": components,
        "dependencies": [{"ref": ref, "dependsOn": sorted(needs)} for ref, needs in sorted(tree.items())],
    }  # fmt: skip


def _component(name: str, version: str, purl: str) -> dict[str, Any]:
    found: dict[str, Any] = {"type": "library", "bom-ref": purl, "name": name, "version": version, "purl": purl}
    if licences := _licences(name):
        found["licenses"] = licences
    return found


def _needs(name: str) -> list[str]:
    """The requirements of a package. None if it is not installed on this machine, such as `lgpio` on a desktop."""
    try:
        return distribution(name).requires or []
    except PackageNotFoundError:
        return []


def _licences(name: str) -> list[dict[str, Any]]:
    """The licences from the package's metadata: the expression, else the classifiers, else the first line of `License`.

    Empty if the metadata names none or the package is not installed.
    """
    try:
        facts: Any = distribution(name).metadata
    except PackageNotFoundError:
        return []
    if expression := facts.get("License-Expression"):
        return [{"expression": str(expression)}]
    named = [one.rpartition(" :: ")[2] for one in facts.get_all("Classifier") or () if one.startswith("License :: ")]
    first = str(facts.get("License") or "").strip().split("\n")[0]
    return [{"license": {"name": one}} for one in named or [first] if 0 < len(one) <= 80]


def _weights() -> list[dict[str, Any]]:
    files = tomllib.loads((ROOT / "models/weights/manifest.toml").read_text(encoding="utf-8"))
    return [
        {
            "type": "machine-learning-model" if name.endswith(".onnx") else "data",
            "bom-ref": f"weights/{name}",
            "name": name,
            "hashes": [{"alg": "SHA-256", "content": facts["sha256"]}],
        }
        for name, facts in sorted(files.items())
    ]
