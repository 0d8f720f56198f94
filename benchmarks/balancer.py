"""The shipped balancer config, `systemd/haproxy.cfg`, on loopback ports: tests run the same config that users get."""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence
from pathlib import Path

RECIPE = Path(__file__).parents[1] / "systemd" / "haproxy.cfg"


def haproxy_program() -> str | None:
    """Debian's haproxy; None where it is not installed."""
    return shutil.which("haproxy") or shutil.which("/usr/sbin/haproxy")


def haproxy_cfg(listen: int, portals: Sequence[int], alive: int) -> str:
    """The recipe without TLS, for these ports. Port `alive` answers 200 on `/alive` from this HAProxy process itself.

    Raises ValueError if the recipe no longer has the expected lines.
    """
    text, bound = re.subn(
        r"^    bind .*$", f"    bind 127.0.0.1:{listen}", RECIPE.read_text(encoding="utf-8"), flags=re.MULTILINE
    )
    text, found = re.subn(r"^    server .*\n", "", text, flags=re.MULTILINE)
    if (bound, found) != (1, 2):
        raise ValueError(f"{RECIPE.name}: one bind and two servers expected, found {bound} and {found}")
    servers = "".join(f"    server portal{number} 127.0.0.1:{port}\n" for number, port in enumerate(portals))
    return f"{text}{servers}\nfrontend alive from okter\n    bind 127.0.0.1:{alive}\n    monitor-uri /alive\n"
