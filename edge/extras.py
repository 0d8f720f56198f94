"""How a part of the program that is not installed everywhere is added: the command for this very environment."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path

from edge import __version__
from edge.paths import constraints

SYSTEM_PACKAGES = "include-system-site-packages = true"


def install(extra: str) -> str:
    """A shell command that adds `extra` in the versions that this program was tried with.

    A bare `pip install` would go to another environment, and might bring other versions of everything.
    """
    tried = constraints()
    checkout = tried.parent / "pyproject.toml"
    source = f"{tried.parent}[{extra}]" if checkout.exists() else f"okter-gate[{extra}]=={__version__}"
    pip = ["sudo"] if not os.access(sys.prefix, os.W_OK) else []
    pip += [sys.executable, "-m", "pip", "install", "-c"]
    if _has_system_packages():  # numpy is the system's there, for picamera2: as in install.sh
        return f"grep -v '^numpy==' {shlex.quote(str(tried))} | {shlex.join([*pip, '/dev/stdin', source])}"
    return shlex.join([*pip, str(tried), *(["-e"] if checkout.exists() else []), source])


def _has_system_packages() -> bool:
    try:
        return SYSTEM_PACKAGES in (Path(sys.prefix) / "pyvenv.cfg").read_text(encoding="utf-8").lower()
    except OSError:
        return False
