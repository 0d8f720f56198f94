"""Pending requests: each id is admitted once, and each requester gets one answer. Owned by the controller."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from core.words.language import say
from core.words.outcomes import OPENED, Outcome
from relay.process.idempotency import IdempotencyKeys
from relay.process.outlets import Outlets
from relay.protocol import Do, Reply, Request


@dataclass(slots=True)
class _Test:
    board: str
    started: float
    reply: Reply | None = None


@dataclass(slots=True)
class PendingRequests:
    """Between the requesters' sockets and the controller."""

    outlets: Outlets
    keys: IdempotencyKeys
    _tests: dict[str, _Test] = field(default_factory=dict)

    def repeated(self, requester: int, request: Request) -> bool:
        """Whether this id was used before; the requester then gets the first answer, now or as soon as there is one."""
        if not self.keys.known(request.id):
            return False
        answer = self.keys.asked_again(request.id, requester)
        if answer is not None:
            self.outlets.reply(requester, replace(answer, repeated=True, retry_after_s=None))
        return True

    def admit(self, requester: int, request: Request, board: str, now: float) -> bool:
        """Remembers the requester. Without room for the id, the request is refused and must not be done."""
        if not self.keys.take(request.id, requester, now):
            detail = say("слишком много просьб сразу")
            self.outlets.reply(requester, Reply(request.id, Outcome.REFUSED, "busy", detail, retry_after_s=1.0))
            return False
        if request.do is Do.TEST:
            self._tests[request.id] = _Test(board, now)
        return True

    def begun(self, reply: Reply) -> None:
        """The request has begun, or will not: answers it, except for a test, which has yet to end."""
        test = self._tests.get(reply.id)
        if test is not None and reply.outcome in OPENED and reply.why == "":
            test.reply = reply  # the requester wants to see the end too
        else:
            self._finish(reply)

    def ended(self, request_id: str, outcome: str) -> None:
        """The command that served this request is over, and so is a test."""
        test = self._tests.get(request_id)
        if test is not None and test.reply is not None:
            sure = outcome in {"off", "unconfirmed"}
            self._finish(replace(test.reply, outcome=test.reply.outcome if sure else Outcome.FAILED, why=outcome))

    def _finish(self, reply: Reply) -> None:
        test = self._tests.pop(reply.id, None)
        if test is not None:
            reply = replace(reply, said=self.outlets.said_since(test.board, test.started))
        for requester in self.keys.answered(reply):
            self.outlets.reply(requester, reply)
