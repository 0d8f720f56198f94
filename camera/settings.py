"""The camera's settings: table `[camera]` for all lanes; the same keys in a `[[lane]]` override it for that lane."""

from __future__ import annotations

from dataclasses import dataclass

from core.setting import setting
from core.words.language import say

MOST_MASKS = 8


@dataclass(frozen=True, slots=True)
class CameraSettings:
    """Settings of the connection to the camera, of motion detection, and of what the reader may believe."""

    open_timeout_s: float = setting(
        4.0,
        low=0.5,
        high=60,
        unit="s",
        help_ru="сколько ждать ответа камеры при подключении",
        help_en="how long the camera may take to answer when it is opened",
    )
    read_timeout_s: float = setting(
        3.0,
        low=0.5,
        high=60,
        unit="s",
        help_ru="сколько ждать следующего кадра, прежде чем переподключиться",
        help_en="how long to wait for the next frame before reconnecting",
    )
    transport: str = setting(
        "tcp",
        choices=("tcp", "udp"),
        help_ru="транспорт RTSP: tcp не теряет кадров, udp только если камера не умеет tcp",
        help_en="RTSP transport: tcp loses nothing, udp only where the camera cannot do tcp",
    )
    width: int = setting(
        1920,
        low=160,
        high=7680,
        unit="px",
        help_ru="желаемая ширина кадра USB- и CSI-камеры",
        help_en="wanted frame width of a USB or CSI camera",
    )
    height: int = setting(
        1080,
        low=120,
        high=4320,
        unit="px",
        help_ru="желаемая высота кадра USB- и CSI-камеры",
        help_en="wanted frame height of a USB or CSI camera",
    )
    fps: float = setting(
        15.0,
        low=1,
        high=120,
        unit="1/s",
        help_ru="желаемая частота кадров USB- и CSI-камеры",
        help_en="wanted frame rate of a USB or CSI camera",
    )
    rotate: int = setting(
        0,
        low=0,
        high=270,
        unit="deg",
        help_ru="на сколько градусов по часовой стрелке повернуть картинку: 0, 90, 180 или 270",
        help_en="by how many degrees the picture is turned clockwise: 0, 90, 180 or 270",
    )
    reconnect_min_s: float = setting(
        1.0,
        low=0.1,
        high=60,
        unit="s",
        help_ru="первая пауза перед переподключением; каждая следующая вдвое дольше",
        help_en="first pause before reconnecting; each next one is twice as long",
    )
    reconnect_max_s: float = setting(
        30.0,
        low=1,
        high=600,
        unit="s",
        help_ru="самая долгая пауза перед переподключением",
        help_en="longest pause before reconnecting",
    )
    frozen_after_s: float = setting(
        15.0,
        low=2,
        high=600,
        unit="s",
        help_ru="картинка, в которой столько секунд нет ничего нового, считается застывшей",
        help_en="a picture that has shown nothing new for so long is frozen",
    )
    zone: tuple[float, ...] = setting(
        (0.0, 0.0, 1.0, 1.0),
        help_ru="зона проезда: левый, верхний, правый, нижний край в долях кадра",
        help_en="lane zone: left, top, right, bottom as fractions of the picture",
        low=0,
        high=1,
    )
    motion_fraction: float = setting(
        0.002,
        low=0.0001,
        high=0.5,
        help_ru="доля зоны, которая должна измениться, чтобы кадр стоило читать",
        help_en="share of the zone that must change for a frame to be read",
    )
    vehicle_fraction: float = setting(
        0.04,
        low=0.005,
        high=0.9,
        help_ru="доля кадра, начиная с которой движущееся пятно считается машиной",
        help_en="share of the picture from which moving foreground counts as a vehicle",
    )
    min_plate_width_px: float = setting(
        24.0,
        low=8,
        high=500,
        unit="px",
        help_ru="номера уже этого не читаются",
        help_en="plates narrower than this are not read",
    )

    mask: tuple[float, ...] = setting(
        (),
        help_ru="что в кадре не смотреть (чужая дорога, флаг, дерево): по четыре числа на прямоугольник, левый, верхний,"
        " правый, нижний край в долях кадра",
        help_en="what is not looked at (another road, a flag, a tree): four numbers a rectangle, left, top, right, bottom"
        " as fractions of the picture",
        low=0,
        high=1,
    )
    view_alarm_after_s: float = setting(
        60.0,
        low=10,
        high=3600,
        unit="s",
        help_ru="столько держится закрытая, сдвинутая, нерезкая или засвеченная картинка, прежде чем об этом скажут",
        help_en="for so long a covered, moved, blurred or dazzled picture lasts before it is told",
    )
    moved_fraction: float = setting(
        0.02,
        low=0.01,
        high=0.2,
        help_ru="на такую долю ширины кадра сдвинутый вид — камеру повернули",
        help_en="a view shifted by this share of the picture's width: the camera was turned",
    )
    blocked_fraction: float = setting(
        0.6,
        low=0.3,
        high=1,
        help_ru="доля привычных контуров кадра, без которой камера считается закрытой",
        help_en="share of the usual outlines of the picture without which the camera counts as covered",
    )
    blurred_times: float = setting(
        1.8,
        low=1.2,
        high=10,
        help_ru="во столько раз мягче обычного картинка считается нерезкой",
        help_en="a picture so many times softer than usual counts as blurred",
    )
    glare_fraction: float = setting(
        0.3,
        low=0.05,
        high=1,
        help_ru="доля привычных контуров кадра, забитая светом, с которой говорят о засветке",
        help_en="share of the usual outlines of the picture lost in light from which glare is told",
    )
    clock_alarm: bool = setting(
        True,
        help_ru="говорить о часах, которые камера пишет поверх зоны проезда",
        help_en="tell of a clock that the camera writes over the lane's zone",
    )

    @property
    def masked(self) -> tuple[tuple[float, float, float, float], ...]:
        """The rectangles of `mask`: left, top, right, bottom."""
        numbers = self.mask[: len(self.mask) // 4 * 4]
        return tuple((a, b, c, d) for a, b, c, d in zip(*[iter(numbers)] * 4, strict=True))

    def problems(self) -> tuple[tuple[str, str], ...]:
        """Keys whose values make no sense, alone or together, with the reason."""
        found = []
        if self.rotate % 90:
            found.append(("rotate", say("стоит {rotate}, а нужно: 0, 90, 180 или 270", rotate=self.rotate)))
        if len(self.zone) != 4:
            found.append(("zone", say("нужны четыре числа: левый, верхний, правый, нижний край в долях кадра")))
        elif self.zone[0] >= self.zone[2] or self.zone[1] >= self.zone[3]:
            found.append(("zone", say("зона пуста: левый край должен быть левее правого, верхний выше нижнего")))
        if len(self.mask) % 4 or len(self.mask) > 4 * MOST_MASKS:
            few = say("нужно по четыре числа на прямоугольник, прямоугольников не больше {most}", most=MOST_MASKS)
            found.append(("mask", few))
        elif any(left >= right or top >= bottom for left, top, right, bottom in self.masked):
            found.append(
                ("mask", say("прямоугольник пуст: левый край должен быть левее правого, верхний выше нижнего"))
            )
        return tuple(found)
