"""A fake of `seam.GateAccess`, for tests of our neighbours and of plug-ins."""

# ruff: noqa: ARG002 - a fake has the arguments of the real thing
from __future__ import annotations

import threading
from dataclasses import dataclass, field


@dataclass
class FakeGateAccess:
    """Records its calls and returns the prepared answers."""

    answer: str = "done"
    wall: float | None = 1_800_000_000.0
    standing: set[str] = field(default_factory=set)
    """Visits whose vehicle still waits."""
    jpeg: bytes | None = b"\xff\xd8\xff\xd9"
    asked: list[tuple[str, str, str]] = field(default_factory=list)
    """Calls so far: (what, lane, id)."""
    heard: threading.Event = field(default_factory=threading.Event)

    def open(self, lane: str, *, request_id: str, within_s: float, who: str) -> str:
        return self._ask("open", lane, request_id)

    def hold(self, lane: str, *, request_id: str, within_s: float, minutes: int, who: str) -> str:
        return self._ask("hold", lane, request_id)

    def release(self, lane: str, *, request_id: str, within_s: float, who: str) -> str:
        return self._ask("release", lane, request_id)

    def waits(self, visit_id: str) -> bool:
        return visit_id in self.standing

    def picture(self, lane: str) -> bytes | None:
        return self.jpeg

    def evidence(self, visit_id: str) -> bytes | None:
        return self.jpeg

    def wall_s(self) -> float | None:
        return self.wall

    def _ask(self, do: str, lane: str, request_id: str) -> str:
        self.asked.append((do, lane, request_id))
        self.heard.set()
        return self.answer
