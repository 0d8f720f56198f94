"""How the gate is, for a monitor: one line, and 0 well, 1 something is wrong, 2 nobody answers.

python -m examples.status_poller /var/lib/okter-gate
"""

from __future__ import annotations

import sys
from pathlib import Path

from edge.runtime.control import ControlClient, GateAbsent
from edge.runtime.status import GateStatus

OLD_FRAME_S = 10.0


def wrong(status: GateStatus) -> list[str]:
    """What is wrong; nothing known of a part is wrong too."""
    found = [f"camera {one.lane}: {one.error or 'lost'}" for one in status.cameras if not one.alive]
    found += [f"camera {one.lane}: no new picture" for one in status.cameras if one.alive and _old(one.frame_age_s)]
    if status.relay_pid is None:
        found.append("relay: does not answer")
    found += [f"barrier {one.name}: {one.health}" for one in status.barriers if one.health != "ok"]
    return [*found, *(f"{alarm.code}: {alarm.cure}" for alarm in status.alarms)]


def _old(age_s: float | None) -> bool:
    return age_s is None or age_s > OLD_FRAME_S


def poll(state_dir: Path) -> tuple[int, str]:
    """Exit code and line."""
    try:
        status = ControlClient(state_dir).status()
    except GateAbsent as absent:
        return 2, f"gate: {absent}"
    found = wrong(status)
    return (1, "; ".join(found)) if found else (0, f"well, {status.passes} passes, up {status.up_s:.0f} s")


if __name__ == "__main__":
    code, line = poll(Path(sys.argv[1]))
    print(line)
    sys.exit(code)
