"""The update file: a plain tar of manifest, its signature and wheels, in this order.

Nothing is unpacked before the manifest's signature is verified, and no wheel is kept whose size or checksum differs
from the manifest. Members that the manifest does not name are refused.
"""

from __future__ import annotations

import errno
import hashlib
import io
import os
import stat
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import msgspec

from core.errors import FileUnusable
from core.words.system import system_words
from edge.language import say
from edge.update import manifest as manifests
from edge.update import signature as signatures
from edge.update.errors import BundleRefused
from edge.update.manifest import Manifest, Wheel, read_manifest
from edge.update.signature import check_signature, sign
from edge.whole_file import READABLE, whole_file

MANIFEST = "manifest.json"
SIGNATURE = "manifest.json.sig"
PROGRAM = "okter_gate-"
_BLOCK = 1 << 20


def read_signed(file: Path, signers: Path) -> Manifest:
    """The bundle's manifest, once its signature is verified. Raises BundleRefused, UpdateUnready, FileUnusable."""
    with _opened(file) as tar:
        return _signed(tar, signers)


def unpack(file: Path, signers: Path, folder: Path, manifest: Manifest) -> None:
    """Unpack the bundle whose manifest was read before. Raises BundleRefused, UpdateUnready, OSError."""
    with _opened(file) as tar:
        if _signed(tar, signers) != manifest:
            raise BundleRefused(say("{file}: изменился, пока его читали", file=file))
        wanted = dict(manifest.wheels)
        while (entry := tar.next()) is not None:
            wheel = wanted.pop(entry.name, None)
            if wheel is None or not entry.isreg() or entry.size != wheel.size:
                raise BundleRefused(say("лишнее в файле обновления: {name!r:.80}", name=entry.name))
            _take(tar, entry, folder / entry.name, wheel)
        if wanted:
            raise BundleRefused(say("файл обновления неполон: нет {name}", name=min(wanted)))


def build(target: Path, wheels: Path, *, key: Path, built_at: int) -> Manifest:
    """Sign the wheels in `wheels` and write `target`, whole or not at all. Raises FileUnusable, UpdateFailed."""
    files = sorted(wheels.glob("*.whl"))
    programs = [file for file in files if file.name.startswith(PROGRAM)]
    if len(programs) != 1:
        raise FileUnusable(wheels, say("нужно ровно одно колесо okter_gate-*.whl, здесь {n}", n=len(programs)))
    made = Manifest(
        format=manifests.FORMAT,
        version=programs[0].name.split("-")[1],
        built_at=built_at,
        python=manifests.python_here(),
        machine=manifests.machine_here(),
        wheels={file.name: Wheel(_sum_of(file), file.stat().st_size) for file in files},
    )
    data = msgspec.json.encode(made)
    read_manifest(data)
    signature = sign(data, key)
    try:
        with whole_file(target, mode=READABLE) as raw, tarfile.open(fileobj=raw, mode="w") as tar:
            for name, content in ((MANIFEST, data), (SIGNATURE, signature)):
                entry = tarfile.TarInfo(name)
                entry.size = len(content)
                tar.addfile(entry, io.BytesIO(content))
            for file in files:
                entry = tarfile.TarInfo(file.name)
                entry.size = file.stat().st_size
                with file.open("rb") as content_of:
                    tar.addfile(entry, content_of)
    except OSError as error:
        raise FileUnusable(target, system_words(error)) from None
    return made


def open_plain(file: Path) -> BinaryIO:
    """Open a file that somebody else controls: a pipe or device in its place must not block us. Raises OSError."""
    handle = os.open(file, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
    return os.fdopen(handle, "rb")


@contextmanager
def _opened(file: Path) -> Iterator[tarfile.TarFile]:
    try:
        raw = open_plain(file)
    except OSError as error:
        raise FileUnusable(file, system_words(error)) from None
    with raw:
        try:
            with tarfile.open(fileobj=raw, mode="r:") as tar:
                yield tar
        except (tarfile.TarError, EOFError, UnicodeError) as error:
            raise BundleRefused(
                say("{file}: не файл обновления или оборван ({error})", file=file, error=error)
            ) from None


def _signed(tar: tarfile.TarFile, signers: Path) -> Manifest:
    data = _first(tar, MANIFEST, manifests.MOST_BYTES)
    check_signature(data, _first(tar, SIGNATURE, signatures.MOST_BYTES), signers)
    return read_manifest(data)


def _first(tar: tarfile.TarFile, name: str, most: int) -> bytes:
    entry = tar.next()
    stream = None
    if entry is not None and entry.name == name and entry.isreg() and entry.size <= most:
        stream = tar.extractfile(entry)
    if stream is None:
        raise BundleRefused(say("не файл обновления: нет {name}", name=name))
    return stream.read()


def _take(tar: tarfile.TarFile, entry: tarfile.TarInfo, target: Path, wheel: Wheel) -> None:
    stream, digest = tar.extractfile(entry), hashlib.sha256()
    assert stream is not None
    with target.open("xb") as out:
        while block := stream.read(_BLOCK):
            digest.update(block)
            out.write(block)
        out.flush()
        os.fsync(out.fileno())
    if digest.hexdigest() != wheel.sha256:
        raise BundleRefused(say("{name}: контрольная сумма не сходится", name=entry.name))


def _sum_of(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
