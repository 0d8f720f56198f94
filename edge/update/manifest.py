"""The manifest of a bundle; the signature covers exactly these bytes."""

from __future__ import annotations

import platform
import re
import sys
from typing import Annotated

import msgspec

from edge.language import say
from edge.update.errors import BundleRefused

FORMAT = 1
MOST_BYTES = 1 << 20
_VERSION = re.compile(r"\d{1,5}(\.\d{1,5}){0,3}")

Sha256 = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]
Name = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_.+!-]{1,200}\.whl$")]
Size = Annotated[int, msgspec.Meta(ge=1, le=1 << 30)]


class Wheel(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One member of the bundle."""

    sha256: Sha256
    size: Size
    """bytes"""


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`built_at` is seconds since 1970, UTC; it distinguishes two builds of one version."""

    format: int
    version: Annotated[str, msgspec.Meta(max_length=40)]
    built_at: Annotated[int, msgspec.Meta(ge=0, le=1 << 40)]
    python: Annotated[str, msgspec.Meta(pattern=r"^3\.\d{1,2}$")]
    machine: Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9_]{1,20}$")]
    wheels: Annotated[dict[Name, Wheel], msgspec.Meta(min_length=1, max_length=200)]

    @property
    def name(self) -> str:
        """The folder name of its environment."""
        return f"{self.version}-{self.built_at}"

    @property
    def size(self) -> int:
        """Bytes of all wheels."""
        return sum(wheel.size for wheel in self.wheels.values())

    def before_version(self, version: str) -> bool:
        """Whether it is earlier than `version`; False if that is not a version number."""
        return _VERSION.fullmatch(version) is not None and _numbers(self.version) < _numbers(version)

    def older_than(self, other: Manifest) -> bool:
        """Whether it is an earlier version, or an earlier build of the same."""
        return (_numbers(self.version), self.built_at) < (_numbers(other.version), other.built_at)


def read_manifest(data: bytes) -> Manifest:
    """Raises BundleRefused."""
    try:
        found = msgspec.json.decode(data, type=Manifest)
        _numbers(found.version)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise BundleRefused(say("опись не читается: {error}", error=error)) from None
    if found.format != FORMAT:
        raise BundleRefused(say("файл обновления другого вида ({format}): нужен новый gate", format=found.format))
    return found


def check_platform(manifest: Manifest) -> None:
    """Check that the wheels are for this box's Python and processor. Raises BundleRefused."""
    wanted, here = (manifest.python, manifest.machine), (python_here(), machine_here())
    if wanted != here:
        raise BundleRefused(
            say(
                "обновление для Python {python}, {machine}; здесь Python {here}, {processor}",
                python=wanted[0],
                machine=wanted[1],
                here=here[0],
                processor=here[1],
            )
        )


def python_here() -> str:
    return f"{sys.version_info.major}.{sys.version_info.minor}"


def machine_here() -> str:
    return platform.machine().lower()


def _numbers(version: str) -> tuple[int, ...]:
    if not _VERSION.fullmatch(version):
        raise ValueError(version)
    parts = tuple(int(part) for part in version.split("."))
    return parts + (0,) * (4 - len(parts))
