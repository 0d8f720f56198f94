"""Ownership of the state folder: files that `sudo gate …` creates go to the service; users without access are told so."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path

from core.errors import FileUnusable, GateError
from edge.config import GateConfig, load
from edge.language import say
from relay.process.outputs_in_use import ASIDE_NAME, FILE_NAME

ROOTS_OWN = frozenset({FILE_NAME, ASIDE_NAME})
"""What root's relay process has left: root switches off no device that a file of somebody else names."""


def load_with_access(config_file: Path | None) -> GateConfig:
    """The settings, for a command that reports what is in the state folder or what runs there. Raises FileUnusable.

    A user without access sees no process and no list. That must not be reported as "there is none".
    """
    config = load(config_file)
    require_access(config)
    return config


def require_access(config: GateConfig) -> None:
    """Raise FileUnusable if this user has no access to the state folder."""
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
    with suppress(OSError):  # root without the needed capability
        for _, folders, files, at in os.fwalk(folder):
            for name in {*folders, *files} - ROOTS_OWN:
                with suppress(OSError):  # a socket or temporary file removed meanwhile
                    _give(name, owner, at)


def _give(name: str, owner: os.stat_result, at: int) -> None:
    found = os.stat(name, dir_fd=at, follow_symlinks=False)
    linked = stat.S_ISREG(found.st_mode) and found.st_nlink > 1  # a hard link: the file may have another name elsewhere
    if found.st_uid == 0 and not linked:
        os.chown(name, owner.st_uid, owner.st_gid, dir_fd=at, follow_symlinks=False)
