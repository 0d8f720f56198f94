"""The units: parsed, checked by systemd itself where it exists, and in agreement with the program."""

from __future__ import annotations

import configparser
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from edge.cli import COMMANDS, failed_start
from edge.config import load
from edge.config.edit import set_value
from edge.config.narrow import SOCKET as NARROW
from edge.paths import systemd_dir
from edge.update.offers import FOLDER, READY
from relay.inputs.contacts import REST_S
from relay.process.main import DEADMAN_LOOKS, TURN_S
from tests.configs import write_config

ROOT = Path(__file__).resolve().parents[2]
UPDATE = systemd_dir() / "okter-gate-update.service"
"""Runs once, as root, and only where an update was cut off."""
SETTINGS = systemd_dir() / "okter-gate-settings@.service"
"""Started by its socket for one question, and over with its answer."""
SOCKET = systemd_dir() / "okter-gate-settings.socket"
CLOUD_UPDATE = systemd_dir() / "okter-gate-cloud-update.service"
"""Runs as root when an update has come through the cloud."""
UNITS = sorted({*systemd_dir().glob("okter-gate*.service")} - {UPDATE, SETTINGS, CLOUD_UPDATE})
ALL_UNITS = sorted((*systemd_dir().glob("*.service"), SOCKET))
RELAY = systemd_dir() / "okter-gate-relay.service"
OF_DEBIAN = {"audio", "dialout", "video"}
"""Groups of base-passwd, which every Debian has, under the same numbers everywhere."""
WORST_EXPOSURE = 2.5
"""systemd's own scale: 0 = shut in completely, 10 = no protection."""


class Unit(configparser.RawConfigParser):
    """A unit file; of a key that stands twice the last line counts, which is enough here."""

    def __init__(self, path: Path) -> None:
        super().__init__(strict=False, delimiters=("=",), comment_prefixes=("#", ";"))
        self.read_string(path.read_text(encoding="utf-8"))

    def optionxform(self, optionstr: str) -> str:
        return optionstr


def program(name: str) -> str:
    """Path of a program that CI has and a bare machine may lack."""
    path = shutil.which(name)
    if path is None:
        assert "CI" not in os.environ, f"{name} is missing"
        pytest.skip(f"{name} is not installed here")
    return path


@pytest.fixture
def runnable(tmp_path: Path) -> Path:
    """The units with a program that exists, as `systemd-analyze` wants it."""
    for unit in ALL_UNITS:
        text = re.sub(r"/opt/\S+/bin/\w+", "/bin/true", unit.read_text(encoding="utf-8"))
        (tmp_path / unit.name).write_text(text, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.stem)
def test_a_unit_never_gives_up(path: Path) -> None:
    """Whatever ends a part of the gate, it is started again, for ever."""
    unit = Unit(path)

    assert unit["Unit"]["StartLimitIntervalSec"] == "0"
    assert unit["Service"]["Restart"] == "always"
    assert unit["Install"]["WantedBy"] == "multi-user.target"


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.stem)
def test_a_unit_starts_without_network_and_clock(path: Path) -> None:
    """An entrance with no network and no time must open all the same."""
    text = "\n".join(line for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("#"))

    assert "network-online.target" not in text
    assert "time-sync.target" not in text


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.stem)
def test_a_unit_calls_a_command_that_exists(path: Path) -> None:
    """Every `gate …` in a unit is a command of this program."""
    words = re.findall(r"/venv/bin/gate (\S+)", path.read_text(encoding="utf-8"))

    assert words
    assert set(words) <= set(COMMANDS)


def test_the_relay_goes_first_and_survives() -> None:
    """The daemon follows the relay and does not take it along; the relay's outputs go OFF after any end."""
    relay, daemon = Unit(RELAY), Unit(systemd_dir() / "okter-gate.service")

    assert "okter-gate-relay.service" in daemon["Unit"]["After"]
    assert not {"Requires", "BindsTo", "PartOf"} & set(relay["Unit"])
    assert relay["Service"]["ExecStopPost"].split()[1:3] == ["relay", "--off"]
    assert relay["Service"]["Type"] == "notify"
    assert "WatchdogSec" in relay["Service"]


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.stem)
def test_a_unit_hears_why_its_service_cannot_start(path: Path) -> None:
    """`systemctl status` has the reason, and a start has time for the pause that follows it (`edge.cli.failed_start`)."""
    service = Unit(path)["Service"]
    assert "main" == service["NotifyAccess"]
    assert float(service.get("TimeoutStartSec", "90")) >= 2 * failed_start.SETTINGS_REST_S
    assert float(service.get("WatchdogSec", "60")) >= 1.5 * (failed_start.REST_S + failed_start.LOOK_S)


