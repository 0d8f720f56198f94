"""The demo's portal: a territory, a resident and passes submitted through its pages. The gate is enrolled in it.

The portal is an optional install (`okter-gate[cloud]`). Without it the demo uses the local list only.
"""

from __future__ import annotations

import subprocess
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import httpx

from edge.demo.stage import DemoFailed, Stage, free_port
from edge.language import say

if TYPE_CHECKING:
    from cloud.demo import DemoPlace

FIRST_PLATE = "A481MP77"
"""Submitted before the recording begins."""
LATER_PLATE = "B702CX150"
"""Submitted while the gate is running: the push brings it to the barrier."""
START_S = 60.0


@dataclass(frozen=True, slots=True)
class Portal:
    """A running portal in which the gate is enrolled."""

    url: str
    place: DemoPlace
    process: subprocess.Popen[str]

    def file_pass(self, plate: str) -> None:
        """Submit a pass as the resident does: log in, «Добавить новую заявку», «Добавить»."""
        from cloud.demo import DemoFailed as PortalFailed  # noqa: PLC0415 - only where the portal is installed
        from cloud.demo import file_pass  # noqa: PLC0415 - as above

        try:
            file_pass(self.url, self.place, plate)
        except (PortalFailed, httpx.HTTPError) as error:
            raise DemoFailed(say("портал не принял заявку: {error}", error=error)) from error


def open_portal(stage: Stage) -> Portal | None:
    """Start a portal in the stage's folder and enrol the gate in it; None if the portal is not installed."""
    try:
        from cloud.demo import make_place  # noqa: PLC0415 - the portal is a separate optional install
    except ImportError:
        return None
    data = stage.folder / "portal"
    place = make_place(data)
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    process = stage.start("serve", "--data", str(data), "--port", str(port), module="cloud", log="portal")
    _wait_until_ready(url, process, stage)
    stage.gate("enroll", "--url", url, "--code", place.pairing_code)
    return Portal(url, place, process)


def _wait_until_ready(url: str, process: subprocess.Popen[str], stage: Stage) -> None:
    deadline = time.monotonic() + START_S
    with httpx.Client(base_url=url, timeout=2.0, trust_env=False) as client:
        while time.monotonic() < deadline and process.poll() is None:
            try:
                if client.get("/healthz").status_code == httpx.codes.OK:
                    return
            except httpx.HTTPError:
                pass
            time.sleep(0.1)
    raise DemoFailed(say("портал не запустился: ") + stage.last_words("portal"))
