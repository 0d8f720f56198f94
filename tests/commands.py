"""`gate` commands as a user types them, without the second that a new interpreter takes to read the program."""

from __future__ import annotations

import contextlib
import io
import os
import subprocess
from pathlib import Path

from edge.cli import main


def in_this_process(*arguments: str, config: Path) -> subprocess.CompletedProcess[str]:
    """What the command would have ended with and printed, had it been a process."""
    out, err = io.StringIO(), io.StringIO()
    umask = os.umask(0o022)
    os.umask(umask)
    code: object = 0
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            main([*arguments, "--config", str(config)])
    except SystemExit as ended:
        code = ended.code
    finally:
        os.umask(umask)
    return subprocess.CompletedProcess(
        list(arguments), code if isinstance(code, int) else 1, out.getvalue(), err.getvalue()
    )
