"""What happens at the barrier, as it happens, from the relay process itself: a lamp, a siren, a line in another system.

python -m examples.relay_events /var/lib/okter-gate
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path

from relay.client import Relay, RelayClient
from relay.errors import RelayAbsent, RelayTimeout
from relay.protocol import EventKind, RelayEvent

AGAIN_S = 1.0


def news(relay: Relay, *, patience_s: float = 60.0) -> Iterator[RelayEvent]:
    """Events from now on, until there are none for `patience_s`. Acknowledges none: the journal is `gate run`'s to keep."""
    stream = relay.subscribe(replayed=False)
    try:
        while (event := stream.next(patience_s)) is not None:
            yield event
    finally:
        stream.close()


def line(event: RelayEvent) -> str:
    """One event as one line."""
    words = {EventKind.ALARM: "ALARM", EventKind.CLEARED: "over"}.get(event.kind, event.kind.value)
    facts = (event.barrier, words, event.what, event.outcome, event.reason or "", event.detail)
    return "  ".join(fact for fact in facts if fact)


if __name__ == "__main__":
    while True:  # the relay process may be restarted: it is simply met again
        try:
            for one in news(RelayClient(Path(sys.argv[1]))):
                print(line(one), flush=True)
        except (RelayAbsent, RelayTimeout) as gone:
            print(gone, file=sys.stderr)
            time.sleep(AGAIN_S)
