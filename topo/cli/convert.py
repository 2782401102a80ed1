"""``topo convert``: a fabric from one format into another."""

from __future__ import annotations

from pathlib import Path

import click


@click.command("convert")
@click.argument("fabric", metavar="IN")
@click.argument("output", metavar="OUT", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--from", "from_", metavar="FORMAT", help="Format of IN; told by the file itself where not given.")
@click.option("--to", metavar="FORMAT", help="Format of OUT; by its suffix where not given.")
def convert_verb(*, fabric: str, output: Path, from_: str | None, to: str | None) -> int:
    """Read the fabric IN, a file or a family, and write it to OUT in another format.

    Says what was inferred of IN and what the format of OUT cannot carry.  topo list formats names them all.

    \b
    topo convert dump.ibnetdiscover fabric.graphml
    topo convert file:path=links.csv,rate=400Gb/s,endpoints_per_host=8 fabric.fabric.json
    """
    from topo.cli.output import note
    from topo.config import fabric_of, read_part
    from topo.formats import FABRICS, lost, write, writer

    chosen = writer(FABRICS, output, to)  # before any work
    if from_ is not None:
        fabric = f'file:path="{fabric}",format={from_}'
    built = fabric_of(read_part(fabric=fabric))
    for text in () if built.source is None else built.source.notes:
        note(f"note: {text}")
    write(built, output, to)
    if text := lost(built, chosen):
        note(f"not written, for {chosen.title.partition(',')[0]} cannot carry it: {text}")
    click.echo(str(output))
    return 0
