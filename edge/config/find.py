"""Which config file applies."""

from __future__ import annotations

import os
from pathlib import Path

from edge.paths import INSTALLED_CONFIG, default_config

ENVIRONMENT = "GATE_CONFIG"


def find_config(named: Path | None = None) -> Path:
    """The file given by --config, else $GATE_CONFIG, else the installed one, else the shipped default."""
    if named is not None:
        return named
    from_environment = os.environ.get(ENVIRONMENT)
    if from_environment:
        return Path(from_environment)
    try:
        INSTALLED_CONFIG.stat()
    except (FileNotFoundError, NotADirectoryError):
        return default_config()
    except OSError:  # installed but not readable for us: reading it says so; no other config may take its place
        return INSTALLED_CONFIG
    return INSTALLED_CONFIG
