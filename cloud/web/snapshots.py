"""Pictures of visits, served only from below the folder they are kept in."""

from __future__ import annotations

from pathlib import Path

from starlette.responses import FileResponse


def snapshot_response(data_dir: Path, relative: str | None) -> FileResponse | None:
    """The picture, cached by the browser alone; None when there is none (any more)."""
    if not relative:
        return None
    root = (data_dir / "snapshots").resolve()
    path = (data_dir / relative).resolve()
    if root not in path.parents or not path.is_file():
        return None
    return FileResponse(path, media_type="image/jpeg", headers={"Cache-Control": "private, max-age=86400"})
