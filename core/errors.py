"""The errors a user can meet.

Each leaf also derives from the builtin a Python reader expects, and carries its facts as attributes. A leaf lives in
the package that raises it; a branch is made where callers do different things about its leaves:

    GateError
    ├── AcceptanceUnsaved (OSError)                     edge.aim.record
    ├── AddressTaken (OSError)                          edge.cli.console
    ├── AlreadyRunning (RuntimeError)                   edge.runtime.lock
    ├── BoxBusy (RuntimeError)                          edge.store.archive
    ├── CallError                                       edge.call.errors
    │   ├── CallUnavailable (ImportError)               edge.call.errors
    │   ├── CallsOff (ValueError)                       edge.call.errors
    │   ├── FeedLost (ConnectionError)                  edge.call.errors
    │   ├── OfferInvalid (ValueError)                   edge.call.errors
    │   └── SoundLost (OSError)                         edge.call.errors
    ├── CameraError                                     camera.errors
    │   └── CameraLost (ConnectionError)                camera.errors
    ├── CloudError                                      sync.errors
    │   ├── CloudRefused                                sync.errors
    │   ├── CloudRetry                                  sync.errors
    │   │   ├── AnswerInvalid (ValueError)              sync.errors
    │   │   ├── CloudBusy                               sync.errors
    │   │   └── CloudUnreachable (ConnectionError)      sync.errors
    │   │       └── CertificateNotYetValid              sync.errors
    │   ├── EnrolmentLost (PermissionError)             sync.errors
    │   ├── ListExpired                                 sync.errors
    │   ├── ListShrunken                                sync.errors
    │   ├── MoveRefused                                 sync.errors
    │   └── TerritoryMoved                              sync.errors
    ├── ConfigError (ValueError)                        core.errors
    ├── DemoFailed (RuntimeError)                       edge.demo.stage
    ├── FileUnusable (OSError)                          core.errors
    │   ├── ArchiveInvalid                              edge.store.archive
    │   └── PassFileInvalid (ValueError)                edge.passcsv
    ├── GateAbsent (ConnectionError)                    edge.runtime.control
    ├── NeighbourFailed (RuntimeError)                  edge.neighbours.seam
    ├── NoSuchVisit (LookupError)                       edge.cli.journal
    ├── NotAccepted (ValueError)                        edge.aim.accept
    ├── NotMultipart (ValueError)                       edge.witnesses.multipart
    ├── OpeningNotMeasured (RuntimeError)               edge.bench.opening
    ├── PersonInvalid (ValueError)                      edge.persons
    ├── PersonsNotOurs (OSError)                        edge.persons_place
    ├── PersonsUnread (OSError)                         edge.persons
    ├── PlateInvalid (ValueError)                       core.plates.canonical
    ├── ReaderError                                     camera.errors
    │   ├── InferenceFailed (RuntimeError)              camera.errors
    │   └── WeightsInvalid (ValueError)                 camera.errors
    ├── RelayError                                      relay.errors
    │   ├── BoardError                                  relay.errors
    │   │   ├── BoardLost (ConnectionError)             relay.errors
    │   │   ├── BoardMisset (ValueError)                relay.errors
    │   │   ├── BoardNonsense (ValueError)              relay.errors
    │   │   │   └── BoardRefused                        relay.errors
    │   │   └── BoardSilent (TimeoutError)              relay.errors
    │   ├── ProtocolBroken (ValueError)                 relay.errors
    │   ├── RelayAbsent (ConnectionError)               relay.errors
    │   ├── RelayBusy (RuntimeError)                    relay.errors
    │   └── RelayTimeout (TimeoutError)                 relay.errors
    ├── StateDirUnusable (OSError)                      edge.runtime.lock
    ├── StoreError                                      edge.store.errors
    │   ├── StoreBroken (OSError)                       edge.store.errors
    │   ├── StoreFull (OSError)                         edge.store.errors
    │   ├── StoreLocked (OSError)                       edge.store.errors
    │   └── StoreReadOnly (OSError)                     edge.store.errors
    ├── SubscriptionsUnkept (OSError)                   edge.neighbours.subscriptions
    ├── UpdateError                                     edge.update.errors
    │   ├── BundleRefused (ValueError)                  edge.update.errors
    │   ├── UpdateFailed (RuntimeError)                 edge.update.errors
    │   └── UpdateUnready (RuntimeError)                edge.update.errors
    └── WorkerStuck (RuntimeError)                      edge.runtime.worker
"""

from __future__ import annotations


class GateError(Exception):
    """Root of every error that is shown to a user as one line and ends a command with `exit_code`."""

    exit_code = 1


class ConfigError(GateError, ValueError):
    """An unusable config. Message: `FILE:LINE: key: what is wrong, what is allowed`, one line per problem."""

    exit_code = 2


class FileUnusable(GateError, OSError):
    """A file given by the user that cannot be used. The message starts with its path."""

    def __init__(self, path: object, why: str, *, line: int | None = None) -> None:
        self.path = str(path)
        self.why = why
        self.line = line
        super().__init__(f"{self.path}:{line}: {why}" if line is not None else f"{self.path}: {why}")

    def __str__(self) -> str:  # OSError would print its errno form
        return str(self.args[0])
