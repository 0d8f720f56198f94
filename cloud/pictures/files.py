"""Pictures as files in the data folder: for one host, with nothing to set up."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path

from cloud.pictures.seam import Picture, PicturesAway, gate_prefix, is_key
from core.words.system import system_words


class FilePictures:
    """`Pictures` in `DIR/snapshots/`."""

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir

    def put(self, key: str, content: bytes) -> None:
        """Writes the whole file or nothing, even if the power fails."""
        assert is_key(key), key
        path = self._data_dir / key
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            _write(path, content)
        except OSError as error:
            raise PicturesAway(f"{path}: {system_words(error)}") from error

    def get(self, key: str, *, known: str = "") -> Picture | None:
        path = self._inside(key)
        try:
            if path is None or not path.is_file():
                return None
            facts = path.stat()
            tag = f'"{facts.st_mtime_ns:x}-{facts.st_size:x}"'
            return Picture(tag, None if tag == known else path.read_bytes())
        except FileNotFoundError:  # retention deleted it meanwhile
            return None
        except OSError as error:
            raise PicturesAway(f"{path}: {system_words(error)}") from error

    def drop(self, keys: Iterable[str]) -> None:
        try:
            for key in keys:
                if (path := self._inside(key)) is not None:
                    path.unlink(missing_ok=True)
        except OSError as error:
            raise PicturesAway(f"{error.filename}: {system_words(error)}") from error

    def drop_gate(self, gate_id: int) -> None:
        try:
            shutil.rmtree(self._data_dir / gate_prefix(gate_id))
        except FileNotFoundError:
            return
        except OSError as error:
            raise PicturesAway(f"{error.filename}: {system_words(error)}") from error

    def link(self, key: str, lasts: timedelta) -> str | None:  # noqa: ARG002  # the seam's
        return None

    def look(self) -> str:
        """Checks nothing: free disk space is reported elsewhere."""
        return "files"

    def _inside(self, key: str) -> Path | None:
        """The path of a picture. None if `key` is not a valid key or resolves to a path outside the folder."""
        if not is_key(key):
            return None
        path = (self._data_dir / key).resolve()
        return path if (self._data_dir / "snapshots").resolve() in path.parents else None


def _write(path: Path, content: bytes) -> None:
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".part-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
