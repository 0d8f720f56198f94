"""`gate passes risk`: the risk of the list in force, as the chance that a stranger's plate is read as a listed one."""

from __future__ import annotations

import time
from dataclasses import asdict
from pathlib import Path

from core.decision.standing import standing_of
from core.passes.pass_list import PassList
from core.passes.risk import ListRisk, list_risk
from core.plates.canonical import display
from core.reading.confusions import MEASURED
from core.words.odds import ACCEPTABLE, visits_of
from edge.admission import load_list
from edge.cli.options import print_json
from edge.config import GateConfig, load
from edge.language import say
from edge.runtime.known_time import now_of


def show_risk(config_file: Path | None, *, as_json: bool) -> int:
    """Print the risk. Exit code 1 if it exceeds `ACCEPTABLE`."""
    config = load(config_file)
    passes = load_list(config.state_dir)
    started = time.monotonic()
    risk = _risk(passes, config)
    took_s = time.monotonic() - started
    if as_json:
        print_json({**asdict(risk), "acceptable": ACCEPTABLE, "measured": MEASURED.source, "took_s": round(took_s, 2)})
    else:
        _print_result(risk)
    return 0 if risk.in_all <= ACCEPTABLE else 1


def _risk(passes: PassList, config: GateConfig) -> ListRisk:
    """The current risk: plates with a valid pass against listed plates that may not enter, and against all others."""
    now = now_of(config.state_dir)
    admitted: list[str] = []
    closed: list[str] = []
    for plate in {item.plate for item in passes}:
        (admitted if standing_of(plate, passes, now, policy=config.policy).opens else closed).append(plate)
    return list_risk(admitted, closed, MEASURED)


def _print_result(risk: ListRisk) -> None:
    print(
        say(
            "Номеров с действующим пропуском: {plates}, в списке без права въезда: {closed}.",
            plates=risk.plates,
            closed=risk.closed,
        )
    )
    print(
        say(
            "Чужой откроет шлагбаум: {one_in}; допустимо {most}.",
            one_in=_one_in(risk.in_all),
            most=_one_in(ACCEPTABLE),
        )
    )
    print(
        say(
            "Отличаются от другого номера списка одним знаком: {neighbours}; на такие машины приходится {share} риска.",
            neighbours=risk.neighbours,
            share=_share(risk.near_by_kin, risk.in_all),
        )
    )
    if risk.pairs:
        print(say("Опаснее всего спутать:"))
    for pair in risk.pairs:
        known = say(", в списке, въезд закрыт") if pair.listed else ""
        print(
            say(
                "  {display}{known} → {display2}: если приедет, {one_in}",
                display=display(pair.stranger),
                known=known,
                display2=display(pair.admitted),
                one_in=_one_in(pair.chance),
            )
        )


def _one_in(chance: float) -> str:
    """A chance in everyday words, to two figures."""
    visits = visits_of(chance)
    return say("один раз на {rounded} заездов", rounded=visits) if visits else say("никогда")


def _share(part: float, whole: float) -> str:
    return f"{part / whole:.0%}" if whole > 0.0 else "0%"
