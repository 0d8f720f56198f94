"""The public API, `/api/v1`: other programs file passes and read the journal with a manager's token."""

from __future__ import annotations

from cloud.public_api.routes import router

__all__ = ["router"]
