"""The place for pictures that the settings name."""

from __future__ import annotations

from pathlib import Path

from cloud.pictures.bounded import BoundedPictures
from cloud.pictures.files import FilePictures
from cloud.pictures.seam import Pictures
from cloud.pictures.settings import BucketSettings


def make_pictures(data_dir: Path, bucket: BucketSettings | None) -> Pictures:
    """Files below the data folder, or the bucket, which may keep nobody waiting but who wants a picture."""
    if bucket is None:
        return FilePictures(data_dir)
    from cloud.pictures.bucket import BucketPictures  # noqa: PLC0415  # an extra: only who has a bucket needs it

    return BoundedPictures(BucketPictures(bucket))
