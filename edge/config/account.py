"""Whether the services may read what root reads: who checks the installed config with sudo may read any file, they may not."""

from __future__ import annotations

import os
import pwd
import shlex
import subprocess
from pathlib import Path
from typing import Final

from edge.language import say

ACCOUNT: Final = "okter-gate"
"""Whom our units run as; see systemd/sysusers.conf."""


def closed_to_services(file: Path) -> bool:
    """Whether root asks and our services could not read `file`; False where that cannot be found out.

    The system is asked, for folders on the way and access lists decide too.
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
    except OSError:  # a root that may not become somebody else, in a container
        return False
    return asked.returncode != 0


def how_to_open(file: Path) -> str:
    """What is wrong with a file closed to the services, and what to type."""
    named = shlex.quote(str(file))
    remedy = f"chgrp {ACCOUNT} {named}; chmod 640 {named}"
    return say(
        "файл {file} службам не прочитать: {remedy}; папки на пути должны быть открыты", file=file, remedy=remedy
    )
