"""`[call]`: a call from the gate to a person, with picture and sound."""

from __future__ import annotations

from dataclasses import dataclass

from core.setting import setting
from edge.language import say

FROM_CAMERA = "camera"
_OF_ONE_READER = ("/dev/", "csi:")
"""A USB or CSI camera serves only one process, and that is `gate run`."""


@dataclass(frozen=True, slots=True)
class CallSettings:
    """Settings of `gate call`; it works only with a linked cloud."""

    enabled: bool = setting(
        False,
        help_ru="звонить от шлагбаума охране или хозяину гостя; нужны облако и библиотека, которую назовёт gate check",
        help_en="calls from the gate to guard or host; needs a cloud and a library that gate check names",
    )
    microphone: str = setting(
        "",
        help_ru="чем слушать проезд: camera — звук того же потока, иначе устройство ALSA (arecord -L), например"
        " plughw:CARD=Device; пусто — звука нет, и запись об открытии так и скажет",
        help_en="what hears the lane: camera = the sound of the same stream, else an ALSA device (arecord -L), such as"
        " plughw:CARD=Device; empty = no sound, and the record of an opening will say so",
    )
    loudspeaker: str = setting(
        "",
        help_ru="чем говорить у шлагбаума: устройство ALSA (aplay -L); пусто — говорить нечем",
        help_en="what speaks at the gate: an ALSA device (aplay -L); empty = there is none",
    )
    width_px: int = setting(
        640,
        low=160,
        high=1280,
        unit="px",
        help_ru="ширина картинки звонка; больше — дороже процессору и сети",
        help_en="width of the call's picture; larger costs processor and network",
    )
    fps: float = setting(
        10.0, low=1.0, high=25.0, unit="1/s", help_ru="кадров звонка в секунду", help_en="pictures of the call a second"
    )
    pause_s: float = setting(
        10.0,
        low=1.0,
        high=3600.0,
        unit="s",
        help_ru="через сколько после звонка полоса может звонить снова",
        help_en="how long after a call its lane may ring again",
    )
    waiting_s: float = setting(
        0.0,
        low=0.0,
        high=600.0,
        unit="s",
        help_ru="звонить самому, когда машина, которую не пустили, стоит столько; 0 — звонит только кнопка",
        help_en="ring by itself when a car that was not let in has stood so long; 0 = the button alone rings",
    )

    def problems(self) -> tuple[tuple[str, str], ...]:
        """Keys with meaningless values."""
        return tuple(
            (name, say("устройство ALSA одной строкой, как его называет arecord -L или aplay -L"))
            for name in ("microphone", "loudspeaker")
            if (value := getattr(self, name)) and (value.startswith("-") or not value.isprintable() or " " in value)
        )


def gives_pictures(camera: str) -> bool:
    """Whether a call can read this camera alongside `gate run`."""
    return not camera.startswith(_OF_ONE_READER)
