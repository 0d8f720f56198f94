"""An update, step by step. A power cut after any step leaves a working program: the old one, or one on trial.

    verify → make → examine → (mark whole) → begin trial → use → restart → watch → end trial → tidy
                                                         └ not well: use the old one again, restart

The state folder is not touched. An interrupted update is continued by `resume`, run at boot by the environment that was
in use before, since the one on trial may not run at all.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Protocol

from core.words.system import system_words
from edge.language import say
from edge.update import making
from edge.update.bundle import read_signed, unpack
from edge.update.environments import Environments, Trial
from edge.update.errors import BundleRefused, UpdateFailed, UpdateUnready
from edge.update.manifest import Manifest, check_platform
from edge.update.services import SILENT, Health, Services, comes_up

UNPACKED = 5
"""Upper bound of an installed wheel's disk use, as a multiple of its size; bytecode and the wheel itself included."""
FLOOR_BYTES = 100 << 20


class Make(Protocol):
    """Fills an environment from wheels. Raises UpdateFailed."""

    def __call__(self, environment: Path, wheels: Path, *, like: Path) -> None: ...


@dataclass(frozen=True, slots=True)
class Updater:
    """Updates of one box. `told` is called with each step as it begins."""

    environments: Environments
    signers: Path
    config: Path
    services: Services
    told: Callable[[str], None]
    version: str = ""
    """Version of the program in use, if its environment has no manifest; empty = unknown."""
    make: Make = making.make
    examine: Callable[[Path, Path, str], None] = making.examine
    watch: Callable[[Services, Health], str] = field(default=partial(comes_up))

    def update(
        self, file: Path, *, named: str = "", older: bool = False, before_switch: Callable[[], None] = lambda: None
    ) -> Manifest:
        """Install `file` and use it. If `named` is given, the file must have that name.

        `before_switch` may wait, or postpone the update with UpdateUnready. Another update may come meanwhile: a person
        at the box with a file has priority.

        Raises BundleRefused, UpdateUnready, UpdateFailed, FileUnusable; the old program then runs.
        """
        with self._alone():
            old = self._untried()
            self.told(say("подпись и опись"))
            manifest = read_signed(file, self.signers)
            if named and manifest.name != named:  # a file must not be recorded under another release's name
                raise BundleRefused(say("в файле {named}, а предложено {release}", named=manifest.name, release=named))
            check_platform(manifest)
            running = self.environments.manifest_of(old)
            was = self._newer(running, manifest)
            if was and not older:
                raise BundleRefused(
                    say("{name} старее, чем {was}; если так и надо: --older", name=manifest.name, was=was)
                )
            if manifest.name == old.name:  # even if the contents differ: a running program is not overwritten
                raise UpdateUnready(say("{name} уже работает", name=manifest.name))
            new = self._made(file, manifest, like=old)
        before_switch()
        with self._alone():
            now = self._untried()
            if (now, self.environments.manifest_of(now), self.environments.manifest_of(new)) != (
                old,
                running,
                manifest,
            ):
                raise UpdateUnready(say("программа тем временем сменилась"))
            self._try(old.name, new.name)
        return manifest

    def resume(self) -> str:
        """Judge the trial that a power cut interrupted; returns the environment in use. Raises as `update` does."""
        with self._alone():
            trial = self.environments.trial()
            current = self.environments.current()
            if trial is not None and current.name == trial.new:
                self._judge(trial, Health(gate=SILENT if trial.gate else None, relay=SILENT if trial.relay else None))
            self.environments.end_trial()
            self.environments.tidy()
            return self.environments.current().name

    def back(self) -> str:
        """Go back to the program before the last update; returns its name. Raises UpdateUnready, UpdateFailed."""
        with self._alone():
            previous, current = self.environments.previous(), self.environments.current()
            if previous is None or previous == current:
                raise UpdateUnready(say("возвращаться не к чему: прежней программы нет"))
            self._try(current.name, previous.name)
            return previous.name

    def _untried(self) -> Path:
        """The environment in use. Raises UpdateUnready while one is on trial."""
        if self.environments.trial() is not None:
            raise UpdateUnready(say("прошлое обновление не закончено: gate update --resume"))
        return self.environments.current()

    def _newer(self, running: Manifest | None, offered: Manifest) -> str:
        """The name of the program in use if it is newer than the offered one; else empty."""
        if running is not None:
            return running.name if offered.older_than(running) else ""
        return self.version if offered.before_version(self.version) else ""

    def _made(self, file: Path, manifest: Manifest, *, like: Path) -> Path:
        new = self.environments.folder / manifest.name
        if self.environments.manifest_of(new) == manifest:  # already made, and complete
            self._examined(new, manifest)
            return new
        self.environments.drop(new)
        self._room(manifest)
        try:
            with tempfile.TemporaryDirectory(dir=self.environments.folder, prefix=".wheels-") as folder:
                self.told(say("вторая среда: {name}", name=manifest.name))
                unpack(file, self.signers, Path(folder), manifest)
                self.make(new, Path(folder), like=like)
            self._examined(new, manifest)
            self.environments.mark_whole(new, manifest)
        except OSError as error:
            self.environments.drop(new)
            raise UpdateFailed(say("вторая среда не записалась: {why}", why=system_words(error))) from None
        except BaseException:
            self.environments.drop(new)
            raise
        return new

    def _examined(self, new: Path, manifest: Manifest) -> None:
        self.told(say("проверка новой программы: настройки, сети, снимок"))
        self.examine(new, self.config, manifest.version)

    def _room(self, manifest: Manifest) -> None:
        needed, free = manifest.size * UNPACKED + FLOOR_BYTES, shutil.disk_usage(self.environments.folder).free
        if free < needed:
            raise UpdateUnready(
                say("мало места: нужно {needed} МБ, свободно {free} МБ", needed=needed >> 20, free=free >> 20)
            )

    def _try(self, old: str, new: str) -> None:
        before = self.services.health()
        trial = Trial(old, new, gate=before.gate is not None, relay=before.relay is not None)
        self.environments.remember(self.environments.folder / trial.old)
        self.environments.begin(trial)
        self.told(say("переключение и перезапуск"))
        self.environments.use(self.environments.folder / trial.new)
        self._judge(trial, before)

    def _judge(self, trial: Trial, before: Health) -> None:
        why = self._well(before)
        if not why:
            self.environments.end_trial()
            self.environments.tidy()
            return
        self.told(say("не поднялась: {why}; возвращаюсь к {old}", why=why, old=trial.old))
        self.environments.use(self.environments.folder / trial.old)
        self.environments.end_trial()
        after = self._well(before)
        self.environments.drop(self.environments.folder / trial.new)  # none of its processes runs any more
        if after:
            raise UpdateFailed(say("{why}; прежняя программа на месте, но и она: {after}", why=why, after=after))
        raise UpdateFailed(say("{why}; работает прежняя программа", why=why))

    def _well(self, before: Health) -> str:
        try:
            self.services.restart()
        except UpdateFailed as error:
            return str(error)
        self.told(say("жду, пока поднимется"))
        return self.watch(self.services, before)

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        prefix = self.environments.prefix
        if not os.path.lexists(prefix / "venv"):  # a mistyped path must not create folders
            raise UpdateUnready(say("{prefix}: здесь ничего не установлено; где — скажите --prefix", prefix=prefix))
        try:
            self.environments.folder.mkdir(mode=0o755, parents=True, exist_ok=True)
            handle = os.open(prefix / ".update.lock", os.O_RDWR | os.O_CREAT, 0o600)
        except PermissionError:
            raise UpdateUnready(say("нет прав; запустите с sudo")) from None
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(handle)
            raise UpdateUnready(say("обновление уже идёт")) from None
        try:
            yield
        finally:
            os.close(handle)
