"""A change of the local list: makes it, copies it, notifies the running gate. For the command line and the page."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

from edge.config import GateConfig
from edge.language import say
from edge.runtime.control import ControlClient, GateAbsent
from edge.store.passes import PassStore
from edge.store.place import find


@contextlib.contextmanager
def changing(config: GateConfig, told: Callable[[str], None]) -> Iterator[PassStore]:
    """The open list. After the change its good copy is kept and a running gate is notified.

    If the disk is not writable, `told` gets the warning that the change will be lost at power-off. Raises StoreError.
    """
    place = find(config.state_dir)
    with PassStore(place.passes_file) as store:
        yield store
        store.keep_good_copy()
    if place.passes != config.state_dir:
        told(
            say(
                "{state_dir}: сюда нельзя писать; изменение действует до отключения питания", state_dir=config.state_dir
            )
        )
    with contextlib.suppress(GateAbsent):
        ControlClient(config.state_dir).passes_changed()
