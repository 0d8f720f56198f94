"""Output of `gate replay`: one line per visit and a summary, for people and for programs."""

from __future__ import annotations

from dataclasses import dataclass, field

from core.decision.record import Verdict, VisitRecord
from core.words.reasons import reason_words
from edge.language import say
from edge.replay.play import Played


def visit_values(record: VisitRecord, *, video: str) -> dict[str, object]:
    """A visit's JSON line, a fixed contract; times are seconds of the recording."""
    return {
        "type": "visit",
        "lane": record.lane,
        "plate": record.plate,
        "confidence": round(record.confidence, 4),
        "decision": record.decision.value,
        "reason": record.reason.value,
        "pass_id": record.pass_id,
        "t_first": round(record.first.mono, 3),
        "t_decided": None if record.decided is None else round(record.decided.mono, 3),
        "t_last": round(record.last.mono, 3),
        "frames": record.frames,
        "display": record.display,
        "masked": record.masked,
        "format": record.format,
        "country": record.country,
        "video": video,
    }


def visit_text(record: VisitRecord, *, colour: bool) -> str:
    """One visit as a line for people."""
    opened = record.decision is Verdict.OPEN
    sign = f"{say('ОТКРЫТ') if opened else say('ОТКАЗ'):<7}"
    if colour:
        sign = f"\033[{'32' if opened else '31'};1m{sign}\033[0m"
    plate = record.display or record.masked or "—"
    span = f"{record.first.mono:7.2f}–{record.last.mono:.2f} " + say("с")
    return f"{span:<19} {record.lane:<6} {sign}  {plate:<14} {reason_words(record.reason)}"


@dataclass(slots=True)
class Tally:
    """The summary of a whole run."""

    visits: int = 0
    opened: int = 0
    unreadable: int = 0
    frames: int = 0
    inferred: int = 0
    media_s: float = 0.0
    vision_ms: list[float] = field(default_factory=list)

    def count(self, record: VisitRecord) -> None:
        self.visits += 1
        self.opened += record.decision is Verdict.OPEN
        self.unreadable += record.plate is None

    def add(self, played: Played) -> None:
        self.frames += played.frames
        self.inferred += played.inferred
        self.media_s += played.media_s
        self.vision_ms += played.vision_ms

    def values(self, *, wall_s: float, peak_mb: float) -> dict[str, object]:
        """The summary line, a fixed contract."""
        vision = sorted(self.vision_ms)
        return {
            "type": "summary",
            "visits": self.visits,
            "opened": self.opened,
            "refused": self.visits - self.opened,
            "unreadable": self.unreadable,
            "frames": self.frames,
            "perf": {
                "wall_s": round(wall_s, 3),
                "video_s": round(self.media_s, 3),
                "times_real_time": round(self.media_s / wall_s, 2) if wall_s > 0 else None,
                "frames_read": self.inferred,
                # Of nothing looked at nothing is known: not that it took no time.
                "vision_ms_p50": round(vision[len(vision) // 2], 2) if vision else None,
                "vision_ms_p95": round(vision[int(len(vision) * 0.95)], 2) if vision else None,
                "peak_mb": round(peak_mb, 1),
            },
        }

    def text(self, *, wall_s: float) -> str:
        """The summary for people."""
        speed = f"{self.media_s / wall_s:.1f}×" if wall_s > 0 else "—"
        refused = self.visits - self.opened
        return say(
            "визитов {visits}: открыт {opened}, отказ {refused}, не прочитан {unreadable}; кадров {frames}, скорость {speed} реального времени",
            visits=self.visits,
            opened=self.opened,
            refused=refused,
            unreadable=self.unreadable,
            frames=self.frames,
            speed=speed,
        )
