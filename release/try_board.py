"""An emulated relay board for `release/try_systemd.sh`. Runs as a service in the test root and logs every contact change.

    python try_board.py PORT LOG

PORT is the device path that gate.toml names. Its pseudo-terminal belongs to root:dialout, as udev sets it for a USB board.
LOG receives lines `SECONDS CHANNEL on|off`. The seconds are those of CLOCK_MONOTONIC, which systemd's journal also uses.
"""

from __future__ import annotations

import os
import shutil
import sys
import threading
from pathlib import Path

from relay.tools.emulators import LcusEmulator


def main() -> None:
    """Keeps the board plugged in until the process ends."""
    port, told = Path(sys.argv[1]), Path(sys.argv[2])
    with LcusEmulator(channels=2, read_back="op05") as board, told.open("a", encoding="ascii", buffering=1) as log:
        real = Path(board.port).resolve()
        shutil.chown(real, "root", "dialout")
        real.chmod(0o660)
        port.unlink(missing_ok=True)
        port.symlink_to(real)
        if "NOTIFY_SOCKET" in os.environ:
            from relay.process import sd_notify  # noqa: PLC0415 - only under systemd

            sd_notify.notify("READY=1")
        shown, rest = 0, threading.Event()
        while True:
            for change in board.changes[shown:]:
                print(f"{change.at:.3f} {change.channel} {'on' if change.on else 'off'}", file=log)
                shown += 1
            rest.wait(0.02)


if __name__ == "__main__":
    main()
