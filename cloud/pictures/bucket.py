"""Pictures as objects in an S3-compatible bucket, shared by all hosts of a portal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

import obstore
from obstore.exceptions import BaseError, NotModifiedError, PermissionDeniedError, UnauthenticatedError
from obstore.store import S3Store

from cloud.pictures.seam import Picture, PicturesAway, PicturesRefused, gate_of, gate_prefix, is_key
from cloud.pictures.settings import BucketSettings

ANSWER_S, CONNECT_S = 10, 3
"""Timeouts in seconds. They are short because a gate waits for the answer and can retry."""
TRIES = 2
NOTHING = "snapshots/nothing.jpg"
"""A key that no gate uses. Requesting it checks that the bucket answers and accepts our credentials."""


class BucketPictures:
    """`Pictures` in a bucket. It gives links only if browsers can reach the bucket (`OKTER_S3_PUBLIC`)."""

    def __init__(self, settings: BucketSettings) -> None:
        self._name = settings.bucket
        self._store = _store(settings, settings.endpoint)
        # The signature covers the host name, so links must be signed for the host that browsers use.
        self._public = _store(settings, settings.public) if settings.public else None

    def put(self, key: str, content: bytes) -> None:
        assert is_key(key), key
        with self._translated_errors():
            obstore.put(self._store, key, content, attributes={"Content-Type": "image/jpeg"})

    def get(self, key: str, *, known: str = "") -> Picture | None:
        if not is_key(key):
            return None
        try:
            with self._translated_errors():
                found = obstore.get(self._store, key, options={"if_none_match": known} if known else {})
                return Picture(found.meta["e_tag"] or "", bytes(found.bytes()))
        except FileNotFoundError:
            return None
        except NotModifiedError:
            return Picture(known, None)

    def drop(self, keys: Iterable[str]) -> None:
        named = [key for key in keys if is_key(key)]
        if named:
            with self._translated_errors():
                obstore.delete(self._store, named)

    def drop_gate(self, gate_id: int) -> None:
        with self._translated_errors():
            for page in obstore.list(self._store, prefix=gate_prefix(gate_id)):
                obstore.delete(self._store, [found["path"] for found in page])

    def gates(self) -> set[int]:
        with self._translated_errors():
            found = obstore.list_with_delimiter(self._store, prefix="snapshots")["common_prefixes"]
        named = [gate_of(prefix.rstrip("/").rpartition("/")[2]) for prefix in found]
        return {gate for gate in named if gate is not None}

    def keys(self, gate_id: int) -> Iterator[list[str]]:
        with self._translated_errors():
            for page in obstore.list(self._store, prefix=gate_prefix(gate_id), chunk_size=1000):
                yield [found["path"] for found in page if is_key(found["path"])]

    def newest(self, gate_id: int) -> datetime | None:
        with self._translated_errors():
            pages = obstore.list(self._store, prefix=gate_prefix(gate_id))
            return max((found["last_modified"] for page in pages for found in page), default=None)

    def tidy(self, before: datetime) -> None:
        """Nothing: a bucket takes an object whole or not at all."""

    def link(self, key: str, lasts: timedelta) -> str | None:
        return obstore.sign(self._public, "GET", key, lasts) if self._public is not None and is_key(key) else None

    def look(self) -> str:
        self.get(NOTHING)
        return "bucket"

    @contextmanager
    def _translated_errors(self) -> Iterator[None]:
        """Turns refusals and network errors into one-line errors of ours; the library's span many lines of debug output."""
        try:
            yield
        except NotModifiedError:
            raise
        except BaseError as error:
            first_line = str(error).partition("\n")[0][:200]
            refused = isinstance(error, PermissionDeniedError | UnauthenticatedError)
            kind = PicturesRefused if refused else PicturesAway
            raise kind(f"bucket {self._name}: {type(error).__name__}: {first_line}") from error


def _store(settings: BucketSettings, endpoint: str) -> S3Store:
    return S3Store(
        settings.bucket,
        config={"endpoint": endpoint} if endpoint else {},
        region=settings.region,
        access_key_id=settings.key,
        secret_access_key=settings.secret,
        virtual_hosted_style_request=False,
        client_options={
            "allow_http": endpoint.startswith("http://"),
            "timeout": timedelta(seconds=ANSWER_S),
            "connect_timeout": timedelta(seconds=CONNECT_S),
        },
        retry_config={"max_retries": TRIES, "retry_timeout": timedelta(seconds=ANSWER_S)},
    )