def test_the_guards_page_does_not_wait_for_the_networks() -> None:
    """Its button opens through the relay: whatever keeps `gate run` from its start keeps nobody from the page."""
    assert "okter-gate.service" not in Unit(systemd_dir() / "okter-gate-console.service")["Unit"]["After"].split()


def test_a_frozen_relay_is_ended_in_time() -> None:
    """A relay process that does not run is aborted and killed within 3 s; one that only hangs ends itself before."""
    service = Unit(RELAY)["Service"]
    watchdog_s, abort_s = float(service["WatchdogSec"]), float(service["TimeoutAbortSec"])

    assert watchdog_s + abort_s <= 3
    assert watchdog_s >= 1.5 * DEADMAN_LOOKS * TURN_S
    assert watchdog_s >= 1.5 * REST_S  # a thread that died is followed by another in time


def test_the_relay_reaches_its_devices() -> None:
    """Hardening leaves serial ports and GPIO reachable, and lgpio a directory to write to."""
    text = RELAY.read_text(encoding="utf-8")

    assert "PrivateDevices" not in [line.partition("=")[0] for line in text.splitlines()]
    for device in ("char-gpiochip", "char-ttyUSB", "char-ttyACM"):
        assert f"DeviceAllow={device} rw" in text
    assert "SupplementaryGroups=gpio dialout" in text
    assert "WorkingDirectory=%t/okter-gate-relay" in text
    assert "GPIOZERO_PIN_FACTORY=lgpio" in text


def test_groups_of_the_units_are_made() -> None:
    """A unit with an unknown group does not start: sysusers makes each of them that Debian does not."""
    made = set(re.findall(r"^[gu] (\S+)", (systemd_dir() / "sysusers.conf").read_text(), re.MULTILINE))
    wanted = {"okter-gate"}
    for path in UNITS:
        wanted |= set(Unit(path)["Service"].get("SupplementaryGroups", "").split())

    assert wanted <= made | OF_DEBIAN


def test_no_group_is_made_a_second_time(tmp_path: Path) -> None:
    """A group that Debian makes itself, with a number, is a conflict that systemd tells at each boot; tried by systemd where it is."""
    made = re.findall(r"^[gu] (\S+)", (systemd_dir() / "sysusers.conf").read_text(), re.MULTILINE)
    assert sorted(set(made)) == sorted(made)
    assert set() == OF_DEBIAN & set(made)

    debian = Path("/usr/lib/sysusers.d/basic.conf")
    program = shutil.which("systemd-sysusers")
    if program is None or not debian.exists():
        return
    folder = tmp_path / "usr/lib/sysusers.d"
    folder.mkdir(parents=True)
    (tmp_path / "etc").mkdir()
    shutil.copy(debian, folder)
    shutil.copy(systemd_dir() / "sysusers.conf", folder / "okter-gate.conf")
    told = subprocess.run([program, f"--root={tmp_path}"], capture_output=True, text=True, check=False)
    assert "Conflict" not in told.stderr, told.stderr


def test_systemd_accepts_the_units(runnable: Path) -> None:
    """`systemd-analyze verify` has nothing to say."""
    done = subprocess.run(
        [program("systemd-analyze"), "verify", *(str(runnable / unit.name) for unit in ALL_UNITS)],
        capture_output=True,
        text=True,
        check=False,
    )
    said = [line for line in done.stderr.splitlines() if "okter" in line]

    assert said == []


