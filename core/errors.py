"""The errors a user can meet.

Each leaf also derives from the builtin a Python reader expects, and carries its facts as attributes. A leaf lives in
the package that raises it. The main branches:

    GateError
    ├── ConfigError (ValueError)            a config file, key or value                 core.errors
    ├── FileUnusable (OSError)              a picture, video or CSV that cannot be used core.errors
    ├── CameraError                         camera/errors.py
    │   └── CameraLost (ConnectionError)    no picture within the time-out
    ├── ReaderError                         camera/errors.py
    │   ├── WeightsInvalid (ValueError)     weights missing, or not those of the manifest
    │   └── InferenceFailed (RuntimeError)  the network did not answer: never "no plates"
    ├── RelayError                          relay/errors.py: what the board or the relay process said
    ├── NotAccepted (ValueError)            edge/aim/accept.py: what is missing for an acceptance
    ├── AcceptanceUnsaved (OSError)         edge/aim/record.py
    ├── StoreError                          edge/store/errors.py: disk full, file broken
    └── CloudError                          sync/errors.py: split by what to do: retry, re-enrol, never
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
