"""Cameras: that there is a picture, fresh and upright, one camera per lane; and if there is none, why."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import cv2
import numpy as np

from camera.errors import CameraError
from camera.frame import Frame, Picture
from camera.opening import STREAM_SCHEMES, open_source
from camera.reader import PlateReader
from camera.redact import redact
from core.errors import FileUnusable, GateError
from core.reading.decode import decode
from edge.config import Lane
from edge.doctor.finding import Finding
from edge.doctor.probe import Cause, probe
from edge.language import say
from edge.runtime.control import LanePicture
from edge.runtime.status import FRAME_TOO_OLD_S, CameraStatus

DARK = 12.0
"""Mean brightness (of 255) below which a picture shows nothing."""
_TURNS = {90: cv2.ROTATE_90_CLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_COUNTERCLOCKWISE}
_SAME_VIEW = 0.5
_CERTAIN = 0.9


def shared_cameras(lanes: Sequence[Lane]) -> Iterator[Finding]:
    """Two lanes that use one camera with overlapping zones would see each other's cars."""
    for number, lane in enumerate(lanes):
        for other in lanes[:number]:
            if lane.camera != other.camera:
                continue
            part = say("камера {name}", name=lane.name)
            device = not lane.camera.startswith((*STREAM_SCHEMES, "file:"))
            well = not device and _overlap(lane.view.zone, other.view.zone) < _SAME_VIEW
            text = say("та же камера, что у {name}", name=other.name)
            cure = say("дайте каждому проезду свою камеру, или хотя бы свою зону (zone) одной сетевой камеры")
            yield Finding(part, well, text, cure)


def running_camera(lane: Lane, camera: CameraStatus) -> Finding:
    """A camera that the running gate holds."""
    part = say("камера {name}", name=lane.name)
    if not camera.alive:
        return _lost(lane, part, f"{camera.address}: {camera.error}")
    if camera.frozen:
        cure = say("перезагрузите камеру: поток идёт, а картинка не меняется")
        return Finding(part, False, say("картинка застыла"), cure)
    if camera.frame_age_s is None or camera.frame_age_s > FRAME_TOO_OLD_S:
        age = say("кадров нет") if camera.frame_age_s is None else f"{camera.frame_age_s:.0f} s"
        cure = say("кадры стары: загрузка процессора (top), сеть до камеры")
        return Finding(part, False, say("последнему кадру {age}", age=age), cure)
    return Finding(part, True, say("{fps} кадров/с", fps=camera.fps))


def idle_camera(lane: Lane) -> tuple[Finding, Frame | None]:
    """A camera that nobody holds: open it and take one frame."""
    part = say("камера {name}", name=lane.name)
    try:
        source = open_source(lane.camera, lane=lane.name, settings=lane.view)
        try:
            source.open()
            frame = source.read()
        finally:
            source.close()
    except (CameraError, FileUnusable) as error:
        return _lost(lane, part, redact(error)), None
    if frame is None:
        return Finding(part, False, say("ни одного кадра"), _cure(lane)), None
    width, height = frame.size
    size = f"{width}×{height}"
    if float(frame.bgr.mean()) < DARK:
        cure = say("снимите крышку, включите подсветку, проверьте выдержку")
        return Finding(part, False, say("{size}, картинка чёрная", size=size), cure), None
    return Finding(part, True, size), frame


def turned(lane: Lane, reader: PlateReader, picture: Picture) -> Finding | None:
    """Finds a camera mounted sideways or upside down: its plates are readable only when rotated. None: no finding."""
    if _reads(reader, picture):
        return None
    for degrees, turn in _TURNS.items():
        if _reads(reader, np.asarray(cv2.rotate(picture, turn), np.uint8)):
            wanted = (degrees + lane.view.rotate) % 360
            return Finding(
                say("камера {name}", name=lane.name),
                False,
                say("картинка повёрнута: номер читается, если повернуть на {degrees}°", degrees=degrees),
                say("поверните камеру, или в [[lane]] {name}: rotate = {wanted}", name=lane.name, wanted=wanted),
            )
    return None


