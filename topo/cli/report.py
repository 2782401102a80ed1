"""``topo report``: the page of a study, redrawn from its records."""

from __future__ import annotations

from pathlib import Path

import click


@click.command("report")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option(
    "-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="File; DIR/index.html if not given."
)
def report_verb(folder: Path, output: Path | None) -> int:
    """Redraw the report of the study in DIR from its records; never solves."""
    from topo.report import render, write

    if output is None:
        click.echo(str(write(folder)))
        return 0
    from topo.formats.atomic import write_text

    write_text(output, render(folder))
    click.echo(str(output))
    return 0
