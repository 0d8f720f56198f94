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
"""What wakes services that are not there all the time."""
CALLS = "okter-gate-call.service"
ONCE = ("okter-gate-update.service", "okter-gate-cloud-update.service")
"""They end; only how they ended is of interest."""
_SHOWN = "LoadState,ActiveState,SubState,UnitFileState,NRestarts,Result,StatusText"
_ASK_S = 5.0


def installed(unit: str) -> bool:
    """Whether the unit's file exists."""
    return any((place / unit).exists() for place in _PLACES)


def processes(running: GateStatus | None, *, calls: bool = False) -> Iterator[Finding]:
    """`gate run` answers, and what is installed is at work and comes back after a power cut. `calls`: they are wanted."""
    if running is not None:
        yield Finding("gate run", True, f"pid {running.pid}")
    else:
        start = "sudo systemctl start okter-gate" if installed("okter-gate.service") else "gate run"
        log = say("; почему: journalctl -u okter-gate -n 20")
        cure = start + (log if installed("okter-gate.service") else "")
        yield Finding("gate run", False, say("не отвечает"), cure)
    for unit in (*UNITS, *BESIDE):
        if installed(unit):
            yield unit_finding(unit, _shown(unit))
    if installed(CALLS):
        yield from _calls(_shown(CALLS), wanted=calls)
    for unit in filter(installed, ONCE):
        if (shown := _shown(unit)).get("ActiveState") == "failed":
            yield Finding(unit, False, _words(shown), f"journalctl -u {unit} -n 20")
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


def unit_finding(unit: str, shown: Mapping[str, str]) -> Finding:
    """What systemd says of a unit that should be at work (`systemctl show`), judged. Pure; nothing said is not known."""
    active, enabled = shown.get("ActiveState", ""), shown.get("UnitFileState", "")
    log = f"journalctl -u {unit} -n 20"
    if "masked" in {
        shown.get("LoadState"),
        enabled,
    }:  # that took the place of its file, which unmasking does not bring back
        return Finding(unit, False, "masked", f"sudo systemctl unmask {unit}; {renewal(systemd_dir())}")
    if active == "active":
        if enabled in {"enabled", "static"}:
            return Finding(unit, True, _words(shown))
        cure = say("не запустится после отключения питания: sudo systemctl enable {unit}", unit=unit)
        return Finding(unit, False, f"{active}, {enabled or say('неизвестно')}", cure)
    if active == "activating":  # starting it again would change nothing
        return Finding(unit, False, _words(shown), log)
    return Finding(unit, False, _words(shown), f"sudo systemctl enable --now {unit}; {log}")


def _words(shown: Mapping[str, str]) -> str:
    """The state, how it last ended, how often it came back, and what it says of itself when it does not start."""
    active, result, again = shown.get("ActiveState", ""), shown.get("Result", ""), shown.get("NRestarts", "0")
    words = [active or say("неизвестно")]
    if active not in {"active", ""} and result not in {"success", ""}:
        words.append(result)
    if again not in {"0", ""}:
        words.append(say("поднималась заново: {n}", n=again))
    # Of a service that ended by itself; a killed one has left what it said while it was well.
    told = shown.get("StatusText", "") if active != "active" and result == "exit-code" else ""
    return ", ".join(words) + (f": {told}" if told else "")


def _calls(shown: Mapping[str, str], *, wanted: bool) -> Iterator[Finding]:
    """By hand, and only where calls are wanted; without that it would start, and end, for ever."""
    if wanted:
        yield unit_finding(CALLS, shown)
    elif shown.get("UnitFileState") == "enabled" or shown.get("ActiveState") in {"active", "activating"}:
        text = say("служба включена, а звонки в настройках выключены ([call] enabled)")
        yield Finding(CALLS, False, text, f"sudo systemctl disable --now {CALLS}")


def _shown(unit: str) -> dict[str, str]:
    """What `systemctl show` says; empty where there is nobody to ask."""
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
