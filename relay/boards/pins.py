"""GPIO lines through gpiozero, with an explicit factory, never a guessed one.

gpiozero and lgpio are imported on first use: a barrier on a serial board needs neither.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from core.words.language import say
from relay.errors import BoardError, BoardLost, BoardMisset

if TYPE_CHECKING:
    from gpiozero import Factory
    from gpiozero.pins import Pin


class Line:
    """One pin, owned by one thread. Every fault of the library becomes a `BoardLost`."""

    def __init__(self, pin: Pin, number: int) -> None:
        self._pin = pin
        self._number = number

    def read(self) -> bool:
        """True = high."""
        with _faults(self._number):
            return bool(self._pin.state)

    def drive(self, *, high: bool) -> None:
        """Set an output."""
        with _faults(self._number):
            self._pin.state = high


class Pins:
    """The pins of this machine. Safe to call from several threads."""

    def __init__(self, factory: Factory | None = None) -> None:
        self._factory = factory
        self._lock = threading.Lock()

    def output(self, number: int, *, high: bool) -> Line:
        """The pin as an output that is `high` (or low) from the first moment."""
        pin = self._pin(number)
        with _faults(number):
            pin.output_with_state(high)
        return Line(pin, number)

    def contact(self, number: int, *, pull: str) -> Line:
        """The pin as an input; `pull` is `up`, `down` or `none`."""
        pin = self._pin(number)
        with _faults(number):
            pin.input_with_pull("floating" if pull == "none" else pull)
        return Line(pin, number)

    def _pin(self, number: int) -> Pin:
        with self._lock, _faults(number):
            if self._factory is None:
                self._factory = _factory()
            return self._factory.pin(number)


def _factory() -> Factory:
    name = os.environ.get("GPIOZERO_PIN_FACTORY", "lgpio")
    if name not in {"lgpio", "mock"}:
        raise BoardMisset(say("GPIOZERO_PIN_FACTORY={name}: можно lgpio или mock", name=name))
    # lgpio creates a FIFO when it is imported; a read-only working directory would break that (gpiozero#1106).
    if directory := os.environ.get("RUNTIME_DIRECTORY") or os.environ.get("STATE_DIRECTORY"):
        os.environ.setdefault("LG_WD", directory.partition(":")[0])
    try:
        if name == "mock":
            from gpiozero.pins.mock import MockFactory  # noqa: PLC0415 - on first use only

            return MockFactory()
        from relay.boards.lgpio_factory import GlitchFreeFactory  # noqa: PLC0415 - on first use only
    except ImportError as error:
        raise BoardLost(say("нет библиотеки lgpio ({error}): pip install 'okter-gate[gpio]'", error=error)) from None
    return GlitchFreeFactory()


@contextmanager
def _faults(number: int) -> Iterator[None]:
    try:
        yield
    except BoardError as error:
        raise type(error)(f"GPIO{number}: {error}") from None
    except Exception as error:  # noqa: BLE001 - gpiozero and lgpio have no common root
        raise BoardLost(
            say("GPIO{number}: {error} (пользователь в группе gpio?)", number=number, error=error)
        ) from None
