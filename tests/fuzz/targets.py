"""What reads bytes of others, and what it may say of bad ones: an error of the tree, in one line, and nothing else.

Each target is handed bytes and returns, or fails with something it must never raise. Native readers (pictures, video) are
among them: a crash there ends the process, which `tests.fuzz.run` sees from outside.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import tarfile
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

import cv2
import numpy as np
from hypothesis import strategies as st

from camera.errors import CameraError
from camera.recording import Recording
from camera.stills import load_grey, load_picture
from core.decision.record import VisitRecord
from core.errors import ConfigError, FileUnusable, GateError
from core.passes.passcsv import TableInvalid, read_passes
from core.passes.periods import MomentInvalid, beginning, end
from core.plates.canonical import PlateInvalid, canonical, display, is_canonical
from edge.config import load
from edge.credential import FILE_NAME, read_credential
from edge.runtime.control import answer_line
from edge.store.archive import ArchiveInvalid, read_archive, write_archive
from edge.store.passes import PassStore
from edge.store.read_only import read_list
from edge.store.record_json import from_json, to_json
from edge.update.errors import BundleRefused
from edge.update.manifest import read_manifest
from relay import codec, protocol
from relay.boards import kmtronic, lcus, modbus, numato
from relay.boards.build import build
from relay.boards.pins import Pins
from relay.boards.seam import Board, Transcript
from relay.boards.serial_link import SerialLink
from relay.errors import BoardError, ProtocolBroken
from relay.process import outputs_in_use
from relay.settings import BarrierSettings
from sync import answers, wire
from sync.codec import WireError, decode, encode
from sync.errors import CloudError
from sync.eventstream import EventParser
from tests.configs import SMALL
from tests.fuzz import console_forms
from tests.fuzz.mutation import misshapen, mutated
from tests.store.records import visit_record

ROOT = Path(__file__).resolve().parents[2]
NOW = datetime(2026, 12, 1, 9, tzinfo=UTC)
ZONE = ZoneInfo("Europe/Moscow")
WIRE_KINDS = (wire.EnrollRequest, wire.EnrollAnswer, wire.PassPage, wire.PassesHint, wire.Command, wire.CommandAck,
              wire.EventBatch, wire.Accepted, wire.Health, wire.Problem)  # fmt: skip


@dataclass(frozen=True)
class Target:
    """Something that reads; `seeds` are right, `read` takes anything."""

    name: str
    seeds: Sequence[bytes]
    read: Callable[[bytes], None]
    json: bool = False
    """The seeds are JSON: they are misshapen too, not only broken."""
    cases: Callable[[], st.SearchStrategy[bytes]] | None = None
    """What it is handed, where it is more than broken seeds."""
    end: Callable[[], None] = lambda: None
    """After the last case of a process."""

    def examples(self) -> st.SearchStrategy[bytes]:
        """What it is handed."""
        if self.cases is not None:
            return self.cases()
        broken = mutated(self.seeds)
        return st.one_of(broken, misshapen(self.seeds), misshapen(self.seeds)) if self.json else broken


@cache
def folder() -> Path:
    made = tempfile.TemporaryDirectory(prefix="gate-fuzz-")
    _kept.append(made)
    return Path(made.name)


_kept: list[tempfile.TemporaryDirectory[str]] = []


def laid(name: str, data: bytes) -> Path:
    file = folder() / name
    file.write_bytes(data)
    return file


def config(data: bytes) -> None:
    file = laid("gate.toml", data)
    try:
        load(file)
    except ConfigError as error:
        lines = str(error).splitlines()
        assert lines
        assert [] == [line for line in lines if not line.startswith(f"{file}")], lines
    except FileUnusable as error:
        assert "\n" not in str(error)  # noqa: PT017 - the error is what is looked at


def passes_table(data: bytes) -> None:
    with contextlib.suppress(TableInvalid):
        table = read_passes(data, ZONE)
        assert all(is_canonical(row.plate) for row in table.rows)
        for problem in table.problems:
            assert str(problem)


def wire_bodies(data: bytes) -> None:
    for kind in WIRE_KINDS:
        with contextlib.suppress(WireError):
            value = decode(kind, data)
            assert value == decode(kind, encode(value))


def cloud_answers(data: bytes) -> None:
    head, _, body = data.partition(b"\n")
    words = head.decode(errors="replace")
    status = int.from_bytes(data[:2], "big") % 600
    headers = {"retry-after": words, "date": words, "content-type": "application/json"}
    error = answers.error_of(status, headers, body, now=NOW)
    assert error is None or (isinstance(error, CloudError) and "\n" not in str(error))
    moment = answers.server_date(words)
    assert moment is None or moment.tzinfo is not None
    seconds = answers.retry_after_s(words, now=NOW)
    assert seconds is None or seconds >= 0
    for encoding in ("", "gzip"):
        with contextlib.suppress(GateError):
            assert len(answers.bounded_body([body], encoding=encoding, most=10_000)) <= 10_000


def event_stream(data: bytes) -> None:
    def heard(chunks: Sequence[bytes]) -> tuple[list[object], bool]:
        parser, found = EventParser(), []
        try:
            for chunk in chunks:
                found.extend(parser.feed(chunk))
        except ValueError:
            return [], False
        return found, True

    whole, well = heard([data])
    split, split_well = heard([data[at : at + 7] for at in range(0, len(data), 7)])
    assert not (well and split_well) or whole == split  # however the network cuts it


def relay_lines(data: bytes) -> None:
    for line in data.split(b"\n"):
        with contextlib.suppress(ProtocolBroken):
            asked = codec.decode_request(line, now=1000.0, max_ttl_s=10.0)
            assert asked.expires <= 1010.0
        with contextlib.suppress(ProtocolBroken):
            codec.encode(codec.decode(line))


class NobodyThere:
    """Answers of a gate without lanes."""

    def status(self) -> object:
        raise AssertionError("asked for by name only")

    def picture(self, lane: str) -> None:
        assert isinstance(lane, str)

    def aim(self, lane: str) -> None:
        return None

    def passes_changed(self) -> None: ...


def control_lines(data: bytes) -> None:
    if b"status" not in data:
        assert isinstance(answer_line(data, NobodyThere()), dict)  # type: ignore[arg-type]


class Answering(SerialLink):
    """A board on a line that answers whatever it likes."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._path, self._at = "line", 0

    def open(self) -> None: ...

    def close(self) -> None: ...

    def send(self, data: bytes) -> None: ...

    def check(self) -> None: ...

    def wanted(self) -> bool:
        return False

    def receive(self, enough: Callable[[bytes], bool], *, within_s: float, patient: bool = True) -> bytes:
        begun = self._at
        while self._at < len(self._data) and not enough(self._data[begun : self._at]):
            self._at += 1
        return self._data[begun : self._at]


