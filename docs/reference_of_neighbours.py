"""Pages of the reference: what other programs are told of a gate, as one that knows everything of itself tells it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

from core.decision.record import Opening, Verdict, VisitRecord
from core.events import BarrierActed
from core.instant import Instant
from core.passes.pass_list import PassList
from core.rules.policy import Direction, Lane
from core.turn.visit_record import lone_record
from core.words.outcomes import Outcome
from core.words.reasons import Reason
from docs.markdown import head, row, table_head
from edge.neighbours.metrics import Tally
from edge.neighbours.mqtt import visit_values
from edge.runtime.alarms import Alarm
from edge.runtime.status import BarrierState, CameraStatus, DiskStatus, GateStatus, JournalStatus, LinkStatus
from edge.runtime.visit_lines import live_values
from relay.protocol import InputStatus


def metrics() -> Iterator[str]:
    """Every metric of `/metrics`, as a gate shows it that knows everything of itself."""
    tally = Tally()
    tally.visit(a_visit())
    tally.status(a_status())
    lines = tally.text().splitlines()
    yield from head("en", "", "Metrics")
    yield "What `[metrics]` serves to Prometheus ([../neighbours.en.md](../neighbours.en.md#prometheus)). Unknown values are left out."
    yield ""
    yield from table_head(("metric", "kind", "labels", "meaning"))
    for name, said in (line.removeprefix("# HELP ").split(" ", 1) for line in lines if line.startswith("# HELP ")):
        kind = next(line.split()[-1] for line in lines if line.startswith(f"# TYPE {name} "))
        shown = [line.partition("{")[2].partition("}")[0] for line in lines if line.startswith(name) and "{" in line]
        labels = dict.fromkeys(part.partition("=")[0] for one in shown for part in one.split(",") if part)
        yield row(f"`{name}`", kind, ", ".join(f"`{label}`" for label in labels), said)


def visit_events() -> Iterator[str]:
    """A finished visit as other programs get it."""
    yield from head("en", "", "A visit, as it is told")
    yield "What happens at the barrier itself is in [relay-protocol.md](relay-protocol.md), what a portal is told in [edge-api.md](edge-api.md)."
    said = (
        ("Webhook, and MQTT's topic `visit`", "The webhook has `type` and `site` beside these.", visit_values),
        ("`gate run --json`, `gate events --json`", "One line for each visit.", live_values),
    )
    for title, what, values in said:
        yield from ("", f"## {title}", "", what, "")
        yield from table_head(("key", "for example"))
        for key, value in values(a_visit()).items():
            yield row(f"`{key}`", f"`{json.dumps(value, ensure_ascii=False)}`")


def a_visit() -> VisitRecord:
    """A car that was let in by its pass."""
    first, decided, last = (
        Instant(100.0 + s, datetime(2026, 12, 1, 9, 0, int(s), tzinfo=UTC), wall_trusted=True) for s in (0.0, 2.0, 9.0)
    )
    lane = Lane("entry", Direction.ENTRY, "main")
    acted = BarrierActed(decided, "main", "entry", "a-request", Reason.PASS_VALID, Outcome.DONE, confirmed=True)
    record = lone_record("3f1e0c8a-0000-5000-8000-000000000001", lane, acted, PassList())
    opening = Opening("a-request", Reason.PASS_VALID, decided, Outcome.DONE, confirmed=True)
    return replace(
        record, first=first, decided=decided, last=last, frames=60, reads=9, plate="A123BC77", masked="A123BC77",
        display="А 123 ВС 77", confidence=0.9998, format="ru_1", country="RU", decision=Verdict.OPEN,
        openings=(opening,),
        pass_id="41",  # noqa: S106 - of a pass, and no password
    )  # fmt: skip


def a_status() -> GateStatus:
    """Nothing in it is unknown, and one alarm is raised."""
    camera = CameraStatus("entry", "entry", "", True, False, 15.0, 0.1, 9, 9, 0, 0, 17.0, "")
    barrier = BarrierState("main", "lcus", "ok", "off", "idle", None, "closed", ())
    return GateStatus(
        "", "1", 1, 60.0, 2, (camera,), (barrier,), 3, "c1", 1.0, "", True, LinkStatus(configured=True, queue=0),
        JournalStatus(0, 0, ""), DiskStatus(1, 2), (50.0,), 300.0, 0, "", "", (Alarm("vision_dead", lane="entry"),),
        inputs=(InputStatus("fire", "fire", "main", None, "off"),), relay_lost=0,
    )  # fmt: skip