def decoded(found: LanePicture) -> Picture | None:
    """The running gate's picture, decoded."""
    if found.jpeg is None:
        return None
    return np.asarray(cv2.imdecode(np.frombuffer(found.jpeg, np.uint8), cv2.IMREAD_COLOR), np.uint8)


def _reads(reader: PlateReader, picture: Picture) -> bool:
    try:
        plates = reader.read(Frame(bgr=picture, captured=0.0, frame_id=1, lane="check"))
    except GateError:
        return False
    readings = [decode(plate) for plate in plates]
    return any(reading.accepted and reading.confidence >= _CERTAIN for reading in readings)


def _overlap(one: Sequence[float], other: Sequence[float]) -> float:
    """Share of the smaller zone that lies within the other."""
    width = max(0.0, min(one[2], other[2]) - max(one[0], other[0]))
    height = max(0.0, min(one[3], other[3]) - max(one[1], other[1]))
    smaller = min((zone[2] - zone[0]) * (zone[3] - zone[1]) for zone in (one, other))
    return width * height / smaller if smaller > 0 else 1.0


def _lost(lane: Lane, part: str, text: str) -> Finding:
    if not lane.camera.lower().startswith(STREAM_SCHEMES):
        return Finding(part, False, text, _cure(lane))
    cause, detail = probe(str(lane.camera))
    said, cure = _CAUSES[cause]()
    return Finding(part, False, f"{text}: {said} ({detail})" if said else text, cure)


_CAUSES: dict[Cause, Callable[[], tuple[str, str]]] = {
    Cause.NO_NAME: lambda: (
        say("имя камеры не найдено"),
        say("пишите адрес цифрами, или проверьте DNS: getent hosts ИМЯ"),
    ),
    Cause.NO_ROUTE: lambda: (
        say("до камеры нет пути в сети"),
        say("кабель, коммутатор, питание камеры; одна ли подсеть: ip addr, ip route"),
    ),
    Cause.SILENT: lambda: (
        say("камера не отвечает в срок"),
        say("включена ли камера; тот ли адрес: ping; брандмауэр"),
    ),
    Cause.REFUSED: lambda: (
        say("порт закрыт"),
        say("включите RTSP в настройках камеры, проверьте порт (обычно 554)"),
    ),
    Cause.NOT_A_CAMERA: lambda: (
        say("на этом порту отвечает не камера"),
        say("проверьте порт и начало адреса: rtsp:// или http://"),
    ),
    Cause.UNAUTHORIZED: lambda: (
        say("имя или пароль не подходят"),
        say("camera_user и camera_password (или файл с паролем); вход не заблокирован ли камерой"),
    ),
    Cause.NOT_FOUND: lambda: (
        say("такого потока у камеры нет"),
        say("путь после адреса: см. RTSP в настройках камеры (ONVIF Device Manager)"),
    ),
    Cause.CODEC: lambda: (
        say("поток в кодеке, которого здесь нет"),
        say("в настройках камеры выберите H.264"),
    ),
    Cause.ERROR: lambda: (
        say("камера отвечает ошибкой"),
        say("перезагрузите камеру; один поток на одну коробку"),
    ),
    Cause.NONE: lambda: (
        say("камера отвечает, но картинки нет"),
        say('другая программа заняла последний поток? попробуйте transport = "udp" или второй поток'),
    ),
}


def _cure(lane: Lane) -> str:
    if lane.camera.startswith("file:"):
        return say("проверьте путь к записи в ключе camera")
    if lane.camera.startswith("csi:"):
        return say("проверьте шлейф и python3-picamera2; rpicam-hello должен показать картинку")
    return say("проверьте кабель, ls -l /dev/video*, группу video; не открыта ли камера другой программой")
