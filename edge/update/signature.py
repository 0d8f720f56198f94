"""Ed25519 signatures with `ssh-keygen -Y`, part of OpenSSH in every Debian: no library of ours handles keys (ADR 102).

The pinned keys are in a file of OpenSSH's ALLOWED SIGNERS format (ssh-keygen(1)): `okter-gate ssh-ed25519 AAAA…`.
"""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

from edge.language import say
from edge.update.errors import BundleRefused, UpdateFailed, UpdateUnready

IDENTITY = "okter-gate"
NAMESPACE = "okter-gate-update"
MOST_BYTES = 16_384
_LONGEST_S = 30.0


def check_signature(data: bytes, signature: bytes, signers: Path) -> None:
    """Check that one of the pinned keys signed `data`. Raises BundleRefused, UpdateUnready."""
    if not _pinned(signers):
        raise UpdateUnready(
            say("{file}: нет ключа обновлений; его кладёт установка: install.sh --update-key", file=signers)
        )
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "signature"
        file.write_bytes(signature)
        arguments = ["-Y", "verify", "-f", str(signers), "-I", IDENTITY, "-n", NAMESPACE, "-s", str(file)]
        done = _ssh_keygen(arguments, data)
    if done.returncode:
        raise BundleRefused(say("подпись не от ключа, закреплённого при установке"))


def sign(data: bytes, key: Path) -> bytes:
    """Sign with the private `key`. Raises UpdateFailed."""
    done = _ssh_keygen(["-Y", "sign", "-f", str(key), "-n", NAMESPACE, "-q"], data)
    if done.returncode:
        raise UpdateFailed(say("{key}: подписать не удалось: {why}", key=key, why=_last_line(done.stderr)))
    return done.stdout


def _pinned(signers: Path) -> bool:
    """Whether there are keys, and only Ed25519 ones: any other kind is there by mistake."""
    try:
        lines = signers.read_text(encoding="utf-8").splitlines()
    except OSError:
        return False
    keys = [line.split() for line in lines if line.strip() and not line.startswith("#")]
    return bool(keys) and all("ssh-ed25519" in words for words in keys)


def _ssh_keygen(arguments: list[str], data: bytes) -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(  # noqa: S603 - fixed words and files
            ["ssh-keygen", *arguments],  # noqa: S607 - Debian's, from the PATH
            input=data,
            capture_output=True,
            timeout=_LONGEST_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        raise UpdateUnready(say("нет ssh-keygen: apt install openssh-client")) from None


def _last_line(text: bytes) -> str:
    return (text.decode(errors="replace").strip().splitlines() or ["?"])[-1][:200]