@pytest.mark.parametrize("path", sorted({*ALL_UNITS} - {UPDATE, CLOUD_UPDATE, SOCKET}), ids=lambda path: path.stem)
def test_systemd_finds_the_units_shut_in(runnable: Path, path: Path) -> None:
    """`systemd-analyze security` rates each unit as well protected."""
    done = subprocess.run(
        [program("systemd-analyze"), "security", "--offline=true", str(runnable / path.name)],
        capture_output=True,
        text=True,
        check=False,
    )
    exposure = re.search(r"exposure level for \S+: ([\d.]+)", done.stdout)

    assert exposure is not None, done.stderr
    assert float(exposure[1]) <= WORST_EXPOSURE


def test_the_installer_may_be_run_again(tmp_path: Path) -> None:
    """Installing twice brings units up to date and keeps the technician's settings."""
    install = [str(systemd_dir() / "install.sh"), "--stage", str(tmp_path)]
    subprocess.run(install, check=True)
    settings = tmp_path / "etc/okter-gate/gate.toml"
    settings.write_text("# mine\n", encoding="utf-8")
    unit = tmp_path / "etc/systemd/system/okter-gate-relay.service"
    unit.write_text("old", encoding="utf-8")
    subprocess.run(install, check=True)

    assert settings.read_text(encoding="utf-8") == "# mine\n"
    assert unit.read_bytes() == RELAY.read_bytes()
    assert (
        len(list((tmp_path / "etc/systemd/system").iterdir())) == len(UNITS) + 5
    )  # and what writes settings for the page; of updates the judge of one cut off, and the taker of one from the cloud with what wakes it


def staged(folder: Path) -> Path:
    """The installer run over `folder`; its `/etc/okter-gate`."""
    subprocess.run([str(systemd_dir() / "install.sh"), "--stage", str(folder)], check=True)
    return folder / "etc/okter-gate"


def test_settings_of_before_move_into_their_folder(tmp_path: Path) -> None:
    """The file, its generations and its permissions are there; the old name leads to it; what lay beside it is found."""
    etc = tmp_path / "etc/okter-gate"
    etc.mkdir(parents=True)
    text = write_config(etc).read_text(encoding="utf-8")
    (etc / "gate.toml").chmod(0o640)
    (etc / "gate.toml.1").write_text("# newest of before\n", encoding="utf-8")
    (etc / "gate.toml.3").write_text("# older\n", encoding="utf-8")
    staged(tmp_path)
    assert Path("settings/gate.toml") == (etc / "gate.toml").readlink()
    assert text == (etc / "settings/gate.toml").read_text(encoding="utf-8")
    assert 0o640 == (etc / "settings/gate.toml").stat().st_mode & 0o777
    assert ["gate.toml", "gate.toml.1", "gate.toml.3"] == sorted(one.name for one in (etc / "settings").iterdir())
    assert ["gate.toml", "settings"] == sorted(one.name for one in etc.iterdir())
    assert etc / "gate.toml" == load(etc / "gate.toml").file  # relative paths begin where they always began
    set_value(etc / "gate.toml", "policy.min_frames", "3")
    assert (etc / "gate.toml").is_symlink()
    assert text == (etc / "settings/gate.toml.1").read_text(encoding="utf-8")


def test_a_file_that_replaced_the_link_holds_and_the_other_becomes_a_generation(tmp_path: Path) -> None:
    """An editor, or the program of before, wrote a file where the link was: it is the newest word, nothing is lost."""
    etc = staged(tmp_path)
    first = (etc / "gate.toml").read_text(encoding="utf-8")
    (etc / "gate.toml").unlink()
    write_config(etc)
    second = (etc / "gate.toml").read_text(encoding="utf-8")
    staged(tmp_path)
    assert (etc / "gate.toml").is_symlink()
    assert second == (etc / "settings/gate.toml").read_text(encoding="utf-8")
    assert first == (etc / "settings/gate.toml.1").read_text(encoding="utf-8")


def test_a_link_of_the_owners_own_stays(tmp_path: Path) -> None:
    """Settings kept in another place (a checkout, a configuration tool's folder) go on to hold: no box becomes the example."""
    etc, kept = tmp_path / "etc/okter-gate", tmp_path / "srv"
    etc.mkdir(parents=True)
    kept.mkdir()
    file = write_config(kept)
    text = file.read_text(encoding="utf-8")
    (etc / "gate.toml").symlink_to(file)
    staged(tmp_path)
    assert file == (etc / "gate.toml").readlink()
    assert text == (etc / "gate.toml").read_text(encoding="utf-8")
    assert [] == list((etc / "settings").iterdir())
    shutil.rmtree(kept)  # a disk that is not mounted just now
    staged(tmp_path)
    assert file == (etc / "gate.toml").readlink()


