"""The English catalogue; a test finds any Russian text of the pages that is missing here."""

from __future__ import annotations

ENGLISH: dict[str, str] = {}
