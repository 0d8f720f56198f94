"""`OKTER_S3_*`: the bucket for pictures, if there is one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

from core.words.language import say
from core.words.system import system_words


class BucketInvalid(ValueError):
    """An invalid setting. The message names it."""


@dataclass(frozen=True, slots=True)
class BucketSettings:
    """One bucket."""

    bucket: str
    key: str
    secret: str = field(repr=False)
    endpoint: str = ""
    """`https://host[:port]`; empty = Amazon's endpoint for the region."""
    region: str = "us-east-1"
    public: str = ""
    """Like `endpoint`, but as browsers reach it; empty = browsers cannot, so the portal serves the pictures itself."""

    @property
    def origin(self) -> str:
        """The origin that pages must be allowed to load pictures from; empty = only the portal itself."""
        return self.public


def bucket_settings(environment: Mapping[str, str]) -> BucketSettings | None:
    """The bucket's settings from the environment; None = pictures are files. Raises `BucketInvalid`."""
    bucket = environment.get("OKTER_S3_BUCKET", "")
    if not bucket:
        return None
    if find_spec("obstore") is None:
        raise BucketInvalid(say("OKTER_S3_BUCKET: нужна библиотека: pip install 'okter-gate[cloud,s3]'"))
    key = environment.get("OKTER_S3_KEY", "")
    if not key:
        raise BucketInvalid(say("OKTER_S3_KEY: нужен ключ доступа к корзине {bucket}", bucket=bucket))
    return BucketSettings(
        bucket=bucket,
        key=key,
        secret=_secret(environment, bucket),
        endpoint=_address(environment, "OKTER_S3_ENDPOINT"),
        region=environment.get("OKTER_S3_REGION", "us-east-1"),
        public=_address(environment, "OKTER_S3_PUBLIC"),
    )


def _secret(environment: Mapping[str, str], bucket: str) -> str:
    named = environment.get("OKTER_S3_SECRET_FILE")
    try:
        secret = Path(named).read_text(encoding="utf-8") if named else environment.get("OKTER_S3_SECRET", "")
    except (OSError, UnicodeDecodeError) as error:
        said = system_words(error) if isinstance(error, OSError) else say("это не текст")
        raise BucketInvalid(f"OKTER_S3_SECRET_FILE: {named}: {said}") from error
    if not secret.strip():
        raise BucketInvalid(
            say("OKTER_S3_SECRET_FILE или OKTER_S3_SECRET: нужен секрет ключа корзины {bucket}", bucket=bucket)
        )
    return secret.strip()


def _address(environment: Mapping[str, str], name: str) -> str:
    """A checked address: only scheme, host and port, because it is also written into an HTTP header as an origin."""
    typed = environment.get(name, "").rstrip("/")
    if not typed:
        return ""
    try:
        parts = urlsplit(typed)
        plain = f"{parts.scheme}://{parts.netloc}" == typed and parts.port != 0 and parts.username is None
    except ValueError:
        plain = False
    if (
        not plain
        or parts.scheme not in {"http", "https"}
        or not parts.hostname
        or not typed.isascii()
        or set(typed) & set(" ;,'\"*")
    ):
        raise BucketInvalid(say("{name}: {url!r}: нужен адрес вида https://s3.example.ru", name=name, url=typed))
    return typed
