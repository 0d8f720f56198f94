"""Who asked for what: each id is admitted once, and each asker gets one answer. Owned by the desk."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from relay.once import OnceOnly
from relay.protocol import TOLD, Do, Outcome, Reply, Request
from relay.ways import Ways


@dataclass(slots=True)
class _Test:
    board: str
    started: float
    reply: Reply | None = None


@dataclass(slots=True)
class Askers:
    """Between the sockets of the askers and the desk."""

    ways: Ways
    once: OnceOnly
    _tests: dict[str, _Test] = field(default_factory=dict)

    def repeated(self, asker: int, request: Request) -> bool:
        """This id was asked for before: the asker gets the first answer, now or when there is one."""
        if not self.once.known(request.id):
            return False
        answer = self.once.asked_again(request.id, asker)
        if answer is not None:
            self.ways.reply(asker, replace(answer, repeated=True, retry_after_s=None))
        return True

    def admit(self, asker: int, request: Request, board: str, now: float) -> bool:
        """Remember who asked; without room for the id the request is refused and must not be done."""
        if not self.once.take(request.id, asker, now):
            detail = "слишком много просьб сразу"
            self.ways.reply(asker, Reply(request.id, Outcome.REFUSED, "busy", detail, retry_after_s=1.0))
            return False
        if request.do is Do.TEST:
            self._tests[request.id] = _Test(board, now)
        return True

    def begun(self, reply: Reply) -> None:
        """What was asked for has begun, or will not: an answer, but for a test that is still to end."""
        test = self._tests.get(reply.id)
        if test is not None and reply.outcome in TOLD and reply.why == "":
            test.reply = reply  # the asker wants to see the end as well
        else:
            self._finish(reply)

    def ended(self, request_id: str, outcome: str) -> None:
        """The command that served this request is over: the end of a test."""
        test = self._tests.get(request_id)
        if test is not None and test.reply is not None:
            sure = outcome in {"off", "unconfirmed"}
            self._finish(replace(test.reply, outcome=test.reply.outcome if sure else Outcome.FAILED, why=outcome))

    def _finish(self, reply: Reply) -> None:
        test = self._tests.pop(reply.id, None)
        if test is not None:
            reply = replace(reply, said=self.ways.said_since(test.board, test.started))
        for asker in self.once.answered(reply):
            self.ways.reply(asker, reply)
