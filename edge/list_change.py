"""A change of the local list: made, copied, told to the running gate. For the command line and the guard's page."""

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
    """The open list; after the change its good copy is kept and a running gate is told.

    `told` hears that the change will not outlive the power, where the disk takes no writing. Raises StoreError.
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
