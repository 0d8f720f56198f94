"""The document that redirects a gate to another cell. It is signed once, when a territory moves (ADR 147).

The signature is Ed25519, made by `ssh-keygen -Y` (format: OpenSSH's PROTOCOL.sshsig). Only the operator who moves
territories has the private key. A cell knows only the public key and gives it to gates when they enrol.
"""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

from cloud.cells.errors import MoveFailed
from core.words.language import say
from core.words.system import system_words
from sync import wire

LONGEST_S = 30.0


@dataclass(frozen=True, slots=True)
class Redirect:
    """What a gate receives: the signed text, and the signature in base64 without line breaks."""

    document: str
    signature: str


UNSIGNED = Redirect("", "")
"""No signature: the old cell forwards the gates' requests for as long as it runs."""


def document_of(code: str, cell_url: str, serial: int) -> str:
    """The text that is signed; a gate reads it as `sync.wire.MoveDocument`."""
    return json.dumps({"territory": code, "cell": cell_url, "serial": serial}, separators=(",", ":"))


def signed(document: str, key: Path) -> Redirect:
    """Signs `document` with the private `key`. Raises MoveFailed."""
    arguments = ["ssh-keygen", "-Y", "sign", "-q", "-f", str(key), "-n", wire.MOVE_NAMESPACE]
    try:
        done = subprocess.run(  # noqa: S603  # fixed words and a file
            arguments, input=document.encode(), capture_output=True, timeout=LONGEST_S, check=False
        )
    except FileNotFoundError:
        raise MoveFailed(say("нет ssh-keygen: apt install openssh-client")) from None
    except subprocess.TimeoutExpired:
        why = say("ssh-keygen не ответил за {seconds:.0f} с; ключ с паролем не годится", seconds=LONGEST_S)
        raise MoveFailed(say("{key}: подписать не удалось: {why}", key=key, why=why)) from None
    except OSError as error:
        raise MoveFailed(say("{key}: подписать не удалось: {why}", key=key, why=system_words(error))) from error
    if done.returncode:
        why = (done.stderr.decode(errors="replace").strip().splitlines() or ["?"])[-1][:200]
        raise MoveFailed(say("{key}: подписать не удалось: {why}", key=key, why=why))
    lines = done.stdout.decode("ascii").splitlines()
    return Redirect(document, "".join(line for line in lines if not line.startswith("-----")))
