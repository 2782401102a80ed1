"""``topo convert``: a fabric, or its forwarding tables, from one format into another."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from topo.cli.options import section_option

if TYPE_CHECKING:
    from topo.config import Case
    from topo.fabric import Fabric


@click.command("convert")
@click.argument("fabric", metavar="IN")
@click.argument("output", metavar="OUT", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--from", "from_", metavar="FORMAT", help="Format of IN; told by the file itself where not given.")
@click.option("--to", metavar="FORMAT", help="Format of OUT; by its suffix where not given.")
@section_option("routing")
def convert_verb(*, fabric: str, output: Path, from_: str | None, to: str | None, routing: str) -> int:
    """Read the fabric IN, a file or a family, and write it to OUT in another format.

    Says what was inferred of IN and what the format of OUT cannot carry.  To a format of forwarding tables it
    writes those of --routing static, or static:tables=FILE.  topo list formats names all formats.

    \b
    topo convert dump.ibnetdiscover fabric.graphml
    topo convert file:path=links.csv,rate=400Gb/s,endpoints_per_host=8 fabric.fabric.json
    topo convert dump.ibnetdiscover tables.lfts --routing static
    """
    from topo.cli.output import note
    from topo.config import fabric_of, read_part
    from topo.formats import FABRICS, TABLES, chosen, lost, write, writer

    entry = writer(TABLES | FABRICS, output, to)  # before any work
    if from_ is not None:
        fabric = f'file:path="{fabric}",format={from_}'
    case = read_part(fabric=fabric, routing=routing)
    built = fabric_of(case)
    for text in () if built.source is None else built.source.notes:
        note(f"note: {text}")
    if entry in TABLES.values():
        _write_tables(case, built, output, chosen(TABLES, entry))
        return 0
    write(built, output, to)
    if text := lost(built, entry):
        note(f"note: {chosen(FABRICS, entry)} cannot carry: {text}")
    click.echo(str(output))
    return 0


def _write_tables(case: Case, built: Fabric, output: Path, format: str) -> None:
    from topo.atomic import write_text
    from topo.config import tables_of
    from topo.formats import TABLES

    write_text(output, TABLES[format].function("write")(built, tables_of(case, built)))
    click.echo(str(output))
