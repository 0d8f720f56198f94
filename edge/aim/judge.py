"""Each measure against its limit: good, bad or unknown, and what to do on the ladder. Pure functions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from edge.aim.plate import PLATE_M
from edge.aim.settings import AimSettings
from edge.aim.sight import AimSight, PlateSeen, ViewSeen
from edge.language import say
from edge.words import span

LIVE_S = 3.0
"""A frame older than this does not count as live."""
FRESH_S = 10.0
"""Measures of a plate seen longer ago are shown with their age, greyed."""
LEAST_FPS = 8.0
_READABLE_PX = 60.0
"""From this width on a single frame is read (88 % of drawn plates)."""
_SMEAR_PX = 2.0
_SIDEWAYS = 0.5
"""Share of the speed that moves the plate across the picture, at 30° to the road."""
_SHUTTERS = (250, 500, 1000, 2000)
_SOFT_PX = 1.5
_NIGHT, _BRIGHT = 25.0, 215.0


class State(StrEnum):
    GOOD = "good"
    BAD = "bad"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class AimRow:
    """One measure."""

    code: str
    name: str
    state: State
    value: str
    """The measured value, or why it is unknown."""
    limit: str
    cure: str
    """What to do; empty if the measure is good."""
    age_s: float | None = None
    """Age of the frame on which it was measured."""

    @property
    def old(self) -> bool:
        return self.age_s is not None and self.age_s > FRESH_S


def rows(sight: AimSight | None, limits: AimSettings) -> tuple[AimRow, ...]:
    """Every measure of a lane. `sight` None: `gate run` does not answer."""
    return tuple(_rows(sight, limits))


def _rows(sight: AimSight | None, limits: AimSettings) -> Iterator[AimRow]:
    yield _picture(sight)
    if sight is None:
        return
    yield _rate(sight)
    yield from _view(sight.view)
    yield from _plate(sight.plate, sight.fps, limits)


def good(found: tuple[AimRow, ...]) -> bool:
    """Whether every row is good."""
    return all(row.state is State.GOOD for row in found)


def _row(
    code: str,
    name: str,
    well: bool | None,  # noqa: FBT001 - as above
    value: str,
    limit: str,
    cure: str,
    age_s: float | None,
) -> AimRow:
    state = State.UNKNOWN if well is None else State.GOOD if well else State.BAD
    return AimRow(code, name, state, value, limit, "" if well else cure, age_s)


def _picture(sight: AimSight | None) -> AimRow:
    name, limit = say("Картинка"), say("не старше {s:.0f} с", s=LIVE_S)
    if sight is None:
        return _row("picture", name, None, say("gate run не отвечает"), limit, "systemctl start okter-gate", None)
    if sight.frame_age_s is None or not sight.alive:
        return _row("picture", name, None, say("картинки нет"), limit, say("причина: gate check"), sight.frame_age_s)
    if sight.frozen:
        return _row("picture", name, False, say("застыла"), limit, say("перезагрузите камеру"), sight.frame_age_s)
    age = span(sight.frame_age_s)
    return _row(
        "picture", name, sight.frame_age_s <= LIVE_S, say("{age} назад", age=age), limit, say("сеть до камеры"), None
    )


def _rate(sight: AimSight) -> AimRow:
    live = sight.alive and sight.fps > 0
    value = say("{fps:.1f} в секунду", fps=sight.fps) if live else say("не идут")
    cure = say("10–15 кадров/с в настройках потока камеры")
    limit = say("от {fps:.0f} в секунду", fps=LEAST_FPS)
    return _row("fps", say("Кадры"), sight.fps >= LEAST_FPS if live else None, value, limit, cure, None)


def _view(view: ViewSeen | None) -> Iterator[AimRow]:
    if view is None:
        yield _row("focus", say("Резкость кадра"), None, say("кадра ещё не было"), "", say("подождите"), None)
        return
    soft = view.softness_px
    limit = say("смаз до {px:.1f} пикс.", px=_SOFT_PX)
    focus = say("поправьте фокус, протрите стекло")
    value = say("нет чёткого контура") if soft is None else say("{px:.1f} пикс.", px=soft)
    yield _row(
        "focus", say("Резкость кадра"), None if soft is None else soft <= _SOFT_PX, value, limit, focus, view.age_s
    )
    dark = view.brightness < _NIGHT
    cure = say("включите подсветку, добавьте усиление") if dark else say("выдержка короче, убавьте яркость")
    value = say("{level:.0f} из 255", level=view.brightness)
    value += say(", ИК") if view.infrared else ""
    limit = say("от {low:.0f} до {high:.0f}", low=_NIGHT, high=_BRIGHT)
    yield _row("light", say("Яркость"), _NIGHT <= view.brightness <= _BRIGHT, value, limit, cure, view.age_s)
    clock = None if view.doubt else "clock" not in view.troubles
    value = say("ещё не видно") if clock is None else say("не видно") if clock else say("часы идут в зоне")
    cure = say("выключите надпись (OSD) в камере или уведите её за край зоны") if clock is False else say("подождите")
    yield _row("clock", say("Часы в кадре"), clock, value, say("без часов"), cure, view.age_s)


def _plate(plate: PlateSeen | None, fps: float, limits: AimSettings) -> Iterator[AimRow]:
    if plate is None:
        cure = say("поставьте машину у черты: меряем по её номеру")
        yield _row("plate", say("Номер"), None, say("ещё не видели"), "", cure, None)
        return
    age = plate.age_s
    yield _row("plate", say("Номер"), True, plate.text or say("виден, не прочитан"), "", "", age)
    px = say("{n:.0f} пикс.")
    yield _row(
        "width", say("Ширина номера"), plate.width_px >= limits.plate_width_px, px.format(n=plate.width_px),
        say("от {n:.0f}", n=limits.plate_width_px),
        say("приблизьте (зум) или повесьте ближе; главный поток 1920×1080"), age,
    )  # fmt: skip
    yield _row(
        "chars", say("Высота знаков"), plate.char_height_px >= limits.char_height_px,
        px.format(n=plate.char_height_px), say("от {n:.0f}", n=limits.char_height_px),
        say("приблизьте (зум) или опустите камеру"), age,
    )  # fmt: skip
    yield _row(
        "roll", say("Завал"), abs(plate.roll_deg) <= limits.roll_deg, f"{abs(plate.roll_deg):.0f}°",
        say("до {n:.0f}°", n=limits.roll_deg),
        say("поверните камеру на {n:.0f}° {side}", n=abs(plate.roll_deg),
            side=say("по часовой стрелке") if plate.roll_deg > 0 else say("против часовой стрелки")), age,
    )  # fmt: skip
    yield _row(
        "angle", say("Угол взгляда"), plate.angle_deg <= limits.angle_deg, say("около {n:.0f}°", n=plate.angle_deg),
        say("до {n:.0f}°", n=limits.angle_deg), say("опустите камеру, повесьте дальше или ближе к оси проезда"), age,
    )  # fmt: skip
    shutter = shutter_for(plate.width_px, limits.speed_kmh)
    yield _row(
        "sharpness", say("Резкость номера"), plate.sharpness >= limits.sharpness, f"{plate.sharpness:.2f}",
        say("от {n:.2f}", n=limits.sharpness),
        say("фокус по номеру; едет — выдержка 1/{shutter}", shutter=shutter), age,
    )  # fmt: skip
    yield _row(
        "contrast", say("Контраст знаков"), plate.contrast >= limits.contrast, f"{plate.contrast:.0%}",
        say("от {n:.0%}", n=limits.contrast), say("добавьте света, протрите стекло; туман пройдёт"), age,
    )  # fmt: skip
    name, cure = say("Пересвет номера"), say("выдержка 1/{shutter}, убавьте усиление, HLC", shutter=shutter)
    if plate.infrared:
        name, cure = say("ИК-засветка номера"), say("убавьте ИК-подсветку (Smart IR) или отверните её")
    yield _row(
        "clipped", name, plate.clipped <= limits.clipped, f"{plate.clipped:.0%}",
        say("до {n:.0%}", n=limits.clipped), cure, age,
    )  # fmt: skip
    frames = frames_per_pass(plate.width_px, fps, limits)
    speed = say("на {kmh:.0f} км/ч", kmh=limits.speed_kmh)
    yield _row(
        "frames", say("Кадров за проезд"), None if fps <= 0 else frames >= limits.frames,
        f"{frames:.0f} {speed}", say("от {n}", n=limits.frames),
        say("больше кадров/с, лежачий полицейский, или зум: номер читается раньше"), age,
    )  # fmt: skip


def frames_per_pass(width_px: float, fps: float, limits: AimSettings) -> float:
    """Number of frames in which the plate of an approaching car can be read.

    A plate's width in pixels is inversely proportional to its distance. It is `width_px` wide at the measured distance
    and `_READABLE_PX` wide at the farthest readable one; it is read on the way between the two.
    """
    way_m = limits.distance_m * max(0.0, width_px / _READABLE_PX - 1)
    return fps * way_m / (limits.speed_kmh / 3.6)


def shutter_for(width_px: float, speed_kmh: float) -> int:
    """The slowest standard shutter speed (1/n s) that smears the plate by at most two pixels at this speed."""
    wanted = speed_kmh / 3.6 * _SIDEWAYS * width_px / PLATE_M / _SMEAR_PX
    return next((one for one in _SHUTTERS if one >= wanted), _SHUTTERS[-1])
