"""``topo build``: a fabric in a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from topo.cli.options import Check, checks_option, json_option, judge, quiet_option
from topo.cli.progress import working

if TYPE_CHECKING:
    from topo.fabric import Fabric


@click.command("build")
@click.argument("fabric")
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="File to write.")
@click.option("--format", "format_", metavar="NAME", help="Format of the file; by its suffix where not given.")
@json_option
@quiet_option
@checks_option
def build_verb(
    *,
    fabric: str,
    output: Path | None,
    format_: str | None,
    as_json: bool,
    quiet: bool,
    checks: tuple[Check, ...],
) -> int:
    """Build FABRIC, check it, and write it to a file.

    With --json, prints its structure: counts, distances, bisection, findings.

    \b
    topo build dragonfly:a=8,p=4,h=4 -o dragonfly.fabric.json
    topo build slim-fly:q=5 --json
    """
    from topo.cli import output as out
    from topo.config import fabric_of, read_part
    from topo.config.hardware import beyond_ports
    from topo.headway import tell

    if output is not None:
        from topo.formats import FABRICS, writer

        writer(FABRICS, output, format_)  # before any work
    case = read_part(fabric=fabric)
    if text := beyond_ports(case.fabric):
        out.note(f"note: {text}")
    with working(quiet=quiet or as_json):
        tell("building the network")
        built = fabric_of(case)
        _write(built, output, format_)
    if not (as_json or checks):
        cables = built.size.endpoint_links + built.size.switch_links
        click.echo(f"{built.name}: {built.n_endpoints:,} endpoints, {built.n_switches:,} switches, {cables:,} cables")
        if output is not None:
            out.note(f"wrote {output}")
        return 0
    from topo.metrics import structure

    with working(quiet=quiet or as_json):
        tell("measuring distances and bisection")
        results = structure(built)
    code = judge(checks, results)
    if as_json:
        out.print_json({"fabric": case.fabric, "name": built.name, "file": output and str(output), **results})
    return code


def _write(built: Fabric, path: Path | None, format_: str | None) -> None:
    from topo.formats import write
    from topo.headway import tell

    if path is not None:
        tell(f"writing {path}")
        write(built, path, format_)
