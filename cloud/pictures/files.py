"""Pictures as files in the data folder: for one host, with nothing to set up."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cloud.pictures.seam import Picture, PicturesAway, gate_of, gate_prefix, is_key
from core.words.system import system_words

SNAPSHOTS, HALF_WRITTEN = "snapshots", ".parts"
AT_ONCE = 1000


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
            self._parts.mkdir(exist_ok=True)
            _write(path, content, by=self._parts)
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

    def gates(self) -> set[int]:
        try:
            with os.scandir(self._data_dir / SNAPSHOTS) as found:
                return {gate for entry in found if entry.is_dir() and (gate := gate_of(entry.name)) is not None}
        except FileNotFoundError:
            return set()
        except OSError as error:
            raise PicturesAway(f"{error.filename}: {system_words(error)}") from error

    def keys(self, gate_id: int) -> Iterator[list[str]]:
        prefix = gate_prefix(gate_id)
        try:
            for folder in sorted((self._data_dir / prefix).iterdir()):
                found = [key for path in folder.iterdir() if is_key(key := f"{prefix}{folder.name}/{path.name}")]
                for start in range(0, len(found), AT_ONCE):
                    yield found[start : start + AT_ONCE]
        except FileNotFoundError:
            return
        except OSError as error:
            raise PicturesAway(f"{error.filename}: {system_words(error)}") from error

    def newest(self, gate_id: int) -> datetime | None:
        try:
            files = (self._data_dir / gate_prefix(gate_id)).rglob("*")
            stamps = [path.stat().st_mtime for path in files if path.is_file()]
        except FileNotFoundError:  # deleted meanwhile
            return None
        except OSError as error:
            raise PicturesAway(f"{error.filename}: {system_words(error)}") from error
        return datetime.fromtimestamp(max(stamps), UTC) if stamps else None

    def tidy(self, before: datetime) -> None:
        try:
            for path in self._parts.iterdir():
                if path.stat().st_mtime < before.timestamp():
                    path.unlink(missing_ok=True)
        except FileNotFoundError:
            return
        except OSError as error:
            raise PicturesAway(f"{error.filename}: {system_words(error)}") from error

    @property
    def _parts(self) -> Path:
        return self._data_dir / SNAPSHOTS / HALF_WRITTEN

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
        return path if (self._data_dir / SNAPSHOTS).resolve() in path.parents else None


def _write(path: Path, content: bytes, *, by: Path) -> None:
    """`by`: a folder of the same disk, in which a half-written picture can be found and deleted after a kill."""
    handle, name = tempfile.mkstemp(dir=by, prefix="part-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
