"""Removes passwords from camera addresses. Everything that is printed or logged goes through here."""

from __future__ import annotations

import re

_USERINFO = re.compile(r"(?P<scheme>[a-zA-Z][a-zA-Z0-9+.-]*://)\S*@")
_SECRET = r"(?:(?:login)?(?:user?|usr|username|pass?|passwd|password|pwd)|token|auth|key)="
_QUERY_SECRET = re.compile(rf"(?P<key>[?&]{_SECRET})[^&\s]*", re.IGNORECASE)
_PATH_SECRET = re.compile(rf"(?P<key>[/_]{_SECRET})\S*?(?=&|_(?:{_SECRET}|channel=|stream=)|\s|$)", re.IGNORECASE)
"""The form used by cheap recorders: `/user=admin_password=x_channel=1_stream=0.sdp`. The secret extends to the next
known key."""


def redact(text: object) -> str:
    """`text` with the user names, passwords and tokens of every address in it replaced by `***`."""
    hidden = _USERINFO.sub(r"\g<scheme>***@", str(text))
    for secret in (_QUERY_SECRET, _PATH_SECRET):
        hidden = secret.sub(r"\g<key>***", hidden)
    return hidden
