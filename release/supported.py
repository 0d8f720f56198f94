"""Writes SUPPORTED.md from `supported/`, the recordings that people have made of their boards and cameras.

python -m release.supported             write the page from the recordings
python -m release.supported --emulate   first record our emulated boards and the demo film again, marked as emulated
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

from edge.recordings.recording import Recording, read

ROOT: Final = Path(__file__).resolve().parents[1]
RECORDINGS: Final = ROOT / "supported"
PAGE: Final = ROOT / "SUPPORTED.md"
_MARKS: Final = ("<!-- {about}: from supported/, by python -m release.supported -->", "<!-- end -->")


def recordings(folder: Path = RECORDINGS) -> dict[str, Recording]:
    """Every recording, by its path relative to `folder`. Raises FileUnusable for a file that is not a recording."""
    return {str(path.relative_to(folder)): read(path) for path in sorted(folder.rglob("*.json"))}


def filled(page: str, held: dict[str, Recording]) -> str:
    """The page with both tables filled from the recordings."""
    for about, table in (("boards", _boards), ("streams", _streams)):
        begin, end = (mark.format(about=about) for mark in _MARKS)
        before, _, rest = page.partition(begin)
        _, _, after = rest.partition(end)
        page = "\n".join([f"{before}{begin}", *table(held), f"{end}{after}"])
    return page


def _boards(held: dict[str, Recording]) -> Iterator[str]:
    yield "| `driver` | что это / what it is | вышло / result | где / where | кто, когда / who, when | запись / recording |"
    yield "|---|---|---|---|---|---|"
    for name, one in held.items():
        if one.board is not None:
            kind = one.board.settings.get("modbus_dialect", "")
            driver = f"`{one.board.driver}`" + (f" `{kind}`" if kind else "")
            result = "✓" if one.good else f"✗ {one.board.outcome}, {one.board.health}"
            yield f"| {driver} | {_cell(one.marking)} | {result} | {_where(one)} | {_who(one)} | {_file(name)} |"


def _streams(held: dict[str, Recording]) -> Iterator[str]:
    yield "| камера / camera | поток / stream | ключевой кадр / key frame | разрыв / gap | где / where | кто, когда / who, when | запись / recording |"
    yield "|---|---|---|---|---|---|---|"
    for name, one in held.items():
        seen = one.stream
        if seen is not None:
            fps = "?" if seen.fps_told is None else f"{seen.fps_told:g}"
            key = "?" if seen.key_every is None else f"1 / {seen.key_every}"
            gap = "?" if seen.gap_ms_longest is None or one.emulated else f"≤ {seen.gap_ms_longest:.0f} ms"
            stream = f"{seen.codec}, {seen.width}×{seen.height}, {fps} fps"
            yield f"| {_cell(one.marking)} | {stream} | {key} | {gap} | {_where(one)} | {_who(one)} | {_file(name)} |"


def _where(one: Recording) -> str:
    return "подобие / likeness" if one.emulated else "**железо / metal**"


def _who(one: Recording) -> str:
    return f"{one.day}, {_cell(one.by) or 'без имени'}"


def _file(name: str) -> str:
    return f"[{Path(name).stem}](supported/{name})"


def _cell(text: str) -> str:
    """Text that somebody typed, made safe for a cell of a Markdown table; at most 80 characters."""
    return "".join(c for c in text if c.isprintable()).replace("|", "/").replace("<", "‹").replace("`", "'")[:80]


def emulate(folder: Path = RECORDINGS) -> None:
    """Records every emulated board with `gate record-board`, and the demo film with `gate record-stream`."""
    from relay.tools.emulators import (  # noqa: PLC0415 - writing the page needs no emulators
        Emulator,
        KmtronicEmulator,
        LcusEmulator,
        ModbusEmulator,
        NumatoEmulator,
    )

    boards: Sequence[tuple[str, str, str, Callable[[], Emulator]]] = (
        ("lcus", "", "LCUS-1/2/4/8 (CH340)", LcusEmulator),
        ("kmtronic", "", "KMtronic USB", KmtronicEmulator),
        ("numato", "", "Numato USB", NumatoEmulator),
        ("modbus", "waveshare", "Waveshare Modbus RTU Relay", ModbusEmulator),
        ("modbus", "lctech", "LC-Tech RS485", lambda: ModbusEmulator(dialect="lctech", unit=1)),
        ("modbus", "coil", "Modbus RTU, 0x05", lambda: ModbusEmulator(dialect="coil", unit=1)),
        ("modbus", "0100", "Modbus RTU, 0x0100", lambda: ModbusEmulator(dialect="0100", unit=1)),
    )
    with tempfile.TemporaryDirectory(prefix="okter-supported-") as scratch:
        for driver, dialect, marking, make in boards:
            board = make()
            board.start()
            settings = f'driver = "{driver}"\nport = "{board.port}"\npulse_s = 0.2\n'
            settings += f'modbus_dialect = "{dialect}"\nmodbus_unit = 1\n' if dialect else ""
            config = _config(Path(scratch), f'[[barrier]]\nname = "main"\n{settings}')
            name = f"emulated-{driver}{f'-{dialect}' if dialect else ''}.json"
            _record("record-board", marking, config, folder / "boards" / name)
            board.unplug()
        name = "emulated-demo-film.json"
        config = _config(Path(scratch), "")
        _record("record-stream", "gate demo", config, folder / "streams" / name)


def _record(command: str, marking: str, config: Path, file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    words = ["--marking", marking, "--by", "OKter Gate", "--config", str(config), str(file)]
    subprocess.run([sys.executable, "-m", "edge", command, *words], cwd=ROOT, check=True)  # noqa: S603 - our own command


def _config(folder: Path, barrier: str) -> Path:
    film = ROOT / "config" / "demo" / "gate.mp4"
    barrier = barrier or '[[barrier]]\nname = "main"\ndriver = "simulated"\n'
    path = folder / "gate.toml"
    path.write_text(
        f'[site]\nstate_dir = "{folder / "state"}"\n\n{barrier}\n[[lane]]\nname = "entry"\ndirection = "entry"\n'
        f'camera = "file:{film}"\nbarrier = "main"\n',
        encoding="utf-8",
    )
    return path


def main() -> None:
    if "--emulate" in sys.argv[1:]:
        emulate()
    PAGE.write_text(filled(PAGE.read_text(encoding="utf-8"), recordings()), encoding="utf-8")


if __name__ == "__main__":
    main()
