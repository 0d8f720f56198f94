"""Camera addresses without their passwords: whatever is printed or logged goes through here."""

from __future__ import annotations

import re

_USERINFO = re.compile(r"(?P<scheme>[a-zA-Z][a-zA-Z0-9+.-]*://)\S*@")
_QUERY_SECRET = re.compile(r"(?P<key>[?&](?:pass(?:word)?|pwd|user(?:name)?|token|auth|key)=)[^&\s]*", re.IGNORECASE)


def redact(text: object) -> str:
    """Return `text` with user names, passwords and tokens of every address in it replaced by `***`."""
    hidden = _USERINFO.sub(r"\g<scheme>***@", str(text))
    return _QUERY_SECRET.sub(r"\g<key>***", hidden)
