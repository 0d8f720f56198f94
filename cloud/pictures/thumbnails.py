"""Thumbnails of visits, made once from the full pictures and stored beside them.

A page of the journal shows fifty pictures; at full size they would be megabytes on a guard's phone.
"""

from __future__ import annotations

from cloud.pictures.seam import Picture, Pictures

WIDTH, HEIGHT = 192, 108
"""In pixels: twice the displayed size, for high-density screens."""
SUFFIX = ".thumb.jpg"
QUALITY = 75


def thumbnail_key(key: str) -> str:
    """The key of a picture's thumbnail."""
    return key.removesuffix(".jpg") + SUFFIX


def thumbnail_of(pictures: Pictures, key: str, *, known: str = "") -> Picture | None:
    """The thumbnail, made now if there is none. If the picture cannot be decoded, the picture itself; None if it is missing."""
    small = pictures.get(thumbnail_key(key), known=known)
    if small is not None:
        return small
    large = pictures.get(key)
    if large is None or large.content is None:
        return None
    made = shrunk(large.content)
    if made is None:
        return Picture(large.tag, None) if large.tag == known else large
    pictures.put(thumbnail_key(key), made)
    return pictures.get(thumbnail_key(key))


def shrunk(jpeg: bytes) -> bytes | None:
    """`jpeg` scaled down, as JPEG. None if it cannot be decoded."""
    import cv2  # noqa: PLC0415  # tens of megabytes that a worker needs only here
    import numpy as np  # noqa: PLC0415

    # Decode at a quarter of the size, so that a huge hostile picture costs little.
    picture = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_REDUCED_COLOR_4)
    if picture is None:
        return None
    scale = max(WIDTH / picture.shape[1], HEIGHT / picture.shape[0])
    size = (max(1, round(picture.shape[1] * scale)), max(1, round(picture.shape[0] * scale)))
    done, encoded = cv2.imencode(
        ".jpg", cv2.resize(picture, size, interpolation=cv2.INTER_AREA), [cv2.IMWRITE_JPEG_QUALITY, QUALITY]
    )
    return encoded.tobytes() if done else None
