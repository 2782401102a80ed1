"""``topo report``: the page of a study, redrawn from its records, or two studies side by side."""

from __future__ import annotations

from pathlib import Path

import click

from topo.cli.exits import say


@click.command("report")
@click.argument("folders", metavar="DIR [OTHER]", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="File; DIR/index.html if not given, versus.html here for two studies.",
)
@click.option(
    "--png", metavar="DIR", type=click.Path(path_type=Path, file_okay=False), help="Write each figure as PNG into DIR."
)
def report_verb(folders: tuple[Path, ...], output: Path | None, png: Path | None) -> int:
    """Redraw the report of the study in DIR from its records; never solves.

    With OTHER, one page compares the two: cases are matched by input, name or labels, and differences marked.

    \b
      topo report reports/planes
      topo report before after -o versus.html
      topo report reports/planes --png figures
    """
    if len(folders) > 2:
        raise click.UsageError(f"takes one study, or two to compare; {len(folders)} were given")
    if png is not None and (len(folders) > 1 or output is not None):
        raise click.UsageError("--png draws the figures of one study and nothing else; leave out OTHER and --output")
    if png is not None:
        from topo.report.pictures import save

        for path in save(folders[0], png, tell=say):
            click.echo(str(path))
        return 0
    if len(folders) > 1:
        from topo.atomic import write_text
        from topo.report.versus import compare

        output = output or Path("versus.html")
        write_text(output, compare(*folders, tell=say))
    else:
        from topo.report import write

        output = write(folders[0], output, tell=say)
    click.echo(str(output))
    return 0
