"""Responses with pictures of visits, only for people who are logged in at that moment."""

from __future__ import annotations

import logging
from datetime import timedelta

from markupsafe import escape
from starlette.responses import RedirectResponse, Response

from cloud.pictures import Pictures, PicturesAway, PicturesNotAsked, thumbnail_of
from cloud.web.language import Say

CACHE = "private, no-cache"
"""A browser may store the picture but must ask each time: after a log-out it is refused."""
LINK_LASTS = timedelta(minutes=1)
"""A browser follows the link at once; found in a log later, it has expired."""
AWAY_S = 30
"""Retry-After, in seconds, for a picture that is not available now."""
log = logging.getLogger(__name__)


def snapshot_response(
    pictures: Pictures, key: str | None, *, known: str, say: Say, small: bool = False
) -> Response | None:
    """The picture, a link to it that expires soon, or 304 if the browser has it (`known` = its `If-None-Match`).

    None if there is no picture (any more). `small`: its thumbnail. If the storage is unreachable: 503, with a drawn
    picture of a text that says so.
    """
    if not key:
        return None
    try:
        if not small and (link := pictures.link(key, LINK_LASTS)) is not None:
            return RedirectResponse(link, 302, headers={"Cache-Control": "no-store"})
        found = thumbnail_of(pictures, key, known=known) if small else pictures.get(key, known=known)
    except PicturesAway as error:
        if not isinstance(error, PicturesNotAsked):
            log.error("pictures: %s", error)  # noqa: TRY400  # one line
        return _words_instead(say, small=small)
    if found is None:
        return None
    headers = {"Cache-Control": CACHE, "ETag": found.tag}
    if found.content is None:
        return Response(status_code=304, headers=headers)
    return Response(found.content, media_type="image/jpeg", headers=headers)


def _words_instead(say: Say, *, small: bool) -> Response:
    """A replacement picture with text: browsers display the body of an error response too. Grey suits both themes."""
    width, height, size = (192, 108, 26) if small else (640, 360, 30)
    lines = [say("не сейчас")] if small else [say("Снимок сейчас недоступен."), say("Попробуйте позже.")]
    first = height / 2 - (len(lines) - 1) * size * 0.75
    drawn = "".join(
        f'<text x="50%" y="{first + number * size * 1.5:g}" dominant-baseline="middle">{escape(line)}</text>'
        for number, line in enumerate(lines)
    )
    picture = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}">'
        f'<rect width="100%" height="100%" fill="#3d4842"/>'
        f'<g fill="#e6ece8" font-family="system-ui, sans-serif" font-size="{size}" text-anchor="middle">{drawn}</g></svg>'
    )
    headers = {"Cache-Control": "no-store", "Retry-After": str(AWAY_S)}
    return Response(picture, 503, media_type="image/svg+xml", headers=headers)
