"""Finds conflicts between tables of a config, before anything moves. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from core.words.language import say
from relay.input_settings import InputKind, InputSettings
from relay.outputs import board_name, channel_of, pins_of
from relay.settings import BOARD_INPUTS, SERIAL_DRIVERS, RelayPlan


@dataclass(frozen=True, slots=True)
class PlanProblem:
    """`table` is `barrier`, `input` or `lane`; `index` counts from 0 within it."""

    table: str
    index: int
    key: str
    why: str


def check(plan: RelayPlan) -> tuple[PlanProblem, ...]:
    """Every problem; empty if the plan can be run."""
    return (*_barriers(plan), *_lanes(plan), *_inputs(plan))


def _barriers(plan: RelayPlan) -> list[PlanProblem]:
    found: list[PlanProblem] = []
    names = Counter(barrier.name for barrier in plan.barriers)
    outputs: dict[tuple[str, int], str] = {}
    drivers: dict[str, tuple[str, str, int]] = {}
    pins: dict[int, str] = {}
    for index, barrier in enumerate(plan.barriers):
        if names[barrier.name] > 1:
            found.append(
                PlanProblem("barrier", index, "name", say("имя «{name}» встречается дважды", name=barrier.name))
            )
            continue
        board, channel = board_name(barrier), channel_of(barrier)
        other = outputs.setdefault((board, channel), barrier.name)
        if other != barrier.name:
            key = "pin" if barrier.driver == "gpio" else "channel"
            found.append(
                PlanProblem("barrier", index, key, say("этот выход уже занят шлагбаумом «{other}»", other=other))
            )
        for pin in pins_of(barrier):
            taken = pins.setdefault(pin, barrier.name)
            if taken not in {barrier.name, other}:
                text = say("ножка {pin} уже занята: «{what}»", pin=pin, what=taken)
                found.append(PlanProblem("barrier", index, "pin_d1" if pin == barrier.pin_d1 else "pin", text))
        if barrier.driver in SERIAL_DRIVERS:
            kind = (barrier.driver, barrier.modbus_dialect, barrier.baud)
            if drivers.setdefault(board, kind) != kind:
                found.append(
                    PlanProblem("barrier", index, "driver", say("на одном порту — одна плата и одна скорость"))
                )
    return found


def _lanes(plan: RelayPlan) -> list[PlanProblem]:
    names = {barrier.name for barrier in plan.barriers}
    return [
        PlanProblem(
            "lane",
            index,
            "barrier",
            say("нет шлагбаума «{barrier}»; есть: {n}", barrier=lane.barrier, n=", ".join(sorted(names))),
        )
        for index, lane in enumerate(plan.lanes)
        if lane.barrier not in names
    ]


def _inputs(plan: RelayPlan) -> list[PlanProblem]:
    found: list[PlanProblem] = []
    names = Counter(item.name for item in plan.inputs)
    barriers = {barrier.name: barrier for barrier in plan.barriers}
    pins = {pin: barrier.name for barrier in plan.barriers for pin in pins_of(barrier)}
    limits: set[tuple[str | None, str]] = set()
    for index, item in enumerate(plan.inputs):
        problem = partial(PlanProblem, "input", index)
        if names[item.name] > 1:
            found.append(problem("name", say("имя «{name}» встречается дважды", name=item.name)))
        if item.lane and plan.barrier_of(item.lane) is None:
            found.append(problem("lane", say("нет полосы «{lane}»", lane=item.lane)))
        if item.barrier and item.barrier not in barriers:
            found.append(problem("barrier", say("нет шлагбаума «{barrier}»", barrier=item.barrier)))
        if item.pin is not None and pins.setdefault(item.pin, item.name) != item.name:
            found.append(problem("pin", say("ножка {pin} уже занята: «{what}»", pin=item.pin, what=pins[item.pin])))
        if item.board and item.board not in barriers:
            found.append(problem("board", say("нет шлагбаума «{board}»", board=item.board)))
        elif item.board:
            found += [problem(key, what) for key, what in _board_input(item, barriers[item.board].driver)]
        if item.kind in {InputKind.OPEN_LIMIT, InputKind.CLOSED_LIMIT}:
            place = (item.barrier or plan.barrier_of(item.lane), item.kind)
            if place in limits:
                found.append(problem("kind", say("такой концевик у этого шлагбаума уже есть")))
            limits.add(place)
    return found


def _board_input(item: InputSettings, driver: str) -> Iterator[tuple[str, str]]:
    """What is wrong with an input of a board: pairs of the key and what is wrong and allowed."""
    if driver not in BOARD_INPUTS:
        yield "board", say("у такой платы нет входов; входы есть у {allowed}", allowed=", ".join(BOARD_INPUTS))
        return
    low, high = BOARD_INPUTS[driver]
    if not low <= item.board_input <= high:
        yield "board_input", say("входы этой платы считаются с {low} до {high}", low=low, high=high)
