"""Why an update failed. In every case the previous program goes on.

UpdateError (GateError)
├── BundleRefused (ValueError)    damaged, not signed by a pinned key, for another machine, or older
├── UpdateUnready (RuntimeError)  this box cannot update now: no key, no layout, no space, another update running
└── UpdateFailed (RuntimeError)   the new program did not install, or did not come up healthy
"""

from __future__ import annotations

from core.errors import GateError


class UpdateError(GateError):
    """Root of the updater's errors."""


class BundleRefused(UpdateError, ValueError):
    """The file is not accepted; nothing was touched."""


class UpdateUnready(UpdateError, RuntimeError):
    """This box cannot update in its present state; nothing was touched."""


class UpdateFailed(UpdateError, RuntimeError):
    """The new program is not in use; the old one is."""
