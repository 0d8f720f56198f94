"""Builds the picture storage named in the settings."""

from __future__ import annotations

from pathlib import Path

from cloud.pictures.bounded import BoundedPictures
from cloud.pictures.files import FilePictures
from cloud.pictures.seam import Pictures
from cloud.pictures.settings import BucketSettings


def make_pictures(data_dir: Path, bucket: BucketSettings | None) -> Pictures:
    """Files in the data folder, or the bucket, bounded so that only requests for pictures can be held up by it."""
    if bucket is None:
        return FilePictures(data_dir)
    from cloud.pictures.bucket import BucketPictures  # noqa: PLC0415  # an optional dependency, needed only with a bucket

    return BoundedPictures(BucketPictures(bucket))
