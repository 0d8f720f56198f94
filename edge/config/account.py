"""Whether the services may read what root reads: who checks the installed config with sudo may read any file, they may not."""

from __future__ import annotations

import os
import pwd
import subprocess
from pathlib import Path
from typing import Final

from edge import paths
from edge.language import say

ACCOUNT: Final = "okter-gate"
"""Whom our units run as; see systemd/sysusers.conf."""


def closed_to_services(file: Path, *, config: Path) -> bool:
    """Whether root asks and our services could not read `file`, named by the installed `config`.

    Another config is a draft, and nobody's services start from it. The system is asked, for folders on the way and access
    lists decide too.
    """
    if os.geteuid() != 0 or config != paths.INSTALLED_CONFIG:
        return False
    try:
        account = pwd.getpwnam(ACCOUNT)
    except KeyError:
        return False
    asked = subprocess.run(  # noqa: S603 - no shell, one path
        ("/usr/bin/test", "-r", str(file)),
        check=False,
        cwd="/",
        user=account.pw_uid,
        group=account.pw_gid,
        extra_groups=os.getgrouplist(account.pw_name, account.pw_gid),
    )
    return asked.returncode != 0


def how_to_open(file: Path) -> str:
    """What is wrong with a file closed to the services, and what to type."""
    remedy = f"chgrp {ACCOUNT} {file}; chmod 640 {file}"
    return say(
        f"файл {file} службам не прочитать: {remedy}; папки на пути должны быть открыты",
        f"the services cannot read {file}: {remedy}; the folders on its way must be open",
    )
