"""Follows the territory to another cell of the cloud, by an order that the enrolment's key has signed (ADR 147).

The signature is checked with `ssh-keygen -Y`, as for updates (ADR 102), so that no library of ours handles keys or
curves. Without `ssh-keygen` the gate does not offer to follow, and is served through the old cell.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import textwrap
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from core.errors import FileUnusable
from edge.credential import Credential, read_credential, write_credential
from edge.language import say
from sync import wire
from sync.errors import MoveRefused
from sync.settings import url_problem

LONGEST_S = 30.0
IDENTITY = "okter-cloud"
LINE = 70
"""Line length of the signature, as ssh-keygen writes it."""


class CredentialMover:
    """`sync.seams.Mover` over the credential file. `moved` ends the current link."""

    def __init__(self, state_dir: Path, *, moved: Callable[[], None]) -> None:
        self._state_dir = state_dir
        self._moved = moved

    def can_follow(self) -> bool:
        credential = self._credential()
        return credential is not None and bool(credential.move_key) and shutil.which("ssh-keygen") is not None

    def checked(self, moved: wire.Moved) -> str:
        credential = self._credential()
        if credential is None or not credential.move_key:
            raise MoveRefused(say("нет ключа"))
        check_signature(moved, credential.move_key)
        document = _document(moved)
        if document.territory != credential.code:
            raise MoveRefused(say("оно о другой территории"))
        if document.serial <= credential.move_serial:
            raise MoveRefused(say("оно старое"))
        if (why := url_problem(document.cell)) is not None:
            raise MoveRefused(f"{document.cell}: {why}")
        return document.cell.rstrip("/")

    def settle(self, moved: wire.Moved) -> None:
        cell = self.checked(moved)  # again: a new enrolment meanwhile means another key and another territory
        credential = self._credential()
        if credential is None:
            raise MoveRefused(say("нет ключа"))
        write_credential(self._state_dir, replace(credential, cell=cell, move_serial=_document(moved).serial))
        self._moved()

    def _credential(self) -> Credential | None:
        try:
            return read_credential(self._state_dir)
        except FileUnusable:
            return None


def check_signature(moved: wire.Moved, key: str) -> None:
    """Check that `key` signed the document's text for exactly this purpose. Raises MoveRefused."""
    armour = textwrap.wrap(moved.signature, LINE)
    with tempfile.TemporaryDirectory() as folder:
        signature, signers = Path(folder) / "signature", Path(folder) / "signers"
        lines = ["-----BEGIN SSH SIGNATURE-----", *armour, "-----END SSH SIGNATURE-----", ""]
        signature.write_text("\n".join(lines), encoding="ascii")
        signers.write_text(f"{IDENTITY} {key}\n", encoding="ascii")
        names = ["-f", str(signers), "-I", IDENTITY, "-n", wire.MOVE_NAMESPACE, "-s", str(signature)]
        try:
            done = subprocess.run(  # noqa: S603  # fixed words and our own files
                ["ssh-keygen", "-Y", "verify", *names],  # noqa: S607  # as Debian has it
                input=moved.document.encode(),
                capture_output=True,
                timeout=LONGEST_S,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired):
            raise MoveRefused(say("нет ssh-keygen: apt install openssh-client")) from None
    if done.returncode:
        raise MoveRefused(say("подпись не от ключа, полученного при привязке"))


def _document(moved: wire.Moved) -> wire.MoveDocument:
    try:
        return wire.decode(wire.MoveDocument, moved.document.encode())
    except wire.WireError:
        raise MoveRefused(say("непонятно, куда")) from None