def serial_replies(data: bytes) -> None:
    boards: list[Callable[[SerialLink], Board]] = [
        lambda link: kmtronic.KmtronicBoard(link, channels=2),
        numato.NumatoBoard,
        *(lambda link, how=how: lcus.LcusBoard(link, channels=2, read_back=how) for how in ("auto", "ascii", "binary", "op05")),
        *(lambda link, how=how: modbus.ModbusBoard(link, dialect=how, unit=0) for how in ("waveshare", "lctech", "coil", "0100")),
    ]  # fmt: skip
    for make in boards:
        board = make(Answering(data))
        for act in (
            lambda board: board.open((1,)),
            lambda board: board.switch(1, on=True),
            lambda board: board.pulse(1, seconds=0.5),
            lambda board: board.contact(1),
            lambda board: board.inputs((1, 2)),
            lambda board: board.check(),
        ):
            with contextlib.suppress(BoardError):
                act(board)


def pictures(data: bytes) -> None:
    file = laid("picture", data)
    for read in (load_picture, load_grey):
        with contextlib.suppress(FileUnusable):
            assert read(file).size


def video(data: bytes) -> None:
    source = Recording(laid("clip.mp4", data), lane="entry")
    last = -1.0
    with contextlib.suppress(FileUnusable, CameraError):
        for number, frame in enumerate(source.frames()):
            assert frame.captured > last
            last = frame.captured
            if number > 50:
                break


def plate_texts(data: bytes) -> None:
    text = data.decode(errors="surrogateescape")
    try:
        plate = canonical(text)
    except PlateInvalid as error:
        assert "\n" not in str(error)  # noqa: PT017 - the error is what is looked at
        return
    assert plate == canonical(plate)
    assert canonical(display(plate)) == plate
    display(plate, typed=text)


def moments(data: bytes) -> None:
    text = data.decode(errors="replace")
    for read in (beginning, end):
        with contextlib.suppress(MomentInvalid):
            found = read(text, ZONE)
            assert found is None or found.tzinfo is not None


def records(data: bytes) -> None:
    with contextlib.suppress(ValueError):
        from_json(VisitRecord, data.decode(errors="replace"))


