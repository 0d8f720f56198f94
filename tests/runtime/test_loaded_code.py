"""Machine code that only the start needed is unmapped, and nothing else is."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from edge.runtime.loaded_code import Loaded, code

ROOT = Path(__file__).resolve().parents[2]

LIBRARY = "/usr/lib/libseen.so.1"


def mapping(
    may: str = "r-xp", path: str = LIBRARY, *, inode: int = 7, begin: int = 0x1000, **sizes: int | None
) -> list[str]:
    """The lines of one mapping in `smaps`; a size of None is not told."""
    told = {"Size": 64, "Rss": 48, "Anonymous": 0, "Swap": 0, **sizes}
    header = f"{begin:x}-{begin + 0x1000:x} {may} 00000000 fe:00 {inode}      {path}".rstrip()
    fields = [f"{name}:        {kib} kB" for name, kib in told.items() if kib is not None]
    return [header, *fields, "THPeligible:           0", "VmFlags: rd ex mr mw me "]


CODE = mapping()


def test_code_and_constants_of_a_library_are_found() -> None:
    """What a library executes and only reads, and how much of it is in memory."""
    constants = mapping("r--p", begin=0x5000, Rss=8)

    assert [Loaded(0x1000, 0x2000, 48), Loaded(0x5000, 0x6000, 8)] == list(code([*CODE, *constants]))


@pytest.mark.parametrize(
    "other",
    [
        mapping("rw-p"),
        mapping("r--s"),
        mapping("r--p", Anonymous=4),
        mapping("r-xp", Anonymous=4),
        mapping("r--p", Swap=4),
        mapping("r--p", Anonymous=None),
        mapping("r--p", Swap=None),
        mapping("r--p", "/usr/lib/locale/locale-archive"),
        mapping("r-xp", "[vdso]", inode=0),
        mapping("rw-p", "[heap]", inode=0),
        mapping("r-xp", "", inode=0),
        mapping("r-xp", "/dev/gpiomem"),
        mapping("r-xp", Rss=0),
    ],
    ids=lambda lines: f"{lines[0].split()[1]} {lines[0].split()[5:]} {lines[1:5]}",
)
def test_what_may_belong_to_the_process_is_left_alone(other: list[str]) -> None:
    """Whatever can be written, was written, is swapped out, does not say so, or is no part of loaded code."""
    assert [Loaded(0x1000, 0x2000, 48)] == list(code([*CODE, *other]))


STARTS = textwrap.dedent(
    """
    import os, sys, threading
    from edge.cli.run import load_seeing
    from edge.paths import weights_dir
    from edge.runtime.loaded_code import let_go
    load_seeing()
    import camera.av_stream
    import numpy as np
    from camera.detector import PlateDetector
    from camera.shrink import thumbnail
    from camera.weights import check_weights
    def of_files():
        with open("/proc/self/status") as lines:
            return next(int(line.split()[1]) for line in lines if line.startswith("RssFile"))
    picture = np.random.default_rng(1).integers(0, 255, (384, 640)).astype(np.uint8)
    many = np.ones((600, 600), np.float32)
    detector = PlateDetector.from_weights(check_weights(weights_dir()))
    def seen():
        return [one.tobytes() for one in (*detector.infer(picture), thumbnail(picture), many @ many)]
    first = seen()
    print("threads", len(os.listdir("/proc/self/task")))
    if sys.argv[1] == "two threads":
        end = threading.Event()
        threading.Thread(target=end.wait).start()
    before = of_files()
    gone = let_go()
    after = of_files()
    print("gone", gone > 0, after < before / 2)
    print("same", seen() == first)
    if sys.argv[1] == "two threads":
        end.set()
    """
)


def start(how: str) -> list[str]:
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", STARTS, how], capture_output=True, text=True, check=False, env=env)
    assert not done.stderr
    return done.stdout.splitlines()


def test_what_sees_starts_no_thread_and_works_after_its_code_was_let_go() -> None:
    """Loading, reading and a product of matrices happen on one thread; half of the files is unmapped, and all goes on."""
    assert ["threads 1", "gone True True", "same True"] == start("alone")


def test_beside_another_thread_nothing_is_let_go() -> None:
    """It could map its own memory where a file was a moment ago."""
    assert ["threads 1", "gone False False", "same True"] == start("two threads")
