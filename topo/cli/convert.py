"""``topo convert``: a fabric, its forwarding tables, traffic or loads on it, from one format into another."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from topo.cli.options import quiet_option, section_option, seed_option
from topo.cli.progress import working

if TYPE_CHECKING:
    from topo.config import Case
    from topo.fabric import Fabric
    from topo.formats import Format


@click.command("convert")
@click.argument("fabric", metavar="IN")
@click.argument("output", metavar="OUT", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--from", "from_", metavar="FORMAT", help="Format of IN; told by the file itself where not given.")
@click.option("--to", metavar="FORMAT", help="Format of OUT; by its suffix where not given.")
@click.option("--traffic", metavar="TRAFFIC", help="What is sent, for formats of traffic, routes and loads.")
@section_option("routing")
@seed_option
@quiet_option
def convert_verb(
    *,
    fabric: str,
    output: Path,
    from_: str | None,
    to: str | None,
    traffic: str | None,
    routing: str,
    seed: int,
    quiet: bool,
) -> int:
    """Read the fabric IN, a file or a family, and write it to OUT in another format.

    Says what was inferred of IN and what the format of OUT cannot carry.  To a format of forwarding tables it
    writes those of --routing static, or static:tables=FILE; to one of traffic, routes or loads what --traffic
    puts on the fabric.  topo list formats names all formats.

    \b
    topo convert dump.ibnetdiscover fabric.graphml
    topo convert file:path=links.csv,rate=400Gb/s,endpoints_per_host=8 fabric.fabric.json
    topo convert dump.ibnetdiscover tables.lfts --routing static
    topo convert dragonfly:a=4 job.platform.xml --traffic permutation --routing ecmp-hash
    """
    from topo.cli.output import note
    from topo.config import fabric_of, read_part
    from topo.formats import DEMANDS, FABRICS, LOADS, ROUTES, TABLES, chosen, writer
    from topo.headway import tell

    entry = writer(TABLES | LOADS | ROUTES | DEMANDS | FABRICS, output, to)  # before any work
    if from_ is not None:
        fabric = f'file:path="{fabric}",format={from_}'
    case = read_part(fabric=fabric, routing=routing, traffic=traffic, seed=seed)
    if entry not in (*TABLES.values(), *FABRICS.values()) and traffic is None:
        raise click.UsageError(f"{output}: {entry.title}: give the traffic with --traffic")
    with working(quiet=quiet):
        tell("reading the network")
        built = fabric_of(case)
        tell(f"writing {output}")
        said = _write(case, built, entry, output)
    for text in () if built.source is None else built.source.notes:
        note(f"note: {text}")
    if said:
        note(f"note: {chosen(FABRICS | DEMANDS, entry)} cannot carry: {said}")
    click.echo(str(output))
    return 0


def _write(case: Case, built: Fabric, entry: Format, output: Path) -> str:
    """Write the file and return what it cannot carry of the fabric or traffic in it; empty where it holds all."""
    from topo.atomic import write_bytes
    from topo.config import demand_of, routing_of, tables_of
    from topo.formats import DEMANDS, LOADS, ROUTES, TABLES, lost

    said = ""
    write = entry.function("write")
    if entry in TABLES.values():
        text = write(built, tables_of(case, built))
    elif entry in DEMANDS.values():
        demand = demand_of(case, built)
        text, said = write(demand), lost(demand, entry)
    elif entry in (*ROUTES.values(), *LOADS.values()):
        from topo.flow import route, solve
        from topo.metrics import link_table

        demand = demand_of(case, built)
        routing = route(built, demand, **routing_of(case, built))
        given = (demand, routing) if entry in ROUTES.values() else (link_table(solve(built, demand, routing))["load"],)
        text = write(built, *given)
    else:
        text, said = write(built), lost(built, entry)
    write_bytes(output, text if isinstance(text, bytes) else text.encode())
    return said