def outputs_left(data: bytes) -> None:
    """What a killed relay process has left, perhaps one of another version: a board that is none would count as off."""
    laid(outputs_in_use.FILE_NAME, data)
    record = outputs_in_use.remembered(folder())
    for plan in () if record is None else record.plans:
        assert plan.barriers
        outputs_in_use.left_behind(plan)
        for barrier in plan.barriers:
            build((barrier,), Transcript(), lambda: False, pins=Pins())


def credentials(data: bytes) -> None:
    laid(FILE_NAME, data)
    with contextlib.suppress(FileUnusable):
        read_credential(folder())


def good_copies(data: bytes, *, way: bytes = b"") -> None:
    """A list that is gone, and a copy of it that another version wrote: its sum is right, its contents are not ours."""
    with tempfile.TemporaryDirectory(dir=folder()) as name:
        state, body = Path(name), data.strip(b"\n")
        (state / "passes.good.json").write_bytes(
            hashlib.sha256(body).hexdigest().encode() + b" 7 1" + way + b"\n" + body + b"\n"
        )
        with contextlib.suppress(GateError):
            read_list(state / "passes.db")
        with contextlib.suppress(GateError), PassStore(state / "passes.db") as store:
            store.load()


def good_copies_by_lines(data: bytes) -> None:
    good_copies(data, way=b" lines")


def archives(data: bytes) -> None:
    with tempfile.TemporaryDirectory(dir=folder()) as name:
        state = Path(name) / "state"
        state.mkdir()
        file = Path(name) / "box.tar.gz"
        if data.startswith(b"{"):  # an archive of somebody who can make one
            with tarfile.open(file, "w:gz") as tar:
                for member, content in (("manifest.json", data), ("passes.db", b"no database"), ("gate.toml", b"x")):
                    entry = tarfile.TarInfo(member)
                    entry.size = len(content)
                    tar.addfile(entry, io.BytesIO(content))
        else:
            file.write_bytes(data)
        before = sorted(Path(name).rglob("*"))
        try:
            read_archive(file, state_dir=state, now=NOW)
        except ArchiveInvalid:
            assert before == sorted(Path(name).rglob("*"))


def manifests(data: bytes) -> None:
    with contextlib.suppress(BundleRefused):
        manifest = read_manifest(data)
        assert "/" not in manifest.name
        assert not any("/" in wheel for wheel in manifest.wheels)


def _jpeg(kind: str) -> bytes:
    picture = np.random.default_rng(1).integers(0, 255, (40, 60, 3), np.uint8)
    return cv2.imencode(kind, picture)[1].tobytes()


def _clip() -> bytes:
    file = folder() / "seed.mp4"
    writer = cv2.VideoWriter(str(file), cv2.VideoWriter.fourcc(*"mp4v"), 10.0, (64, 48))
    for number in range(12):
        writer.write(np.full((48, 64, 3), number * 20, np.uint8))
    writer.release()
    return file.read_bytes()


def _box() -> bytes:
    with tempfile.TemporaryDirectory() as name:
        state, file = Path(name) / "state", Path(name) / "box"
        state.mkdir()
        with PassStore(state / "passes.db") as store:
            store.keep_good_copy()
        toml = Path(name) / "gate.toml"
        toml.write_text(SMALL)
        write_archive(file, state_dir=state, config=toml, version="0", now=NOW)
        return file.read_bytes()


def _copy() -> bytes:
    from edge.store.local_passes import local_pass

    with tempfile.TemporaryDirectory() as name:
        with PassStore(Path(name) / "passes.db") as store:
            store.local.add([local_pass("A123BC77", None, None)], at=NOW)
            store.keep_good_copy()
        return (Path(name) / "passes.good.json").read_bytes().partition(b"\n")[2]


def _outputs() -> bytes:
    main = asdict(BarrierSettings(name="main", driver="lcus", port="/dev/ttyUSB0"))
    pin = asdict(BarrierSettings(name="pin", driver="gpio", pin=17))
    return json.dumps({"state_dir": "state", "outputs": [main], "left": [[main, pin], [pin]]}).encode()


