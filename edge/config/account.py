"""Whether the services can read what root can: a check of the installed config under sudo may read any file."""

from __future__ import annotations

import os
import pwd
import shlex
import subprocess
from pathlib import Path
from typing import Final

from edge.language import say

ACCOUNT: Final = "okter-gate"
"""The account our units run as; see systemd/sysusers.conf."""


def closed_to_services(file: Path) -> bool:
    """Whether we are root and our services could not read `file`; False if that cannot be determined.

    This asks the system, since parent folders and access control lists matter too.
    """
    if os.geteuid() != 0:
        return False
    try:
        account = pwd.getpwnam(ACCOUNT)
    except KeyError:
        return False
    try:
        asked = subprocess.run(  # noqa: S603 - no shell, one path
            ("/usr/bin/test", "-r", str(file)),
            check=False,
            cwd="/",
            user=account.pw_uid,
            group=account.pw_gid,
            extra_groups=os.getgrouplist(account.pw_name, account.pw_gid),
        )
    except OSError:  # root that may not switch to another user, as in a container
        return False
    return asked.returncode != 0


def how_to_open(file: Path) -> str:
    """What is wrong with a file that the services cannot read, and the command that cures it."""
    named = shlex.quote(str(file))
    remedy = f"chgrp {ACCOUNT} {named}; chmod 640 {named}"
    return say(
        "файл {file} службам не прочитать: {remedy}; папки на пути должны быть открыты", file=file, remedy=remedy
    )
