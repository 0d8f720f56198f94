"""What a process that handles pictures gives back to the kernel."""

from __future__ import annotations

import subprocess
import sys
import textwrap

import pytest

from edge.runtime.allocator import keep_little

PICTURES = textwrap.dedent(
    """
    import sys
    from edge.runtime.allocator import give_back, keep_little
    if sys.argv[1] == "kept little" and not keep_little():
        sys.exit(77)
    def of_heaps():
        with open("/proc/self/smaps") as lines:
            return sum(int(line.split()[1]) for line in lines if line.startswith("Anonymous:"))
    bytearray(3_000_000)  # the first picture goes: glibc then takes pictures for small things
    before = of_heaps()
    pictures, small = [], []
    for _ in range(8):
        pictures.append(bytearray(b"x" * 3_000_000))
        small.append(bytes(100_000))  # something that stays lies between them
    pictures.clear()
    print(of_heaps() - before)
    """
)


def left_kib(how: str) -> int:
    done = subprocess.run([sys.executable, "-c", PICTURES, how], capture_output=True, text=True, check=False)
    if done.returncode == 77:
        pytest.skip("this C library has no mallopt")
    assert not done.stderr
    return int(done.stdout)


def test_memory_of_pictures_goes_back_with_the_pictures() -> None:
    """Of eight pictures of 3 MB that are gone less than one is left, although small things that stay were made between them."""
    assert left_kib("kept little") < 3_000


def test_without_it_the_c_library_keeps_them() -> None:
    """The same pictures stay in the process where nothing was set: what the other test sees is no accident."""
    assert left_kib("as it is") > 3_000


def test_a_c_library_without_the_setting_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is no `mallopt` nothing is done, and nothing fails."""
    monkeypatch.setattr("ctypes.CDLL", lambda _: object())

    assert not keep_little()