def test_nothing_is_written_through_a_link_in_the_folder_of_the_settings(tmp_path: Path) -> None:
    """Root moves files into a folder of another account, whose links lead it nowhere."""
    etc, elsewhere = staged(tmp_path), tmp_path / "elsewhere"
    elsewhere.write_text("root's own", encoding="utf-8")
    (etc / "gate.toml").unlink()
    write_config(etc)
    for name in (".gate.toml.part", "gate.toml.1", "gate.toml.2"):
        (etc / "settings" / name).unlink(missing_ok=True)
        (etc / "settings" / name).symlink_to(elsewhere)
    staged(tmp_path)
    assert "root's own" == elsewhere.read_text(encoding="utf-8")


def test_the_account_of_the_settings_owns_its_folder_and_nothing_else(tmp_path: Path) -> None:
    """The unit writes one folder; what decides who is root at the next update, and the secrets, lie outside of it."""
    unit = Unit(SETTINGS)["Service"]
    accounts = (systemd_dir() / "sysusers.conf").read_text(encoding="utf-8")
    folders = (systemd_dir() / "tmpfiles.conf").read_text(encoding="utf-8")
    assert "u okter-gate-settings " in accounts
    assert [("/etc/okter-gate/settings", "0750")] == re.findall(
        r"^d (\S+) +(\d+) okter-gate-settings", folders, re.MULTILINE
    )
    assert ("strict", "/etc/okter-gate/settings") == (unit["ProtectSystem"], unit["ReadWritePaths"])
    assert unit["InaccessiblePaths"].split() == ["-/var/lib/okter-gate", "-/var/lib/okter-gate-users"]
    assert "ReadWritePaths" not in Unit(systemd_dir() / "okter-gate-console.service")["Service"]
    socket = Unit(SOCKET)["Socket"]
    assert str(NARROW) == socket["ListenStream"]
    assert ("okter-gate", "0660") == (socket["SocketGroup"], socket["SocketMode"])
    etc = staged(tmp_path)
    assert {"gate.toml"} == {one.name for one in (etc / "settings").iterdir()}


def test_the_installed_command_is_found_by_its_name(tmp_path: Path) -> None:
    """`gate` is on everybody's path after installing; another program of that name is left alone."""
    install = [str(systemd_dir() / "install.sh"), "--stage", str(tmp_path)]
    subprocess.run(install, check=True)
    command = tmp_path / "usr/local/bin/gate"
    (program,) = {line.split()[0] for line in re.findall(r"ExecStart=(.*)", RELAY.read_text(encoding="utf-8"))}

    assert program == str(command.readlink())
    subprocess.run(install, check=True)
    command.unlink()
    command.write_text("another gate", encoding="utf-8")
    subprocess.run(install, check=True)
    assert command.read_text(encoding="utf-8") == "another gate"


def test_the_first_settings_find_their_recording(tmp_path: Path) -> None:
    """Freshly installed, the gate has the recording for a camera that its settings promise."""
    subprocess.run([str(systemd_dir() / "install.sh"), "--stage", str(tmp_path)], check=True)

    (lane,) = load(tmp_path / "etc/okter-gate/gate.toml").lanes

    assert Path(lane.camera.removeprefix("file:")).is_file()


def test_the_installer_refuses_what_it_does_not_know() -> None:
    """A wrong argument is one line and exit code 2."""
    done = subprocess.run(
        [str(systemd_dir() / "install.sh"), "--nonsense"], capture_output=True, text=True, check=False
    )

    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)


def test_the_installer_is_sound_shell() -> None:
    """The script parses, and shellcheck has nothing to say where it is at hand."""
    script = str(systemd_dir() / "install.sh")
    subprocess.run(["bash", "-n", script], check=True)
    if shutil.which("shellcheck"):
        subprocess.run(["shellcheck", script], check=True)


