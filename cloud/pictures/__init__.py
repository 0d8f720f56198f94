"""Storage for pictures of visits, behind an interface (ADR 123).

By default pictures are files in the data folder. With `OKTER_S3_BUCKET` they are objects in a bucket, which all hosts of a
portal share. Both use the same keys: `snapshots/GATE/XX/EVENT.jpg`, where XX is the start of EVENT.
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
