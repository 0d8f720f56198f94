"""The settings of the application as a whole: site, lanes, console."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from core.rules.policy import Approach, Direction
from core.setting import setting
from edge.language import say
from edge.witnesses.settings import Anpr


@dataclass(frozen=True, slots=True)
class SiteSettings:
    """`[site]`."""

    name: str = setting("КПП-1", help_ru="имя въезда, как его видит охрана", help_en="name of the entrance")
    timezone: str = setting(
        "Europe/Moscow",
        help_ru="часовой пояс пропусков (имя IANA)",
        help_en="time zone of the passes (IANA name)",
    )
    state_dir: Path = setting(
        Path("/var/lib/okter-gate"),
        help_ru="папка списка, журнала, снимков и сокетов",
        help_en="folder of the list, the journal, the pictures and the sockets",
    )

    def problems(self) -> tuple[tuple[str, str], ...]:
        """Keys with meaningless values."""
        return () if self.name.strip() else (("name", say("имя пусто; так въезд называют охране и облаку")),)


@dataclass(frozen=True, slots=True)
class LaneSettings:
    """The keys of a `[[lane]]`, besides those of `[camera]` that it may override."""

    name: str = setting(help_ru="имя проезда, например entry", help_en="name of the lane")
    direction: Direction = setting(
        help_ru="въезд (entry) решает по списку, выезд (exit) открыт всегда",
        help_en="entry obeys the list, exit is always open",
    )
    camera: str = setting(
        help_ru="камера: rtsp://…, http://…, /dev/videoN, csi:N или file:запись.mp4 (по кругу)",
        help_en="camera: rtsp://…, http://…, /dev/videoN, csi:N or file:clip.mp4 (over and over)",
    )
    barrier: str = setting(help_ru="имя из [[barrier]]", help_en="a name from [[barrier]]")
    title: str = setting(
        "", help_ru="как проезд называют люди; пусто — имя", help_en="what people call the lane; empty = its name"
    )
    approach: Approach = setting(
        Approach.AUTO,
        help_ru="как машина, едущая к шлагбауму, движется в кадре: toward — приближается, away — удаляется,"
        " auto — узнать самому; выезд не открывается тому, кто едет в другую сторону",
        help_en="how a car that comes to the barrier moves in the picture: toward = nearer, away = further off,"
        " auto = find out; an exit does not open for what goes the other way",
    )
    anpr: Anpr = setting(
        Anpr.OFF,
        help_ru="камера сама распознаёт номера: hikvision, dahua (спрашиваем мы) или push (шлёт сама на порт [anpr]);"
        " её чтение подтверждает наше, но само не открывает",
        help_en="the camera reads plates itself: hikvision, dahua (we ask) or push (it posts to the port of [anpr]);"
        " its reading seconds ours and opens nothing by itself",
    )
    anpr_url: str = setting(
        "",
        help_ru="http-адрес распознающей камеры; пусто — та же, что в camera, по http://",
        help_en="HTTP address of the camera that reads; empty = that of camera, by http://",
    )
    sub_camera: str = setting(
        "",
        help_ru="малый поток той же сетевой камеры (второй профиль): по нему ждут движения, большой поток разбирается,"
        " только когда кто-то едет; gate check подскажет адрес; пусто — всё по большому",
        help_en="small stream of the same network camera (its second profile): motion is watched there, and the large"
        " stream is decoded only when somebody comes; gate check finds its address; empty = the large one does it all",
    )
    camera_user: str = setting(
        "", help_ru="имя пользователя камеры, если его нет в адресе", help_en="user name, if not in the address"
    )
    camera_password: str = setting(
        "",
        secret=True,
        help_ru="пароль камеры; лучше camera_password_file = «файл с паролем»",
        help_en="password of the camera; better camera_password_file",
    )


@dataclass(frozen=True, slots=True)
class ConsoleSettings:
    """`[console]`: the guard's page."""

    host: str = setting(
        "127.0.0.1",
        help_ru="на каком адресе отвечает страница; кроме 127.0.0.1 нужен пароль",
        help_en="address the page listens on; any but 127.0.0.1 needs a password",
    )
    port: int = setting(8480, low=1, high=65535, help_ru="порт страницы", help_en="port of the page")
    password: str = setting(
        "",
        secret=True,
        help_ru="пароль страницы; лучше password_file = «файл с паролем»",
        help_en="password of the page; better password_file",
    )

    certificate: str = setting(
        "",
        help_ru="файл сертификата (PEM): страница отвечает по https; без него браузеры не дают уведомлений",
        help_en="file of the certificate (PEM): the page answers by https; without it browsers give no notices",
    )
    certificate_key: str = setting(
        "",
        help_ru="файл ключа сертификата (PEM), который службе можно прочитать",
        help_en="file of the certificate's key (PEM), which the service may read",
    )

    def problems(self) -> tuple[tuple[str, str], ...]:
        """Keys that do not go together."""
        found = []
        if self.host not in LOOPBACK and not self.password:
            found.append(("host", NEEDS_PASSWORD))
        if bool(self.certificate) != bool(self.certificate_key):
            missing = "certificate" if self.certificate_key else "certificate_key"
            found.append((missing, say("сертификат и его ключ задаются вместе")))
        return tuple(found)


LOOPBACK = ("127.0.0.1", "::1", "localhost")
NEEDS_PASSWORD = say("для адреса, видного из сети, задайте password_file: файл с паролем страницы")
