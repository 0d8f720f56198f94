"""The installed services, as systemd reports them."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

from edge.doctor.finding import Finding
from edge.language import say
from edge.paths import systemd_dir
from edge.runtime.status import GateStatus

_PLACES = (Path("/etc/systemd/system"), Path("/usr/lib/systemd/system"), Path("/lib/systemd/system"))
UNITS = ("okter-gate-relay.service", "okter-gate.service", "okter-gate-console.service")
BESIDE = ("okter-gate-settings.socket", "okter-gate-cloud-update.path")
"""Units that start services on demand."""
CALLS = "okter-gate-call.service"
ONCE = ("okter-gate-update.service", "okter-gate-cloud-update.service")
"""One-shot services: only a failed result is reported."""
_SHOWN = "LoadState,ActiveState,SubState,UnitFileState,NRestarts,Result,StatusText"
_ASK_S = 5.0


def installed(unit: str) -> bool:
    """Whether the unit's file exists."""
    return any((place / unit).exists() for place in _PLACES)


def processes(running: GateStatus | None, *, calls: bool = False) -> Iterator[Finding]:
    """Whether `gate run` answers, and whether the installed units run and start after a power cut.

    `calls`: calls are enabled in the settings.
    """
    if running is not None:
        yield Finding("gate run", True, f"pid {running.pid}")
    else:
        start = "sudo systemctl start okter-gate" if installed("okter-gate.service") else "gate run"
        log = say("; почему: journalctl -u okter-gate -n 20")
        cure = start + (log if installed("okter-gate.service") else "")
        yield Finding("gate run", False, say("не отвечает"), cure)
    for unit in (*UNITS, *BESIDE):
        if installed(unit):
            yield unit_finding(unit, _properties(unit))
    if installed(CALLS):
        yield from _calls(_properties(CALLS), wanted=calls)
    for unit in filter(installed, ONCE):
        if (shown := _properties(unit)).get("ActiveState") == "failed":
            yield Finding(unit, False, _state_words(shown), f"journalctl -u {unit} -n 20")
    if any(map(installed, UNITS)):
        yield from _as_the_program_has_them()


def outdated(folder: Path) -> tuple[str, ...]:
    """Names of units that are missing or differ from those in the program's `systemd` folder. Drop-ins do not count."""
    found = []
    for ours in sorted(one for one in folder.glob("okter-gate*") if one.suffix in {".service", ".socket", ".path"}):
        there = [place / ours.name for place in _PLACES if (place / ours.name).exists()]
        if any(one.read_bytes() != ours.read_bytes() for one in there[:1]) or not there:
            found.append(ours.name)
    return tuple(found)


def renewal(folder: Path) -> str:
    """The command that brings units, accounts and folders up to date with the program."""
    return f"sudo bash {folder / 'install.sh'} --units"


def _as_the_program_has_them() -> Iterator[Finding]:
    try:
        old = outdated(systemd_dir())
    except OSError as error:
        yield Finding(say("юниты"), False, str(error), renewal(systemd_dir()))
        return
    if old:
        yield Finding(say("юниты"), False, say("другой версии: {units}", units=", ".join(old)), renewal(systemd_dir()))


def unit_finding(unit: str, shown: Mapping[str, str]) -> Finding:
    """Judge what `systemctl show` says about a unit that should be running. Pure. An empty `shown` means unknown."""
    active, enabled = shown.get("ActiveState", ""), shown.get("UnitFileState", "")
    log = f"journalctl -u {unit} -n 20"
    if "masked" in {
        shown.get("LoadState"),
        enabled,
    }:  # masking replaced the unit file, and unmasking does not restore it
        return Finding(unit, False, "masked", f"sudo systemctl unmask {unit}; {renewal(systemd_dir())}")
    if active == "active":
        if enabled in {"enabled", "static"}:
            return Finding(unit, True, _state_words(shown))
        cure = say("не запустится после отключения питания: sudo systemctl enable {unit}", unit=unit)
        return Finding(unit, False, f"{active}, {enabled or say('неизвестно')}", cure)
    if active == "activating":  # starting it again would not help
        return Finding(unit, False, _state_words(shown), log)
    return Finding(unit, False, _state_words(shown), f"sudo systemctl enable --now {unit}; {log}")


def _state_words(shown: Mapping[str, str]) -> str:
    """The state, the last result, the number of restarts, and the service's own reason if it does not start."""
    active, result, again = shown.get("ActiveState", ""), shown.get("Result", ""), shown.get("NRestarts", "0")
    words = [active or say("неизвестно")]
    if active not in {"active", ""} and result not in {"success", ""}:
        words.append(result)
    if again not in {"0", ""}:
        words.append(say("поднималась заново: {n}", n=again))
    # Only if the service exited by itself: a killed one leaves a status text from when it was well.
    reason = shown.get("StatusText", "") if active != "active" and result == "exit-code" else ""
    return ", ".join(words) + (f": {reason}" if reason else "")


def _calls(shown: Mapping[str, str], *, wanted: bool) -> Iterator[Finding]:
    """The call service is enabled by hand. If calls are off in the settings, it would start and exit for ever."""
    if wanted:
        yield unit_finding(CALLS, shown)
    elif shown.get("UnitFileState") == "enabled" or shown.get("ActiveState") in {"active", "activating"}:
        text = say("служба включена, а звонки в настройках выключены ([call] enabled)")
        yield Finding(CALLS, False, text, f"sudo systemctl disable --now {CALLS}")


def _properties(unit: str) -> dict[str, str]:
    """What `systemctl show` says; empty if it cannot be run or does not answer."""
    try:
        done = subprocess.run(  # noqa: S603 - as a technician would
            ["systemctl", "show", f"--property={_SHOWN}", unit],  # noqa: S607 - as above
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_ASK_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return {}
    return dict(line.split("=", 1) for line in done.stdout.splitlines() if "=" in line)
