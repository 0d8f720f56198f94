"""Paths of the files shipped with the program: the same names in a checkout and in an installed wheel."""

from __future__ import annotations

import os
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
INSTALLED_CONFIG = Path("/etc/okter-gate/gate.toml")


def _data(packaged: str, checkout: str) -> Path:
    inside = _PACKAGE / "_data" / packaged  # a wheel has them inside the package: see pyproject.toml
    return inside if inside.exists() else _PACKAGE.parent / checkout


def weights_dir() -> Path:
    """The folder of the networks and their manifest; `$OKTER_GATE_WEIGHTS` overrides it."""
    named = os.environ.get("OKTER_GATE_WEIGHTS")
    if named:
        return Path(named)
    return _data("models", "models/weights")


def config_dir() -> Path:
    """The folder of the default gate.toml and the examples."""
    return _data("config", "config")


def systemd_dir() -> Path:
    """The folder of the units, rules and the installer."""
    return _data("systemd", "systemd")


def constraints() -> Path:
    """The file with the exact versions that the program was tried with."""
    return _data("constraints.txt", "constraints.txt")


def default_config() -> Path:
    """The config used if no other is named or installed."""
    return config_dir() / "gate.toml"
