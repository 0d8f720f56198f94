"""Why an update was not made. Whichever it is, the program that ran before goes on.

UpdateError (GateError)
├── BundleRefused (ValueError)    torn, not signed by the pinned key, of another machine, older
├── UpdateUnready (RuntimeError)  this box cannot take one: no key, no layout, no room, another under way
└── UpdateFailed (RuntimeError)   the new program did not install, or did not come up healthy
"""

from __future__ import annotations

from core.errors import GateError


class UpdateError(GateError):
    """Root of the updater's errors."""


class BundleRefused(UpdateError, ValueError):
    """A file that is not taken; nothing was touched."""


class UpdateUnready(UpdateError, RuntimeError):
    """This box cannot take an update as it is; nothing was touched."""


class UpdateFailed(UpdateError, RuntimeError):
    """The new program is not in use: the old one is."""
