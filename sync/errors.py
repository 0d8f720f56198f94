"""What can go wrong between the gate and the cloud, split by what to do about it.

CloudError (GateError)
├── CloudRetry                          later: the same request may succeed
│   ├── CloudUnreachable (ConnectionError)   no name, no route, refused, cut, TLS, out of time
│   │   └── CertificateNotYetValid      our clock is behind: starts time recovery (`sync.timecheck`)
│   ├── CloudBusy                       408, 425, 429 and 5xx; `retry_after_s` if the cloud named a time
│   └── AnswerInvalid (ValueError)      violates the contract: a captive portal, a redirect, bad JSON, too many bytes
├── EnrolmentLost (PermissionError)     401 or 403: re-enrol; the list stays, the journal waits
├── ListExpired                         410: start over into staging
├── ListShrunken                        under half without `reset`: not believed
├── TerritoryMoved                      421: the territory is in another cell; followed if the notice is signed
├── MoveRefused                         a move notice that is forged, old or of another territory: not followed
└── CloudRefused                        other 4xx: this very request will never be accepted
"""

from __future__ import annotations

from core.errors import GateError
from core.words.language import say
from sync import wire


class CloudError(GateError):
    """Root of all errors of the cloud and the way to it."""


class CloudRetry(CloudError):
    """The same request may succeed later, but not before `retry_after_s` if that is given."""

    def __init__(self, message: str, *, retry_after_s: float | None = None) -> None:
        self.retry_after_s = retry_after_s
        super().__init__(message)


class CloudUnreachable(CloudRetry, ConnectionError):
    """No complete answer arrived in time."""


class CertificateNotYetValid(CloudUnreachable):
    """The cloud's certificate starts in the future, so our clock is behind."""


class CloudBusy(CloudRetry):
    """408, 425, 429 or 5xx."""

    def __init__(self, status: int, *, retry_after_s: float | None = None) -> None:
        self.status = status
        super().__init__(say("облако ответило {status}", status=status), retry_after_s=retry_after_s)


class AnswerInvalid(CloudRetry, ValueError):
    """Somebody answered, but not according to the contract."""


class EnrolmentLost(CloudError, PermissionError):
    """The cloud does not know this gate, or no longer does."""

    def __init__(self, status: int) -> None:
        self.status = status
        super().__init__(
            say("облако не узнаёт шлагбаум ({status}): привяжите заново, gate enroll --url … --code …", status=status)
        )


class ListExpired(CloudError):
    """410: the cursor is too old for a delta."""


class ListShrunken(CloudError):
    """The cloud's list has less than half of our passes, and did not say `reset`."""

    def __init__(self, *, had: int, left: int) -> None:
        self.had = had
        self.left = left
        super().__init__(
            say(
                "облако прислало список из {left} пропусков вместо {had} без признака reset: не принят",
                left=left,
                had=had,
            )
        )


class TerritoryMoved(CloudError):
    """The territory has moved; the old cell sent the notice by which the gate finds the new one."""

    def __init__(self, moved: wire.Moved) -> None:
        self.moved = moved
        super().__init__(say("территория переехала в другую ячейку облака"))


class MoveRefused(CloudError):
    """A notice of a move that is not believed; the gate stays where it is."""

    def __init__(self, why: str) -> None:
        super().__init__(say("перенаправление в другую ячейку не принято: {why}", why=why))


class CloudRefused(CloudError):
    """4xx: this very request will never be accepted."""

    def __init__(self, status: int, why: str = "") -> None:
        self.status = status
        super().__init__(say("облако отказало ({status})", status=status) + (f": {why}" if why else ""))
