"""Ids that were answered before: a repeated request gets the first answer and moves nothing. Bounded memory."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field

from relay.protocol import Reply


@dataclass(slots=True)
class _Seen:
    reply: Reply | None = None
    askers: list[int] = field(default_factory=list)


class OnceOnly:
    """Remembers the last `capacity` ids. Owned by the desk."""

    def __init__(self, capacity: int = 4096) -> None:
        self._seen: OrderedDict[str, _Seen] = OrderedDict()
        self._capacity = capacity

    def first(self, request_id: str, asker: int) -> bool:
        """True when this id is new. An id still being worked on gains one more `asker`."""
        seen = self._seen.get(request_id)
        if seen is not None:
            if seen.reply is None:
                seen.askers.append(asker)
            return False
        self._seen[request_id] = _Seen(askers=[asker])
        while len(self._seen) > self._capacity:
            self._seen.popitem(last=False)
        return True

    def answer_of(self, request_id: str) -> Reply | None:
        """The first answer, if there has been one."""
        seen = self._seen.get(request_id)
        return seen.reply if seen else None

    def answered(self, reply: Reply) -> tuple[int, ...]:
        """Remember the answer; everybody who waits for it."""
        seen = self._seen.get(reply.id)
        if seen is None or seen.reply is not None:
            return ()
        askers, seen.askers, seen.reply = tuple(seen.askers), [], reply
        return askers
