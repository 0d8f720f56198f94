"""Pictures of visits as answers: only to who is in at that moment."""

from __future__ import annotations

import logging
from datetime import timedelta

from starlette.responses import RedirectResponse, Response

from cloud.pictures import Pictures, PicturesAway, thumbnail_of

CACHE = "private, no-cache"
"""A browser may keep the picture and must ask each time: after a log-out the answer is no."""
LINK_LASTS = timedelta(minutes=1)
"""A browser follows at once; whoever finds the link in a log afterwards finds it ended."""
log = logging.getLogger(__name__)


def snapshot_response(pictures: Pictures, key: str | None, *, known: str, small: bool = False) -> Response | None:
    """The picture, a link to it that ends soon, or 304 when the browser has it (`known` = its `If-None-Match`).

    None when there is none (any more). `small`: its thumbnail.
    """
    if not key:
        return None
    try:
        if not small and (link := pictures.link(key, LINK_LASTS)) is not None:
            return RedirectResponse(link, 302, headers={"Cache-Control": "no-store"})
        found = thumbnail_of(pictures, key, known=known) if small else pictures.get(key, known=known)
    except PicturesAway as error:
        log.error("pictures: %s", error)  # noqa: TRY400  # one line
        return Response(status_code=503, headers={"Retry-After": "30"})
    if found is None:
        return None
    headers = {"Cache-Control": CACHE, "ETag": found.tag}
    if found.content is None:
        return Response(status_code=304, headers=headers)
    return Response(found.content, media_type="image/jpeg", headers=headers)
