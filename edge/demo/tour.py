"""A tour of the running demo: eight stops, each with something to see or do, and its address."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from core.plates.canonical import display
from edge.demo.portal import FIRST_PLATE, LATER_PLATE, Portal
from edge.demo.stage import Stage
from edge.extras import install
from edge.language import say


@dataclass(frozen=True, slots=True)
class Stop:
    """`url` is empty if the stop is in the terminal or on a page that is already open."""

    title: str
    text: str
    url: str = ""


def stops(stage: Stage, portal: Portal | None, *, console: str) -> tuple[Stop, ...]:
    """The eight stops in order. Without the portal, its stops say how to install it."""
    gate = f"gate --config {stage.config}"
    first, later = display(FIRST_PLATE), display(LATER_PLATE)
    return (
        Stop(
            say("Фильм"),
            say("Страница фильма показывает то, что видят две камеры: день, дождь, ночь, инфракрасный свет."),
        ),
        Stop(
            say("Страница охраны"),
            say("Последние кадры и проезды. У {first} есть пропуск, шлагбаум открывается; чужому — нет.", first=first),
            console,
        ),
        Stop(
            say("Почему"),
            say(
                "Нажмите на любой проезд: что прочитано, какое правило решило. То же в терминале: {gate} events",
                gate=gate,
            ),
            console,
        ),
        Stop(
            say("Рукой"),
            say("«Открыть» спросит и откроет один раз, «Удержать» — на время; в журнале будет «открыто рукой»."),
            console,
        ),
        *_of_the_portal(portal, later),
        Stop(
            say("Без сети"),
            say("Остановите портал: kill {pid}. Шлагбаум этого не заметит: список у него свой.", pid=_pid(portal)),
        ),
    )


def _of_the_portal(portal: Portal | None, later: str) -> tuple[Stop, Stop, Stop]:
    if portal is None:
        missing = say("Портал не установлен: {command}.", command=install("cloud"))
        return tuple(Stop(name, missing) for name in (say("Заявка"), say("Оператор"), say("Управляющий")))  # type: ignore[return-value]
    place = portal.place
    home = f"{portal.url}/t/{place.code}"
    return (
        Stop(
            say("Заявка"),
            say(
                "Войдите как {resident}, пароль «{password}», и добавьте {later}: в следующем круге ему откроют.",
                resident=place.resident,
                password=place.password,
                later=later,
            ),
            f"{home}/passes/new",
        ),
        Stop(
            say("Оператор"),
            say(
                "Выйдите и войдите как {operator}: проезды приходят сами, можно открыть отсюда.",
                operator=place.operator,
            ),
            f"{home}/feed",
        ),
        Stop(
            say("Управляющий"),
            say("А теперь как {manager}: участники, журнал с картинками, шлагбаумы.", manager=place.manager),
            f"{home}/journal",
        ),
    )


def _pid(portal: Portal | None) -> str:
    return "-" if portal is None else str(portal.process.pid)


def stop_text(number: int, stop: Stop) -> str:
    """One stop for the terminal."""
    lines = [f"{number}. {stop.title}", f"   {stop.text}"]
    return "\n".join([*lines, f"   {stop.url}"] if stop.url else lines)


def walk(all_stops: tuple[Stop, ...], *, pause: Callable[[], None]) -> None:
    """Print the stops one after the other; after each but the last, wait until `pause` returns."""
    for number, stop in enumerate(all_stops, start=1):
        print("\n" + stop_text(number, stop), flush=True)
        if number < len(all_stops):
            pause()
