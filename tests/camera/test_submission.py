"""What `gate bench --submit` writes of the machine: the board, and nothing that names the box or its owner."""

from __future__ import annotations

import json
import platform
from pathlib import Path

import pytest

from core.errors import FileUnusable
from edge.bench.board import board, write_submission


def pi_5(root: Path) -> Path:
    files = {
        "proc/cpuinfo": "processor\t: 0\nFeatures\t: fp asimd fphp asimdhp asimddp\nSerial\t\t: 10000000deadbeef\n",
        "proc/device-tree/model": "Raspberry Pi 5 Model B Rev 1.0\0",
        "proc/device-tree/serial-number": "10000000deadbeef\0",
        "proc/meminfo": "MemTotal:        8255840 kB\nMemFree: 1 kB\n",
        "proc/loadavg": "0.31 0.2 0.1 1/200 99\n",
        "sys/devices/system/cpu/cpu0/cpufreq/scaling_governor": "ondemand\n",
        "sys/devices/system/cpu/cpu0/cpufreq/scaling_cur_freq": "2400000\n",
        "sys/class/thermal/thermal_zone0/temp": "61250\n",
        "sys/class/thermal/thermal_zone1/temp": "48000\n",
    }
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


def test_a_board_is_known_by_what_the_kernel_tells(tmp_path: Path) -> None:
    """Model, instructions, memory, clock and heat are those of the kernel's files."""
    found = board(pi_5(tmp_path))

    assert "Raspberry Pi 5 Model B Rev 1.0" == found.model
    assert ("asimddp", "fphp", "asimdhp") == found.features
    assert (8062, "ondemand", 2400, 61.25, 0.31) == (
        found.memory_mb,
        found.governor,
        found.clock_mhz,
        found.temperature_c,
        found.load,
    )
    assert found.copy_gb_s > 0


def test_a_kernel_that_tells_nothing_is_no_error(tmp_path: Path) -> None:
    """What cannot be told stays empty."""
    found = board(tmp_path)
    assert ("", (), 0, None, None) == (
        found.model,
        found.features,
        found.memory_mb,
        found.clock_mhz,
        found.temperature_c,
    )


def test_the_file_names_nobody(tmp_path: Path) -> None:
    """No serial number, host name or home is in what is sent."""
    pi_5(tmp_path)
    file = tmp_path / "bench.json"
    write_submission(file, {"stages_ms": {"frame": 1.5}})

    content = file.read_text()
    assert {"stages_ms": {"frame": 1.5}} == json.loads(content)["measured"]
    for name in ("deadbeef", platform.node(), str(Path.home()), str(tmp_path)):
        assert name not in content


def test_a_file_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    """A folder that is not there is one clear error."""
    with pytest.raises(FileUnusable):
        write_submission(tmp_path / "none" / "bench.json", {})
