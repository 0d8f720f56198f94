"""The place for pictures that the settings name."""

from __future__ import annotations

from pathlib import Path

from cloud.pictures.files import FilePictures
from cloud.pictures.seam import Pictures
from cloud.pictures.settings import BucketInvalid, BucketSettings
from core.language import say


def make_pictures(data_dir: Path, bucket: BucketSettings | None) -> Pictures:
    """Files, or the bucket; whoever names one without its library is told what to install."""
    if bucket is None:
        return FilePictures(data_dir)
    try:
        from cloud.pictures.bucket import BucketPictures  # noqa: PLC0415  # an extra: only who has a bucket needs it
    except ModuleNotFoundError as error:
        raise BucketInvalid(say("OKTER_S3_BUCKET: нужна библиотека: pip install 'okter-gate[cloud,s3]'")) from error
    return BucketPictures(bucket)
