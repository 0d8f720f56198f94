"""Makes a second environment from wheels, and tests the program in it before anything uses it. No network."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from edge.language import say
from edge.update.errors import UpdateFailed

_LONGEST_S = 900.0
"""Time limit: a Raspberry Pi unpacks and compiles a few hundred megabytes."""


def make(environment: Path, wheels: Path, *, like: Path) -> None:
    """Make it with the Python that made `like`, sharing Debian's packages if `like` does. Raises UpdateFailed."""
    shared = ["--system-site-packages"] if _shares(like) else []
    _run([str(_base_python(like)), "-m", "venv", *shared, str(environment)])
    pip = [str(environment / "bin/python"), "-m", "pip", "--disable-pip-version-check", "--no-input"]
    files = sorted(str(file) for file in wheels.glob("*.whl"))
    _run([*pip, "install", "--quiet", "--no-index", "--no-deps", "--no-cache-dir", "--force-reinstall", *files])
    if not shared:  # Debian's packages may have unmet requirements that do not concern us
        _run([*pip, "check"])


def examine(environment: Path, config: Path, version: str) -> None:
    """Check that the program reports the right version, accepts the config and reads a picture. Raises UpdateFailed."""
    gate = str(environment / "bin/gate")
    said = _run([gate, "--version"])
    if version not in said.split():
        raise UpdateFailed(say("новая программа называет себя {said:.60}, а не {version}", said=said, version=version))
    _run([gate, "config", "check", "--config", str(config)])
    _run([gate, "check", "--program", "--config", str(config)])


def _run(command: list[str]) -> str:
    try:
        done = subprocess.run(  # noqa: S603 - our own words and files
            command,
            capture_output=True,
            text=True,
            timeout=_LONGEST_S,
            check=False,
            cwd="/",
            env={"PATH": os.environ.get("PATH", os.defpath), "LANG": "C.UTF-8", "PIP_CONFIG_FILE": os.devnull},
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise UpdateFailed(f"{' '.join(command[:3])}: {error}") from None
    if done.returncode:
        lines = (done.stderr.strip() or done.stdout.strip()).splitlines() or [str(done.returncode)]
        raise UpdateFailed(f"{Path(command[0]).name} {' '.join(command[1:4])}: {lines[-1][:300]}")
    return done.stdout


def _settings(environment: Path) -> dict[str, str]:
    try:
        lines = (environment / "pyvenv.cfg").read_text(encoding="utf-8").splitlines()
    except OSError:
        return {}
    return {key.strip(): value.strip() for key, _, value in (line.partition("=") for line in lines)}


def _shares(environment: Path) -> bool:
    return _settings(environment).get("include-system-site-packages") == "true"


def _base_python(environment: Path) -> Path:
    found = Path(_settings(environment).get("home", "/usr/bin")) / "python3"
    return found if found.exists() else Path("/usr/bin/python3")
