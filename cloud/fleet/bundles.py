"""Releases: signed bundles that the portal imports whole, stores in pieces and serves piece by piece.

`gate update FILE --build` makes a bundle (ADR 102): a plain tar whose first entry is `manifest.json`. The portal reads from
it the name and the target platform. It verifies no signature and has no key to make one.
"""

from __future__ import annotations

import hashlib
import re
import tarfile
from pathlib import Path

import msgspec
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from cloud.db.models import Release, ReleasePiece, Rollout
from cloud.domain.errors import Invalid
from core.words.system import system_words
from sync import wire

MANIFEST, SIGNATURE = "manifest.json", "manifest.json.sig"
MOST_MANIFEST_BYTES = 1 << 20
MOST_BYTES = 2 << 30
_NAME = re.compile(r"\d[0-9A-Za-z_.+\-]{0,63}")


class Named(msgspec.Struct, frozen=True):
    """The part of the manifest that the portal uses. The rest is for the gate."""

    version: str
    built_at: int
    python: str
    machine: str

    @property
    def name(self) -> str:
        return f"{self.version}-{self.built_at}"


def read_named(file: Path) -> Named:
    """Reads a bundle's name and target platform from its manifest. Raises `Invalid`."""
    try:
        with tarfile.open(file, "r:") as tar:
            first, second = tar.next(), tar.next()
            named = first is not None and first.name == MANIFEST and first.isreg()
            if not named or second is None or second.name != SIGNATURE or first is None:
                raise Invalid("", "{file}: не файл обновления: нет {name}", file=file, name=MANIFEST)
            stream = tar.extractfile(first)
            data = b"" if stream is None else stream.read(MOST_MANIFEST_BYTES)
        found = msgspec.json.decode(data, type=Named)
    except OSError as error:
        raise Invalid("", "{file}: не читается: {why}", file=file, why=system_words(error)) from None
    except (tarfile.TarError, EOFError, UnicodeError, msgspec.MsgspecError) as error:
        raise Invalid("", "{file}: не файл обновления или оборван ({error})", file=file, error=error) from None
    if not _NAME.fullmatch(found.name) or len(found.python) > 8 or len(found.machine) > 20:
        raise Invalid("", "{file}: странное имя выпуска: {name!r:.80}", file=file, name=found.name)
    return found


def add(session: Session, file: Path) -> Release:
    """Imports a bundle. Importing the same file again only restores pieces that were deleted.

    A different file with the same name and platform is rejected. Raises `Invalid`.
    """
    named = read_named(file)
    digest, size = hashlib.sha256(), 0
    known = find(session, named.name, named.python, named.machine)
    wanting = known is None or not has_file(session, known)
    row = known or Release(
        name=named.name, version=named.version, python=named.python, machine=named.machine, size=0, sha256=""
    )
    if known is None:
        session.add(row)
        session.flush()
    number = row.id
    try:
        with file.open("rb") as stream:
            while piece := stream.read(wire.PIECE_BYTES):
                if wanting:
                    session.add(ReleasePiece(release_id=number, number=size // wire.PIECE_BYTES, body=piece))
                    session.flush()
                    session.expunge_all()  # a release is 121 MB: do not keep all of it in memory
                digest.update(piece)
                size += len(piece)
    except OSError as error:
        raise Invalid("", "{file}: не читается: {why}", file=file, why=system_words(error)) from None
    if size > MOST_BYTES:
        raise Invalid("", "{file}: больше {n} МБ", file=file, n=MOST_BYTES >> 20)
    row = session.get_one(Release, number)
    if known is not None and row.sha256 != digest.hexdigest():
        raise Invalid("", "{name}: выпуск с таким именем уже есть, и он другой", name=named.name)
    row.size, row.sha256 = size, digest.hexdigest()
    return row


def find(session: Session, name: str, python: str, machine: str) -> Release | None:
    return session.scalar(
        select(Release).where(Release.name == name, Release.python == python, Release.machine == machine)
    )


def has_file(session: Session, release: Release) -> bool:
    """Whether the release's file is stored here. It may have been deleted since the import."""
    return piece(session, release.id, 0) is not None


def piece(session: Session, release_id: int, number: int) -> bytes | None:
    return session.scalar(
        select(ReleasePiece.body).where(ReleasePiece.release_id == release_id, ReleasePiece.number == number)
    )


def forget(session: Session, release: Release) -> None:
    """Deletes the pieces of a release. The release row stays while a rollout refers to it.

    Raises `Invalid` while a rollout of it has not ended.
    """
    live = session.scalar(select(Rollout.id).where(Rollout.release_id == release.id, Rollout.phase != "ended"))
    if live is not None:
        raise Invalid("", "{name}: его ставят сейчас; сначала завершите раскатку {n}", name=release.name, n=live)
    session.execute(delete(ReleasePiece).where(ReleasePiece.release_id == release.id))
    if session.scalar(select(Rollout.id).where(Rollout.release_id == release.id).limit(1)) is None:
        session.delete(release)
