"""Draws the four pictures of `docs/field.md`, each in two languages, as SVG.

    python docs/images/draw_field.py

Plain shapes and text; metres and pixels are turned into the picture's units here, so that a drawing is to scale where it says so.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from html import escape
from pathlib import Path

HERE = Path(__file__).resolve().parent
LANGUAGES = ("ru", "en")
INK, DIM, GOOD, BAD, BLUE, PAPER = "#1b2430", "#66717f", "#1a7f37", "#c0392b", "#1f5fa8", "#ffffff"


class Sheet:
    """Shapes in the order in which they were drawn; every text is a pair, Russian and English."""

    def __init__(self, width: int, height: int, title: tuple[str, str], language: str) -> None:
        self._size, self._which, self._title = (width, height), LANGUAGES.index(language), title
        self._parts: list[str] = []

    def line(self, *points: float, color: str = INK, width: float = 2, dash: str = "", arrows: bool = False) -> None:
        """A broken line through x, y, x, y, …; `arrows` at both ends."""
        pairs = " ".join(f"{x:.1f},{y:.1f}" for x, y in zip(points[::2], points[1::2], strict=True))
        ends = ' marker-start="url(#a)" marker-end="url(#a)"' if arrows else ""
        dashes = f' stroke-dasharray="{dash}"' if dash else ""
        self._parts.append(
            f'<polyline points="{pairs}" fill="none" stroke="{color}" stroke-width="{width}"'
            f' stroke-linejoin="round"{dashes}{ends}/>'
        )

    def box(
        self, x: float, y: float, w: float, h: float, *, fill: str = "none", color: str = INK, r: float = 4
    ) -> None:
        self._parts.append(
            f'<rect x="{x:.1f}" y="{y:.1f}" width="{w:.1f}" height="{h:.1f}" rx="{r}" fill="{fill}" stroke="{color}"'
            ' stroke-width="2"/>'
        )

    def circle(self, x: float, y: float, r: float, *, fill: str = "none", color: str = INK) -> None:
        self._parts.append(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{r}" fill="{fill}" stroke="{color}" stroke-width="2"/>'
        )

    def shape(self, *points: float, fill: str, color: str = "none", opacity: float = 1) -> None:
        pairs = " ".join(f"{x:.1f},{y:.1f}" for x, y in zip(points[::2], points[1::2], strict=True))
        self._parts.append(
            f'<polygon points="{pairs}" fill="{fill}" stroke="{color}" stroke-width="2" fill-opacity="{opacity}"/>'
        )

    def text(
        self, x: float, y: float, said: tuple[str, str] | str, *, at: str = "start", size: int = 15, color: str = INK,
        bold: bool = False,
    ) -> None:  # fmt: skip
        words = said if isinstance(said, str) else said[self._which]
        weight = ' font-weight="600"' if bold else ""
        for number, row in enumerate(words.split("\n")):
            self._parts.append(
                f'<text x="{x:.1f}" y="{y + number * size * 1.25:.1f}" text-anchor="{at}" font-size="{size}"'
                f' fill="{color}"{weight}>{escape(row)}</text>'
            )

    def svg(self) -> str:
        width, height = self._size
        title = escape(self._title[self._which])
        return "\n".join(
            [
                (
                    f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}"'
                    f' height="{height}" role="img" aria-label="{title}" font-family="DejaVu Sans, Arial, sans-serif">'
                ),
                f"<title>{title}</title>",
                (
                    '<defs><marker id="a" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7"'
                    f' orient="auto-start-reverse"><path d="M0 1 L9 5 L0 9" fill="none" stroke="{DIM}"'
                    ' stroke-width="1.6"/></marker></defs>'
                ),
                f'<rect width="{width}" height="{height}" fill="{PAPER}"/>',
                *self._parts,
                "</svg>",
                "",
            ]
        )


def mount(language: str) -> Sheet:
    """Side view, to scale: camera 3 m high, 5 m before the plate."""
    sheet = Sheet(900, 470, ("Камера сбоку: высота, расстояние, угол", "The camera from the side"), language)
    metre, ground = 95.0, 385.0
    pole, plate = 110.0, 110.0 + 5 * 95.0
    camera_y, plate_y = ground - 3 * metre, ground - 0.5 * metre
    sheet.line(20, ground, 880, ground, width=3)
    sheet.line(pole, ground, pole, camera_y - 10, width=8, color=DIM)
    half = math.radians(17)
    middle = math.atan2(plate_y - camera_y, plate - pole)
    reach = [(pole + math.cos(middle + turn) * 690, camera_y + math.sin(middle + turn) * 690) for turn in (-half, half)]
    cut = [((ground - camera_y) / (y - camera_y) if y > ground else 1.0, x, y) for x, y in reach]
    corners = [(pole + (x - pole) * share, camera_y + (y - camera_y) * share) for share, x, y in cut]
    far = corners[0]
    sheet.shape(
        pole, camera_y, far[0], far[1], far[0], ground, corners[1][0], corners[1][1], fill=BLUE, opacity=0.12
    )  # fmt: skip
    sheet.shape(
        pole - 14, camera_y - 16, pole + 34, camera_y - 4, pole + 28, camera_y + 18, pole - 18, camera_y + 4, fill=INK
    )
    # the car: bumper at the plate
    x = plate
    sheet.shape(
        x, ground - 22, x + 2, ground - 74, x + 92, ground - 84, x + 140, ground - 138, x + 262, ground - 138, x + 285,
        ground - 22, fill="#dfe5ec", color=INK,
    )  # fmt: skip
    for wheel in (58, 222):
        sheet.circle(x + wheel, ground - 20, 20, fill=INK)
    sheet.line(x - 2, plate_y - 6, x - 2, plate_y + 6, width=7, color=BAD)
    sheet.line(pole, camera_y, plate - 4, plate_y, color=BLUE, dash="7 5")
    sheet.line(pole, camera_y, plate - 20, camera_y, color=DIM, dash="3 5", width=1.5)
    sheet.text(pole + 215, camera_y + 52, "≤ 30°", size=21, color=BLUE, bold=True)
    sheet.text(
        pole + 190, camera_y - 10, ("взгляд вниз; вбок тоже до 30°", "looking down; sideways up to 30° too"), color=BLUE
    )
    sheet.line(pole, ground + 26, plate, ground + 26, color=DIM, arrows=True, width=1.5)
    sheet.line(plate, ground + 4, plate, ground + 34, color=DIM, width=1)
    sheet.text(
        (pole + plate) / 2,
        ground + 50,
        ("до номера 4–7 м (здесь 5)", "to the plate 4–7 m (here 5)"),
        at="middle",
        bold=True,
    )
    sheet.line(58, camera_y, 58, plate_y, color=DIM, arrows=True, width=1.5)
    sheet.line(40, plate_y, plate - 8, plate_y, color=DIM, dash="3 5", width=1)
    sheet.text(16, 34, ("высота над номером ≈ половина\nрасстояния: 5 м → 2,5 м", "height above the plate ≈ half\nthe distance: 5 m → 2.5 m"), bold=True)  # fmt: skip
    sheet.text(plate - 16, plate_y + 24, ("номер", "plate"), at="end", color=BAD, bold=True)
    sheet.text(
        plate + 20,
        ground + 50,
        ("здесь машина встаёт:\nномер от 120 пикселей", "the car stops here:\nplate of 120 pixels or more"),
        color=BAD,
    )
    return sheet


def wiring(language: str) -> Sheet:
    """Which contact goes to which terminal; the button and the fire contact go to both."""
    sheet = Sheet(
        900, 560, ("Провода: реле, кнопка, петля, пожарный вход", "Wires: relay, button, loop, fire"), language
    )
    sheet.box(30, 60, 220, 470, fill="#f2f5f9")
    sheet.text(140, 40, ("Коробка OKter Gate", "OKter Gate box"), at="middle", bold=True, size=17)
    sheet.box(650, 60, 220, 470, fill="#f2f5f9")
    sheet.text(760, 40, ("Блок шлагбаума", "Barrier controller"), at="middle", bold=True, size=17)

    def terminal(x: float, y: float, said: tuple[str, str] | str, *, right: bool, color: str = INK) -> None:
        sheet.circle(x, y, 6, fill=PAPER, color=color)
        sheet.text(x + (14 if right else -14), y + 5, said, at="start" if right else "end", color=color)

    sheet.text(50, 92, ("плата реле", "relay board"), color=DIM)
    for y, contact, color in ((115, "COM", INK), (150, "NO", INK), (185, "NC", DIM)):
        terminal(250, y, contact, right=False, color=color)
    sheet.text(50, 228, ("входы", "inputs"), color=DIM)
    inputs = (
        (265, ("кнопка охраны", "guard button")),
        (345, ("пожарный (NC)", "fire (NC)")),
        (425, ("петля выезда", "exit loop")),
        (490, ("концевики", "limit switches")),
    )
    for y, said in inputs:
        terminal(250, y, said, right=False)
    for y, said in (
        (115, ("общий", "common")),
        (150, ("ОТКРЫТЬ", "OPEN")),
        (200, ("закрыть — нет", "close: never")),
        (235, ("пошаговый — нет", "step: never")),
        (345, ("пожарный вход", "fire input")),
        (425, ("свободный выезд", "free exit")),
        (490, ("петля под стрелой", "loop under the boom")),
    ):
        terminal(650, y, said, right=True, color=BAD if y in {200, 235} else INK)
    sheet.line(256, 115, 644, 115, color=BLUE, width=3)
    sheet.line(256, 150, 644, 150, color=BLUE, width=3)
    sheet.text(410, 104, ("реле: COM и NO", "relay: COM and NO"), at="middle", color=BLUE, bold=True)
    # button: one pole to OPEN in parallel with the relay, the second to the input
    sheet.box(385, 245, 130, 40, fill=PAPER, color=GOOD)
    sheet.text(450, 270, ("кнопка", "button"), at="middle", color=GOOD, bold=True)
    sheet.line(256, 265, 385, 265, color=GOOD, width=3)
    sheet.line(515, 258, 560, 258, 560, 150, color=GOOD, width=3)
    sheet.line(515, 272, 585, 272, 585, 115, color=GOOD, width=3)
    sheet.circle(560, 150, 4, fill=GOOD, color=GOOD)
    sheet.circle(585, 115, 4, fill=GOOD, color=GOOD)
    sheet.text(450, 304, ("две пары контактов: открывает\nи при выключенной коробке", "two contact pairs: opens\nwith the box unplugged"), at="middle", size=13, color=GOOD)  # fmt: skip
    for y, said, color in (
        (345, ("пожарная сигнализация", "fire alarm"), BAD),
        (425, ("детектор петли", "loop detector"), INK),
    ):
        sheet.line(256, y, 644, y, color=color, width=3)
        sheet.box(340, y - 17, 220, 34, fill=PAPER, color=color)
        sheet.text(450, y + 5, said, at="middle", color=color, bold=True)
    sheet.text(
        450,
        378,
        ("у коробки замкнут в покое: обрыв тоже держит", "closed at rest: a cut wire holds open too"),
        at="middle",
        size=13,
        color=BAD,
    )
    sheet.text(450, 457, ("лучше на блок: выезд без камеры и коробки", "best to the controller: exits need no camera"), at="middle", size=13, color=DIM)  # fmt: skip
    sheet.line(256, 490, 330, 490, color=DIM)
    sheet.text(338, 486, ("открыт, закрыт", "open, closed"), size=13, color=DIM)
    sheet.text(338, 502, ("(по желанию)", "(optional)"), size=13, color=DIM)
    sheet.text(634, 486, ("безопасность:", "safety:"), size=13, color=BAD, at="end")
    sheet.text(634, 502, ("прежде всего на блок", "controller first"), size=13, color=BAD, at="end")
    return sheet


def picture(language: str) -> Sheet:
    """What the camera sees, 1920x1080 at half size: the zone, and plates of four widths to scale."""
    sheet = Sheet(
        980, 640, ("Кадр 1920×1080: зона и ширина номера", "A 1920×1080 frame: zone and plate width"), language
    )
    left, top = 10.0, 40.0
    sheet.text(left, 26, ("Кадр 1920×1080 (здесь вдвое меньше): зона и ширина номера", "A 1920×1080 frame (here half the size): zone and plate width"), bold=True, size=17)  # fmt: skip
    sheet.box(left, top, 960, 540, fill="#e9edf2", r=0)
    sheet.shape(left + 330, top + 60, left + 610, top + 60, left + 900, top + 540, left + 60, top + 540, fill="#c9d0d9")
    x0, y0, x1, y1 = (left + 0.1 * 960, top + 0.3 * 540, left + 0.9 * 960, top + 540)
    sheet.box(x0, y0, x1 - x0, y1 - y0 - 2, color=GOOD, r=0)
    sheet.text(x0 + 8, y0 + 20, "zone = [0.1, 0.3, 0.9, 1.0]", color=GOOD, bold=True)
    rows = (
        (24, 90, BAD, ("меньше 24: не читается", "under 24: not read")),
        (60, 190, "#9a6700", ("60: ещё далеко, читается 88 %", "60: still far, 88 % are read")),
        (90, 285, INK, ("90: хватает одного уверенного кадра", "90: one sure frame is enough")),
        (120, 405, GOOD, ("120 и больше: здесь машина встаёт", "120 or more: the car stops here")),
    )
    for pixels, y, color, said in rows:
        wide = pixels / 2
        middle = left + 480
        sheet.box(middle - wide / 2, top + y, wide, wide * 112 / 520, fill=PAPER, color=color, r=1)
        sheet.text(middle + wide / 2 + 14, top + y + 11, said, color=color, bold=True)
    sheet.line(left + 380, top + 445, left + 580, top + 445, color=GOOD, width=5, dash="18 8")
    sheet.text(left + 480, top + 474, ("стоп-линия", "stop line"), at="middle", color=GOOD)
    sheet.box(left + 8, top + 8, 190, 26, color=BAD, r=0)
    sheet.line(left + 8, top + 34, left + 198, top + 8, color=BAD)
    sheet.text(left + 16, top + 26, "29.11.2026 12:00:00", color=DIM)
    sheet.text(left + 208, top + 26, ("надписи выключить", "switch captions off"), color=BAD)
    sheet.text(left + 720, top + 50, ("чужая дорога — вне зоны", "another road: outside"), color=DIM)
    sheet.text(left, 606, ("Края зоны — доли кадра: левый, верхний, правый, нижний.", "Edges of the zone are fractions of the frame: left, top, right, bottom."), color=DIM)  # fmt: skip
    sheet.text(left, 628, ("Измерить: gate read --json, третье число box.", "To measure: gate read --json, the third number of box."), color=DIM)  # fmt: skip
    return sheet


def page(language: str) -> Sheet:
    """The guard's page on a telephone, with what each part tells."""
    sheet = Sheet(780, 640, ("Что показывает страница охраны", "What the guard's page shows"), language)
    sheet.box(30, 20, 330, 600, r=26, fill="#f6f8fa")
    sheet.box(46, 50, 298, 262, fill=PAPER, color=BAD, r=8)
    sheet.text(60, 76, ("Въезд · ждёт", "Entry · waits"), color=DIM, size=13)
    sheet.box(60, 86, 190, 38, fill=PAPER, r=4)
    sheet.text(155, 113, ("Т 209 КЕ 199", "T 209 KE 199"), at="middle", size=20, bold=True)
    sheet.text(60, 148, ("Отказано: нет пропуска", "Refused: no pass"), color=BAD, bold=True)
    sheet.text(60, 170, ("Чей гость: кв. 12, +7 900 …", "Guest of: flat 12, +7 900 …"), size=13, color=BLUE)
    sheet.box(60, 182, 270, 76, fill="#c9d0d9", r=4)
    sheet.box(160, 226, 62, 15, fill=PAPER, color=BAD, r=1)
    sheet.box(60, 268, 270, 34, fill=GOOD, color=GOOD, r=8)
    sheet.text(195, 291, ("Открыть", "Open"), at="middle", color=PAPER, bold=True)
    sheet.box(46, 326, 298, 178, fill=PAPER, r=8)
    sheet.text(60, 348, ("Въезд", "Entry"), bold=True)
    sheet.box(60, 358, 270, 80, fill="#c9d0d9", r=4)
    sheet.box(87, 378, 216, 58, color=GOOD, r=0)
    sheet.text(66, 374, ("кадру 0 с", "0 s ago"), size=12)
    labels = (("Открыть", "Open"), ("Удержать", "Hold"), ("Отпустить", "Release"))
    for number, said in enumerate(labels):
        sheet.box(60 + number * 92, 448, 86, 28, r=7, fill=PAPER)
        sheet.text(103 + number * 92, 467, said, at="middle", size=12)
    sheet.text(60, 495, ("держится ещё 9:12", "held for 9:12 more"), size=13, color="#9a6700")
    sheet.text(52, 532, ("Состояние", "State"), bold=True)
    sheet.circle(60, 552, 5, fill=GOOD, color=GOOD)
    sheet.text(74, 557, ("список: пропусков 214", "list: 214 passes"), size=13)
    sheet.circle(60, 576, 5, fill=BAD, color=BAD)
    sheet.text(74, 581, ("температура 83 °C", "temperature 83 °C"), size=13)
    sheet.text(74, 599, ("→ обдув или радиатор", "→ cooling or a heat sink"), size=13, color=DIM)
    notes = (
        (86, 108, ("кто ждёт — сам встаёт наверх: номер,\nпричина, чей гость, телефон", "who waits comes to the top: plate,\nreason, whose guest, telephone")),
        (285, 270, ("открывает этой машине, пока она стоит;\nещё один вопрос, имя попадёт в журнал", "opens for this car while it stands there;\nasks once more, the name is recorded")),
        (395, 376, ("свежий кадр с возрастом, зона, номера;\nстарше 3 с — серый: по нему не судить", "the frame with its age, zone, plates;\nolder than 3 s is grey: do not judge by it")),
        (490, 462, ("удержание с обратным отсчётом", "a hold with its countdown")),
        (578, 556, ("каждая неисправность — со словом,\nчем её лечить", "each fault with the word\nthat cures it")),
    )  # fmt: skip
    for target, y, said in notes:
        sheet.line(348, target, 405, y + 4, color=DIM, width=1.5)
        sheet.text(414, y + 4, said)
    sheet.text(414, 30, ("Всё серое и «Нет связи с пультом» —", "All grey, “No connection”:"), color=BAD, bold=True)
    sheet.text(
        414, 50, ("кнопки не действуют, на экране старое.", "buttons do nothing, what is shown is old."), color=BAD
    )
    return sheet


Draw = Callable[[str], Sheet]
DRAWINGS: tuple[Draw, ...] = (mount, wiring, picture, page)


def main() -> None:
    for draw in DRAWINGS:
        for language in LANGUAGES:
            (HERE / f"field-{draw.__name__}.{language}.svg").write_text(draw(language).svg(), encoding="utf-8")


if __name__ == "__main__":
    main()
