"""gpiozero's lgpio factory with outputs that never pass through the wrong level. Imports lgpio: load it on demand."""

from __future__ import annotations

from typing import Any

import lgpio
from gpiozero.exc import PinUnknownPi
from gpiozero.pins.lgpio import LGPIOFactory, LGPIOPin

PI_4B_REVISION = 0xC03111
"""Used if the model is unknown (a carrier board, a container): BCM numbers are then the lines of gpiochip0."""


class GlitchFreePin(LGPIOPin):  # type: ignore[misc]  # gpiozero is untyped
    """gpiozero claims an output low and sets its level afterwards: on an active-low board, a pulse at every start."""

    def output_with_state(self, state: Any) -> None:
        level = int(bool(state))
        lgpio.gpio_claim_output(self.factory._handle, self._number, level=level)  # noqa: SLF001 - as its base does

    def close(self) -> None:
        """Leaves the pin driven: a floating input makes a sensitive relay chatter (gpiozero#1146)."""


class GlitchFreeFactory(LGPIOFactory):  # type: ignore[misc]  # gpiozero is untyped
    """Opens the chip that carries the header's pins."""

    def __init__(self) -> None:
        super().__init__()
        self.pin_class = GlitchFreePin

    def _get_revision(self) -> int:
        try:
            return int(super()._get_revision())
        except PinUnknownPi:
            return PI_4B_REVISION