def test_the_installer_pins_the_key_of_updates(tmp_path: Path) -> None:
    """A public Ed25519 key becomes the only signer; a private key or another kind is refused."""
    key, script = tmp_path / "key.pub", str(systemd_dir() / "install.sh")
    key.write_text("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMFiUR8CELpBzQnhTcRMqM5OBd+pK3yoKAaTTmWnxeRE a key\n")
    subprocess.run([script, "--update-key", str(key), "--stage", str(tmp_path)], check=True)
    (line,) = (tmp_path / "etc/okter-gate/update.signers").read_text().splitlines()
    assert line.startswith('okter-gate namespaces="okter-gate-update" ssh-ed25519 AAAA')

    key.write_text("-----BEGIN OPENSSH PRIVATE KEY-----\n")
    refused = subprocess.run(
        [script, "--update-key", str(key), "--stage", str(tmp_path)], capture_output=True, check=False
    )
    assert 1 == refused.returncode


def test_a_cut_off_update_is_judged_by_the_program_of_before() -> None:
    """The one on trial may not run at all: `previous` is asked, only where there is something to judge."""
    unit = Unit(UPDATE)
    assert unit["Service"]["ExecStart"].startswith("/opt/okter-gate/previous/bin/gate update --resume")
    assert "/opt/okter-gate/update.json" == unit["Unit"]["ConditionPathExists"]


def test_an_update_from_the_cloud_has_no_way_out_of_the_box() -> None:
    """Root has no network and writes the program's folder alone; it wakes when `gate run` writes the file that it offers."""
    unit, path = Unit(CLOUD_UPDATE), Unit(CLOUD_UPDATE.with_suffix(".path"))
    assert unit["Service"]["ExecStart"].startswith("/opt/okter-gate/venv/bin/gate update --from-cloud ")
    assert "AF_UNIX" == unit["Service"]["RestrictAddressFamilies"]
    assert ("strict", "/opt/okter-gate") == (unit["Service"]["ProtectSystem"], unit["Service"]["ReadWritePaths"])
    assert str(Path("/var/lib/okter-gate") / FOLDER / READY) == path["Path"]["PathChanged"]


def test_no_service_writes_who_uses_the_page() -> None:
    """Their folder is root's and in no unit's share; relay, calls and the settings' writer do not even see it (ADR 169)."""
    users = "/var/lib/okter-gate-users"  # not asked of this machine, which may be a gate
    for path in (*UNITS, UPDATE, SETTINGS, CLOUD_UPDATE):
        service = Unit(path)["Service"]
        given = " ".join(service.get(key, "") for key in ("StateDirectory", "ReadWritePaths", "BindPaths")).split()
        assert {"okter-gate", "/opt/okter-gate", "/etc/okter-gate/settings"} >= set(given), path.name
        if path != UPDATE:  # judges what was cut off, by hand of systemd alone
            assert "strict" == service["ProtectSystem"], path.name
    for unit in ("okter-gate-relay", "okter-gate-call", "okter-gate-settings@"):
        assert f"-{users}" in Unit(systemd_dir() / f"{unit}.service")["Service"]["InaccessiblePaths"].split()


def test_the_installer_moves_who_uses_the_page_before_the_services_start() -> None:
    """After the settings hold, and before anything is started anew; that a program of before cannot is no failure."""
    script = (systemd_dir() / "install.sh").read_text(encoding="utf-8")
    order = [
        script.index(text)
        for text in ('gate" config check', "console user settle", "systemctl restart okter-gate-relay")
    ]
    assert order == sorted(order)
    assert re.search(r"console user settle [^|]*\|\| printf", script)


def test_every_install_takes_the_tested_versions() -> None:
    """Also on a Raspberry Pi, whose pin library is pinned too: pip is never called without the constraints."""
    script = (systemd_dir() / "install.sh").read_text(encoding="utf-8")
    assert re.search(r"^lgpio==", (ROOT / "constraints.txt").read_text(encoding="utf-8"), re.MULTILINE)
    calls = [line for line in script.splitlines() if '"${pip[@]}" install' in line]
    assert [] == [line for line in calls if "-c " not in line and "--no-deps" not in line]
