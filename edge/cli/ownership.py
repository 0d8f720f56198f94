"""Whose the state folder is: what `sudo gate …` leaves behind is the service's, and who may not look in is told so."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path

from core.errors import FileUnusable, GateError
from edge.config import GateConfig, load
from edge.language import say


def load_to_look(config_file: Path | None) -> GateConfig:
    """The settings, for a command that tells what lies in the state folder, or who runs there. Raises FileUnusable.

    Who may not look in sees no process and no list, and must not be told that there is none.
    """
    config = load(config_file)
    must_look(config)
    return config


def must_look(config: GateConfig) -> None:
    """Raises FileUnusable for whoever may not look into the state folder."""
    folder = config.state_dir
    try:
        strange = folder.stat().st_uid != os.geteuid()
    except FileNotFoundError:  # nothing has run here yet
        return
    except OSError:
        strange = True
    if os.geteuid() != 0 and strange and not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        raise FileUnusable(folder, say("нет прав; запустите с sudo"))


def give_back(config_file: Path | None) -> None:
    """Give what root created in the state folder to the folder's owner. Does nothing for other users.

    If root runs `gate check` or `gate relay-test` on a gate that has never run, the lock and the lists would belong to
    root. The relay process, started later by systemd under its own account, could not even open them.
    """
    if os.geteuid() != 0:
        return
    try:
        folder = load(config_file).state_dir
        owner = folder.stat()
    except (GateError, OSError):
        return
    if owner.st_uid == 0:
        return
    with suppress(OSError):  # root without the capability for it
        for _, folders, files, at in os.fwalk(folder):
            for name in (*folders, *files):
                with suppress(OSError):  # a socket or temporary file that has gone meanwhile
                    _give(name, owner, at)


def _give(name: str, owner: os.stat_result, at: int) -> None:
    found = os.stat(name, dir_fd=at, follow_symlinks=False)
    linked = stat.S_ISREG(found.st_mode) and found.st_nlink > 1  # it may have another name elsewhere
    if found.st_uid == 0 and not linked:
        os.chown(name, owner.st_uid, owner.st_gid, dir_fd=at, follow_symlinks=False)
