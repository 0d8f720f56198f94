"""The installed services, as systemd reports them."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

from edge.doctor.finding import Finding
from edge.language import say
from edge.paths import systemd_dir
from edge.runtime.status import GateStatus

_PLACES = (Path("/etc/systemd/system"), Path("/usr/lib/systemd/system"), Path("/lib/systemd/system"))
UNITS = ("okter-gate-relay.service", "okter-gate.service", "okter-gate-console.service")
_ASK_S = 5.0


def installed(unit: str) -> bool:
    """Whether the unit's file exists."""
    return any((place / unit).exists() for place in _PLACES)


def processes(running: GateStatus | None) -> Iterator[Finding]:
    """That `gate run` answers, and that every installed service is active and starts again after a power cut."""
    if running is not None:
        yield Finding("gate run", True, f"pid {running.pid}")
    else:
        start = "sudo systemctl start okter-gate" if installed("okter-gate.service") else "gate run"
        log = say("; почему: journalctl -u okter-gate -n 20")
        cure = start + (log if installed("okter-gate.service") else "")
        yield Finding("gate run", False, say("не отвечает"), cure)
    for unit in UNITS:
        if installed(unit):
            yield _unit(unit)
    if any(map(installed, UNITS)):
        yield from _as_the_program_has_them()


def outdated(folder: Path) -> tuple[str, ...]:
    """Units that are missing or differ from those in the program's `systemd` folder. Drop-ins are no difference."""
    found = []
    for ours in sorted(one for one in folder.glob("okter-gate*") if one.suffix in {".service", ".socket", ".path"}):
        there = [place / ours.name for place in _PLACES if (place / ours.name).exists()]
        if any(one.read_bytes() != ours.read_bytes() for one in there[:1]) or not there:
            found.append(ours.name)
    return tuple(found)


def renewal(folder: Path) -> str:
    """The command that updates units, accounts and folders to those of the program."""
    return f"sudo bash {folder / 'install.sh'} --units"


def _as_the_program_has_them() -> Iterator[Finding]:
    try:
        old = outdated(systemd_dir())
    except OSError as error:
        yield Finding(say("юниты"), False, str(error), renewal(systemd_dir()))
        return
    if old:
        yield Finding(say("юниты"), False, say("другой версии: {units}", units=", ".join(old)), renewal(systemd_dir()))


def _unit(unit: str) -> Finding:
    active, enabled = _systemctl("is-active", unit), _systemctl("is-enabled", unit)
    if active == "active" and enabled in {"enabled", "static"}:
        return Finding(unit, True, active)
    if active == "active":
        cure = say("не запустится после отключения питания: sudo systemctl enable {unit}", unit=unit)
        return Finding(unit, False, f"{active}, {enabled}", cure)
    return Finding(unit, False, active, f"sudo systemctl enable --now {unit}; journalctl -u {unit} -n 20")


def _systemctl(ask: str, unit: str) -> str:
    try:
        done = subprocess.run(["systemctl", ask, unit], capture_output=True, text=True, timeout=_ASK_S, check=False)  # noqa: S603, S607 - as a technician would
    except (OSError, subprocess.TimeoutExpired):
        return say("неизвестно")
    return done.stdout.strip() or say("неизвестно")
