"""Reads forms within limits, before anything else looks at them."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request

LARGEST_FORM = 64 * 1024
LARGEST_UPLOAD = 2 * 1024 * 1024
LONGEST_FIELD = 8 * 1024
MOST_FIELDS = 64
FORM_S, UPLOAD_S = 20.0, 120.0
"""Time in which a form must arrive: a half-sent one occupies a connection."""


@dataclass(frozen=True, slots=True)
class Form:
    """The fields of a posted form as unstripped text, and at most one file."""

    fields: dict[str, str] = field(default_factory=dict)
    upload: bytes | None = None

    def text(self, name: str, *, longest: int = LONGEST_FIELD) -> str:
        """A field's text, cut to `longest` and without control characters; empty if the field is missing."""
        value = self.fields.get(name, "")[:longest]
        return "".join(char for char in value if char.isprintable() or char in " \n\t")

    def raw(self, name: str) -> str:
        """A field exactly as sent (passwords)."""
        return self.fields.get(name, "")

    def ticked(self, name: str) -> bool:
        return self.fields.get(name, "") not in {"", "0", "off", "false"}


async def read_form(request: Request, *, uploads: bool) -> Form:
    """The body as a form; 413 as soon as it exceeds the size limit, 408 if it does not arrive in time."""
    largest = LARGEST_UPLOAD if uploads else LARGEST_FORM
    body = bytearray()
    try:
        async with asyncio.timeout(UPLOAD_S if uploads else FORM_S):
            async for chunk in request.stream():
                body += chunk
                if len(body) > largest:
                    raise HTTPException(413)
    except TimeoutError:
        raise HTTPException(408) from None
    request._body = bytes(body)  # noqa: SLF001  # Starlette's own cache: form() below parses this very body
    parsed = await request.form(max_files=1 if uploads else 0, max_fields=MOST_FIELDS, max_part_size=largest)
    fields: dict[str, str] = {}
    upload: bytes | None = None
    for name, value in parsed.multi_items():
        if isinstance(value, UploadFile):
            upload = await value.read(largest)
        else:
            fields[name] = value
    await request.close()
    return Form(fields, upload)
