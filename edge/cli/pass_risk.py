"""`gate passes risk`: what the list in force costs, as the chance that a stranger opens the barrier by it."""

from __future__ import annotations

import time
from dataclasses import asdict
from pathlib import Path

from core.confusions import MEASURED
from core.decide import stand
from core.passes import PassList
from core.plates import display
from core.risk import ListRisk, list_risk
from edge.cli.options import print_json
from edge.config import load
from edge.language import say
from edge.runtime.clock import Clock
from edge.store.passes import FILE_NAME, PassStore

ACCEPTABLE = 1e-5
"""One opening in 100,000 visits of strangers: the goal that the list is held against."""


def show_risk(config_file: Path | None, *, as_json: bool) -> int:
    """Print the risk; exit code 1 where it is above `ACCEPTABLE`."""
    config = load(config_file)
    with PassStore(config.state_dir / FILE_NAME) as store:
        passes = store.load()
    started = time.monotonic()
    risk = _risk(passes)
    took_s = time.monotonic() - started
    if as_json:
        print_json({**asdict(risk), "acceptable": ACCEPTABLE, "measured": MEASURED.source, "took_s": round(took_s, 2)})
    else:
        _tell(risk)
    return 0 if risk.in_all <= ACCEPTABLE else 1


def _risk(passes: PassList) -> ListRisk:
    """The risk now: plates whose pass holds against those that are listed and may not enter, and everybody else."""
    now = Clock().now()
    admitted: list[str] = []
    closed: list[str] = []
    for plate in {item.plate for item in passes}:
        (admitted if stand(passes.for_plate(plate), now).opens else closed).append(plate)
    return list_risk(admitted, closed, MEASURED)


def _tell(risk: ListRisk) -> None:
    print(
        say(
            f"Номеров с действующим пропуском: {risk.plates}, в списке без права въезда: {risk.closed}.",
            f"Plates with a pass that holds: {risk.plates}, listed without the right to enter: {risk.closed}.",
        )
    )
    print(
        say(
            f"Чужой откроет шлагбаум: {_one_in(risk.in_all)}; допустимо {_one_in(ACCEPTABLE)}.",
            f"A stranger opens the barrier: {_one_in(risk.in_all)}; acceptable is {_one_in(ACCEPTABLE)}.",
        )
    )
    print(
        say(
            f"Отличаются от другого номера списка одним знаком: {risk.neighbours}; "
            f"на такие машины приходится {_share(risk.near_by_kin, risk.in_all)} риска.",
            f"One character apart from another listed plate: {risk.neighbours}; "
            f"such cars make {_share(risk.near_by_kin, risk.in_all)} of the risk.",
        )
    )
    if risk.pairs:
        print(say("Опаснее всего спутать:", "The worst to be confused:"))
    for pair in risk.pairs:
        known = say(", в списке, въезд закрыт", ", listed, may not enter") if pair.listed else ""
        print(
            say(
                f"  {display(pair.stranger)}{known} → {display(pair.admitted)}: если приедет, {_one_in(pair.chance)}",
                f"  {display(pair.stranger)}{known} → {display(pair.admitted)}: if it comes, {_one_in(pair.chance)}",
            )
        )


def _one_in(chance: float) -> str:
    """A chance as people say it, to two figures."""
    if chance <= 0.0:
        return say("никогда", "never")
    times = 1.0 / chance
    digits = max(0, len(str(int(times))) - 2)
    rounded = f"{round(times, -digits):,.0f}".replace(",", "\u00a0")
    return say(f"один раз на {rounded} заездов", f"once in {rounded} visits")


def _share(part: float, whole: float) -> str:
    return f"{part / whole:.0%}" if whole > 0.0 else "0%"