_WIRE = (
    b'{"code":"ABCD-1234","version":"0.1.0","lanes":[{"name":"entry","direction":"entry"}]}',
    b'{"items":[{"id":"p1","plate":"A123BC77","valid_from":"2026-01-01T00:00:00Z","valid_until":null,"one_time":false,"blocked":false,"deleted":false}],"cursor":"5","more":false,"reset":true}',
    b'{"id":"6f3c8b1e-1c39-4a0e-9b58-6e1b0c1f1b11","do":"open","lane":"entry","expires_at":"2026-12-01T09:00:10Z","issued_at":"2026-12-01T09:00:00Z"}',
    b'{"events":[{"id":"6f3c8b1e-1c39-4a0e-9b58-6e1b0c1f1b11","at":"2026-12-01T09:00:10.5+03:00","kind":"opened","lane":"entry"}]}',
    b'{"error":"no such gate"}',
    b'{"cursor":"7"}',
)
_BOX_MANIFEST = json.dumps({"format": 1, "version": "0", "made_at": "2026-12-01T09:00:00+00:00", "passes": 1, "files": {
    "passes.db": hashlib.sha256(b"no database").hexdigest(), "gate.toml": hashlib.sha256(b"x").hexdigest()}}).encode()  # fmt: skip
_BOARD = (b"\xff\x01\x01", b"CH1:ON\r\nCH2:OFF\r\n", bytes.fromhex("01 05 00 00 FF 00 8C 3A"), bytes.fromhex("01 01 01 01 90 48"),
          b"relay read 0\n\ron\n\r>", b"\xa0\x01\x01\xa2")  # fmt: skip
_PLATES = tuple(
    text.encode()
    for text in ("А 123 ВС 77", "a123bc777", "01 A 123 BC", "B702CX150", "У641КЕ DPR", "1234 AB-7", "e 730 bc|178")
)


@cache
def targets() -> dict[str, Target]:
    """All of them, by name."""
    tables = [
        (ROOT / "config/demo/passes.csv").read_bytes(),
        "номер;с;по;квартира\nА123ВС77;01.12.2026;31.12.2026;12\n".encode("cp1251"),
        "plate,valid_until\nA123BC77,2026-12-31T23:59\n".encode("utf-16"),
    ]
    request = codec.encode_request(protocol.Request(id="1", do=protocol.Do.OPEN, lane="entry", expires=1003.0))
    made = [
        Target("config", [SMALL.encode(), (ROOT / "config/gate.toml").read_bytes(), (ROOT / "config/two-lanes.toml").read_bytes()], config),
        Target("passes table", tables, passes_table),
        Target("wire", _WIRE, wire_bodies, json=True),
        Target("cloud answers", [b"120\n" + _WIRE[4], b"Tue, 01 Dec 2026 09:00:00 GMT\n{}"], cloud_answers),
        Target("event stream", [b': hi\n\nevent: passes\nid: 7\ndata: {"cursor":"7"}\n\n', b"event: command\r\ndata: " + _WIRE[2] + b"\r\n\r\n"], event_stream),
        Target("relay lines", [request, b'{"id":"2","do":"hold","barrier":"main","hold_s":60,"ttl_s":3}\n', b'{"type":"reply","id":"1","outcome":"done"}\n'], relay_lines, json=True),
        Target("control lines", [b'{"do": "frame", "lane": "entry"}', b'{"do": "passes_changed"}'], control_lines, json=True),
        Target("serial replies", _BOARD, serial_replies),
        Target("pictures", [_jpeg(".jpg"), _jpeg(".png"), _jpeg(".bmp"), _jpeg(".webp")], pictures),
        Target("video", [_clip()], video),
        Target("plate texts", _PLATES, plate_texts),
        Target("moments", [b"01.12.2026", b"2026-12-01 09:30", b"2026-12-01T09:30:00+03:00", b"31.12.26"], moments),
        Target("records", [to_json(visit_record(1)).encode()], records, json=True),
        Target("outputs left", [_outputs()], outputs_left, json=True),
        Target("credentials", [b'{"url":"https://x","territory":"t","timezone":"Europe/Moscow","token":"abc"}'], credentials, json=True),
        Target("good copies", [_copy()], good_copies, json=True),
        Target("good copies by lines", [_copy()], good_copies_by_lines),
        Target("archives", [_box()], archives),
        Target("made archives", [_BOX_MANIFEST], archives, json=True),
        Target("console forms", console_forms.SEEDS, console_forms.console_forms, cases=console_forms.cases, end=console_forms.end),
        Target("manifests", [b'{"format":1,"version":"1.0","built_at":1,"python":"3.11","machine":"x86_64","wheels":{"a-1-py3-none-any.whl":{"sha256":"' + b"0" * 64 + b'","size":1}}}'], manifests, json=True),
    ]  # fmt: skip
    return {target.name: target for target in made}
