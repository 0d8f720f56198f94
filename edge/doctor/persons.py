"""Whether the users of the guard's page are stored where no service can write them (ADR 169)."""

from __future__ import annotations

from collections.abc import Iterator

from edge.config import GateConfig
from edge.doctor import units
from edge.doctor.finding import Finding
from edge.language import say
from edge.paths import systemd_dir
from edge.persons import Persons, PersonsUnread
from edge.persons_place import FILE_NAME, Old, doubt_of, old_of, place_of


def persons(config: GateConfig) -> Iterator[Finding]:
    """No finding on a desk: with one account there is nothing to keep apart."""
    part, place = say("люди страницы"), place_of(config.state_dir)
    if doubt := doubt_of(config.state_dir):
        cure = say("посмотрите, что это (ls -ld): верните папке владельца root (sudo chown root) или уберите её")
        yield Finding(part, False, doubt, cure)
        return
    if not place.apart:
        if units.installed("okter-gate-console.service") and (config.state_dir / FILE_NAME).exists():
            text = say("{folder}: их может переписать любая служба", folder=place.folder)
            yield Finding(part, False, text, units.renewal(systemd_dir()))
        return
    settle = "sudo gate console user settle"
    try:
        count = len(Persons(config.state_dir).all())
    except PersonsUnread as error:
        cure = say("страница никого не впустит: sudo gate restore, или удалите файл и запишите людей заново")
        yield Finding(part, False, str(error), cure)
        return
    old = old_of(config.state_dir)
    if old is Old.LINK:
        yield Finding(part, True, say("{folder}, записано: {count}", folder=place.folder, count=count))
    elif old is Old.OTHER:
        path = config.state_dir / FILE_NAME
        if path.is_symlink():
            cure = say("посмотрите, куда она ведёт, и удалите её, затем {command}", command=settle)
            yield Finding(part, False, say("{path}: чужая ссылка вместо нашей", path=path), cure)
            return
        text = say("их меняли прежней версией программы или не она: {path}", path=path)
        yield Finding(part, False, text, say("посмотрите, кто там; взять их: {command} --take-old", command=settle))
    else:
        yield Finding(part, False, say("прежняя версия программы их не найдёт"), settle)
