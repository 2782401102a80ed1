"""``topo study``: every case of a study, then its report."""

from __future__ import annotations

import shlex
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from topo.cli.exits import FAILED_CASES, OK, Interrupted, say
from topo.cli.options import Check, checks_option, csv_option, estimate_options, json_option, judge, quiet_option
from topo.cli.progress import over_cases, working
from topo.cli.workers import Where, workers_option
from topo.headway import tell

if TYPE_CHECKING:
    from topo.study import Run

#: Failures of one cause that are said one by one.
MOST_SAID = 20


@click.command("study")
@click.argument("study")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path, file_okay=False), help="Folder; reports/STUDY if not given."
)
@workers_option("Local processes; 0 is this one.")
@click.option("--resume/--fresh", default=True, help="Go on where DIR stands (default), or start over in a new folder.")
@click.option(
    "--set", "overrides", metavar="KEY=VALUE", multiple=True, help="Override a key of the study. May be repeated."
)
@json_option
@csv_option
@quiet_option
@checks_option
@estimate_options
def study_verb(
    *,
    study: str,
    output: Path | None,
    where: Where,
    resume: bool,
    overrides: tuple[str, ...],
    as_json: bool,
    as_csv: bool,
    quiet: bool,
    checks: tuple[Check, ...],
    max_memory: float | None,
    dry_run: bool,
) -> int:
    """Run every case of STUDY and write records and report.

    STUDY is a YAML file or a shipped name. Finished cases stay: the same command goes on
    where a run stopped. A case that fails does not stop the others.

    \b
    topo study deepseek-v3
    topo study my.yaml -o out --set fabric.planes=4 --workers 2
    """
    from topo import study as studies

    loaded = studies.load(study, overrides)
    limit = max_memory or where.limit(len(loaded.cases))
    if dry_run:
        from topo.cli.estimates import print_estimates

        print_estimates(loaded.cases, limit, as_json=as_json, as_csv=as_csv)
        return OK
    folder = output or Path("reports") / loaded.name
    folder = folder if resume else studies.fresh_folder(folder)
    command = shlex.join(["topo", *sys.argv[1:]])
    _end_as_interrupted()
    first = loaded.cases[0].name if where.workers == 0 and where.scheduler is None else ""
    with over_cases(len(loaded.cases), first, quiet=quiet or as_json or as_csv) as progress:
        try:
            done = studies.run(loaded, folder, **where.how(), command=command, max_memory=limit, progress=progress)
        except KeyboardInterrupt:
            raise Interrupted(_again(study, folder, overrides, where)) from None
    from topo.report import write

    with working(quiet=quiet or as_json or as_csv):
        tell("drawing the report")
        page = write(done.folder, tell=say)
    _print(done, page, as_json=as_json, as_csv=as_csv)
    return _verdict(done, checks)


def _end_as_interrupted() -> None:
    """Let a batch system's kill and a terminal that closes keep finished cases, as Ctrl-C does."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # nohup
        signal.signal(signal.SIGHUP, signal.default_int_handler)


def _verdict(done: Run, checks: tuple[Check, ...]) -> int:
    for warning in done.warnings:
        say(f"warning: {warning}")
    codes = [
        judge(checks, record["results"], name=record["case"]["name"])
        for record in done.records
        if record["status"] == "ok" and (checks and record["case"]["traffic"] is not None)
    ]
    _say_failures(done)
    return FAILED_CASES if done.failed else max(codes, default=OK)


def _say_failures(done: Run) -> None:
    """Say each failure; those of one cause together where they are many."""
    names: dict[str, list[str]] = {}
    for record in done.failed:
        names.setdefault(record["error"], []).append(record["case"]["name"])
    for error, failed in names.items():
        shown = failed if len(failed) <= MOST_SAID else [f"{failed[0]} and {len(failed) - 1:,} more"]
        for name in shown:
            say(f"failed: {name}: {error}")


def _print(done: Run, page: Path, *, as_json: bool, as_csv: bool) -> None:
    from topo.cli import output
    from topo.cli.results import print_cases

    status = [record["status"] for record in done.records]
    summary = {
        "folder": str(done.folder),
        "report": str(page),
        "cases": len(status),
        "equal": len(status) - len({record["hash"] for record in done.records}),
        **{word: status.count(word) for word in ("ok", "failed", "refused")},
        "computed": done.computed,
        "seconds": round(done.seconds, 3),
    }
    if as_json:
        output.print_json({**summary, "records": list(done.records)})
        return
    if as_csv:
        print_cases([(_head(record), record["results"]) for record in done.records])
        return
    told = ["cases", *(["equal"] if summary["equal"] else []), "ok", "failed", "refused", "computed", "seconds"]
    say(", ".join(f"{key} {summary[key]}" for key in told))
    _print_choice(done.folder)
    click.echo(str(page))


def _head(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a row of CSV begins with: the case, where it lies in the sweep, and how it ended."""
    case = record["case"]
    return {"case": case["name"], **case["labels"], "status": record["status"], "error": record["error"]}


def _print_choice(folder: Path) -> None:
    """Print the decision matrix on stderr: scripts read the page's path from stdout."""
    from topo.cli import output
    from topo.cli.results import ascii_of
    from topo.report import choice

    table = choice(folder)
    if table is None:
        return
    cells = [[ascii_of(cell.text + (f" ({cell.below})" if cell.below else "")) for cell in row] for row in table.cells]
    output.print_table([ascii_of(one.title) for one in table.columns], cells, title=ascii_of(table.caption), err=True)


def _again(study: str, folder: Path, overrides: tuple[str, ...], where: Where) -> str:
    """Return the command that goes on."""
    words = [word for override in overrides for word in ("--set", override)]
    return shlex.join(["topo", "study", study, "-o", str(folder), *words, *where.options()])
