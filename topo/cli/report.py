"""``topo report``: the page of a study, redrawn from its records, or two studies side by side."""

from __future__ import annotations

from pathlib import Path

import click

from topo.cli.exits import say
from topo.cli.options import quiet_option
from topo.cli.progress import working


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
@quiet_option
def report_verb(*, folders: tuple[Path, ...], output: Path | None, png: Path | None, quiet: bool) -> int:
    """Redraw the report of the study in DIR from its records; never solves.

    With OTHER, one page compares the two: cases are matched by input, name or labels, and differences marked.

    \b
      topo report reports/planes
      topo report before after -o versus.html
      topo report reports/planes --png figures
    """
    from topo.headway import tell

    if len(folders) > 2:
        raise click.UsageError(f"takes one study, or two to compare; {len(folders)} were given")
    if png is not None and (len(folders) > 1 or output is not None):
        raise click.UsageError("--png draws the figures of one study and nothing else; leave out OTHER and --output")
    with working(quiet=quiet):
        tell("drawing")
        done = _pictures(folders[0], png) if png is not None else [_page(folders, output)]
    for path in done:
        click.echo(str(path))
    return 0


def _pictures(folder: Path, into: Path) -> list[Path]:
    from topo.report.pictures import save

    return save(folder, into, tell=say)


def _page(folders: tuple[Path, ...], output: Path | None) -> Path:
    """Return the page of one study, or of two side by side."""
    if len(folders) == 1:
        from topo.report import write

        return write(folders[0], output, tell=say)
    from topo.atomic import write_text
    from topo.report.versus import compare

    output = output or Path("versus.html")
    write_text(output, compare(*folders, tell=say))
    return output
