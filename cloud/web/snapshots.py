"""Pictures of visits, served only from below the folder they are kept in, and only to who is in at that moment."""

from __future__ import annotations

from pathlib import Path

from starlette.responses import FileResponse, Response

CACHE = "private, no-cache"
"""A browser may keep the picture and must ask each time: after a log-out the answer is no."""


def snapshot_response(data_dir: Path, relative: str | None, *, known: str) -> Response | None:
    """The picture, or 304 when the browser has it (`known` = its `If-None-Match`); None when there is none (any more)."""
    if not relative:
        return None
    root = (data_dir / "snapshots").resolve()
    path = (data_dir / relative).resolve()
    if root not in path.parents or not path.is_file():
        return None
    facts = path.stat()
    headers = {"Cache-Control": CACHE, "ETag": f'"{facts.st_mtime_ns:x}-{facts.st_size:x}"'}
    if known == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    return FileResponse(path, media_type="image/jpeg", headers=headers)
