"""TLS contexts: certificate and name are always checked. No setting turns that off."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from core.errors import FileUnusable
from core.words.language import say

NOT_YET_VALID = 9
"""X509_V_ERR_CERT_NOT_YET_VALID."""
NO_CHECK_TIME = 0x200000
"""X509_V_FLAG_NO_CHECK_TIME; the ssl module has no name for it."""


def checking_context(ca_file: Path | None) -> ssl.SSLContext:
    """The usual context: chain, name and time. Raises FileUnusable for a `ca_file` without a certificate."""
    try:
        context = ssl.create_default_context(cafile=None if ca_file is None else str(ca_file))
        if ca_file is not None:
            # Python 3.13 demands extensions that are missing from certificates of an authority made with a few openssl
            # commands. Who is trusted, and for which name, is checked all the same.
            context.verify_flags &= ~ssl.VERIFY_X509_STRICT
        return context  # noqa: TRY300  # one exit
    except (OSError, ssl.SSLError):
        raise FileUnusable(ca_file, say("нужен файл сертификатов PEM")) from None


def timeless_context(ca_file: Path | None) -> ssl.SSLContext:
    """Checks chain and name, but not the time: the caller compares `validity` with a clock better than the system's."""
    context = checking_context(ca_file)
    context.verify_flags |= NO_CHECK_TIME
    return context


def validity(certificate: Mapping[str, Any]) -> tuple[datetime, datetime]:
    """The start and end of validity of a peer's certificate (`SSLSocket.getpeercert()`)."""
    begin, end = (ssl.cert_time_to_seconds(str(certificate[key])) for key in ("notBefore", "notAfter"))
    return datetime.fromtimestamp(begin, UTC), datetime.fromtimestamp(end, UTC)


def is_not_yet_valid(error: BaseException) -> bool:
    """Whether a connection failed because the certificate starts in our future."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, ssl.SSLCertVerificationError):
            return seen.verify_code == NOT_YET_VALID
        seen = seen.__cause__ or seen.__context__
    return False
