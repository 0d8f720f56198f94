"""Pictures of visits: where they are kept is a seam (ADR 123).

Files below the data folder by default; with `OKTER_S3_BUCKET` objects of a bucket, which every host of a portal sees.
A picture is named by its key, `snapshots/GATE/XX/EVENT.jpg`, the same in both.
"""

from __future__ import annotations

from cloud.pictures.build import make_pictures
from cloud.pictures.seam import Picture, Pictures, PicturesAway, PicturesNotAsked
from cloud.pictures.settings import BucketSettings, bucket_settings
from cloud.pictures.thumbnails import thumbnail_key, thumbnail_of

__all__ = [
    "BucketSettings",
    "Picture",
    "Pictures",
    "PicturesAway",
    "PicturesNotAsked",
    "bucket_settings",
    "make_pictures",
    "thumbnail_key",
    "thumbnail_of",
]
