"""`gate check`: tests every part and names a cure for every failure."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path

import click

from edge.cli.options import print_json, with_config, with_json
from edge.cli.ownership import require_access
from edge.config import load
from edge.doctor.bundle import ENDINGS, write_bundle
from edge.doctor.examine import examine, examine_program
from edge.language import say


@click.command(help=say("Доктор: проверить каждую часть и сказать, чем лечить."))
@click.option("--program", is_flag=True, help=say("Только сама программа: настройки, сети, поставляемые снимки."))
@click.option(
    "--bundle",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help=say("Собрать для поддержки .tar.gz: проверки, настройки, состояние; без номеров, снимков и паролей."),
)
@with_config
@with_json
def check(config_file: Path | None, bundle: Path | None, *, program: bool, as_json: bool) -> int:
    """Exit code 1 if something is wrong."""
    if bundle is not None and not bundle.name.lower().endswith(ENDINGS):
        name = f"{bundle.name.removesuffix(bundle.suffix)}.tar.gz"
        raise click.UsageError(say("{file}: собирается архив tar.gz, назовите его так: {name}", file=bundle, name=name))
    config = load(config_file, for_services=True)
    if not program:
        require_access(config)
    wrong, found = 0, []
    for finding in (examine_program if program else examine)(config):
        found.append(finding)
        wrong += not finding.well
        if as_json:
            print_json(asdict(finding))
            continue
        mark = "✓" if finding.well else "✗"
        if sys.stdout.isatty():
            mark = f"\033[{'32' if finding.well else '31;1'}m{mark}\033[0m"
        print(f" {mark} {finding.part:<16} {finding.text}", flush=True)
        if finding.cure:
            print(f"   {'':<16} → {finding.cure}", flush=True)
    if bundle is not None:
        inside = write_bundle(bundle, config, found)
        print(say("собрано: {file} ({inside})", file=bundle, inside=", ".join(inside)), file=sys.stderr)
    if not as_json:
        print(say("всё в порядке") if not wrong else say("неисправностей: {wrong}", wrong=wrong))
    return 1 if wrong else 0
