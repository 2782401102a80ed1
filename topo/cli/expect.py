"""``topo expect``: what operations should take on a fabric, and what logs say that they took."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from topo.cli.options import (
    COUNT,
    Check,
    MemoryType,
    checks_option,
    csv_option,
    json_option,
    judge,
    quiet_option,
    section_option,
    seed_option,
)
from topo.cli.progress import working

#: Columns that people read of an expectation, and what a log adds.
BOUNDS = ("operation", "bytes", "expected_s", "port_busbw_bytes_per_s", "shared_busbw_bytes_per_s",
          "expected_busbw_bytes_per_s", "accepted_busbw_bytes_per_s")  # fmt: skip
FOUND = ("operation", "ranks", "hosts", "bytes", "records", "expected_busbw_bytes_per_s", "measured_busbw_bytes_per_s",
         "share", "least_share", "fitted_share", "accepted")  # fmt: skip
#: Times by which one size is larger than the one before, where no log gives sizes.
STEP = 4


@click.command("expect")
@click.argument("fabric")
@click.argument("logs", metavar="[LOG]...", nargs=-1, type=click.Path(path_type=Path, dir_okay=False))
@section_option("routing")
@click.option("--collective", "operations", multiple=True, metavar="NAME",
              help="Of a log that does not say it; without logs, which to print. May be repeated.")  # fmt: skip
@click.option("--format", "format_", metavar="FORMAT", help="Of the logs; told by the logs themselves if not given.")
@click.option("--ranks", type=COUNT, metavar="N", help="Without logs: the first N endpoints; all if not given.")
@click.option("--from", "least", type=MemoryType(), default="1KiB", show_default=True, metavar="SIZE",
              help="Without logs: the smallest size.")  # fmt: skip
@click.option("--to", "most", type=MemoryType(), default="16GiB", show_default=True, metavar="SIZE",
              help="Without logs: the largest size.")  # fmt: skip
@click.option("--threshold", type=click.FloatRange(0, 1, min_open=True, max_open=True), metavar="SHARE",
              help="Share of the expected bus bandwidth that is accepted; 0.92 if not given.")  # fmt: skip
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
              help="Write a page of it to FILE.")  # fmt: skip
@seed_option
@json_option
@csv_option
@quiet_option
@checks_option
def expect_verb(
    *,
    fabric: str,
    logs: tuple[Path, ...],
    routing: str,
    seed: int,
    output: Path | None,
    as_json: bool,
    as_csv: bool,
    quiet: bool,
    checks: tuple[Check, ...],
    **given: Any,
) -> int:
    """Print what collectives should reach on FABRIC, and beside it what each LOG measured.

    Bounds are those of ports, of links shared under --routing, and with latency; a LOG is one of NCCL Inspector,
    nccl-tests or Kineto. Hosts, rails and sizes that fall behind are listed.

    \b
    topo expect fat-tree-2:radix=64,planes=8,endpoints=128,hardware=h800 --ranks 64
    topo expect site.ibnetdiscover logs/*.jsonl --routing static --csv --fail-on 'rejected>0' > acceptance.csv
    topo expect site.ibnetdiscover logs/*.jsonl -o acceptance.html
    """
    from topo.cli.output import note, print_json
    from topo.cli.results import print_csv_rows
    from topo.config import fabric_of, read_part, routing_of
    from topo.headway import tell

    _check_rows(logs, as_csv=as_csv)
    case = read_part(fabric=fabric, routing=routing, seed=seed)
    given["share"] = {} if given["threshold"] is None else {"threshold": given["threshold"]}
    with working(quiet=quiet or as_json or as_csv):
        tell("building the network")
        built = fabric_of(case)
        chosen = routing_of(case, built)
        results = _measured(built, chosen, logs, given) if logs else _curves(built, chosen, given)
    code = judge(checks, results)
    if output is not None:
        _draw(output, built, case.routing["policy"], results)
    if as_json:
        print_json({"fabric": case.fabric, "routing": case.routing, **results})
    elif as_csv:
        print_csv_rows(results["expectations"], "expectations.")
    else:
        _print(built.name, results)
    for text in (*_notes(built), *results["inferred"]):
        note(f"note: {text}")
    return code


def _check_rows(logs: Sequence[Path], *, as_csv: bool) -> None:
    """Raise UsageError for a file given to ``--csv``, as it once took one: it is read as a log."""
    file = next((log for log in logs if log.suffix == ".csv" or not log.exists()), None)
    if as_csv and file is not None:
        raise click.UsageError(
            f"--csv prints the rows and takes no file, so {file} was taken for a log; "
            f"to write it: topo expect FABRIC [LOG]... --csv > {file}"
        )


def _measured(
    fabric: Any, routing: Mapping[str, Any], logs: Sequence[Path], given: Mapping[str, Any]
) -> dict[str, Any]:
    from topo.formats import read_measurements
    from topo.headway import tell, within
    from topo.metrics.against import against

    if len(given["operations"]) > 1:
        raise click.UsageError("--collective: logs take one; give those of each collective to a run of its own")
    operation = given["operations"][0] if given["operations"] else ""
    tell("reading logs")
    measured = read_measurements(logs, given["format_"], collective=operation)
    with within("working out what was to be expected"):
        return against(measured, fabric, routing, **given["share"])


def _curves(fabric: Any, routing: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    from topo.headway import within
    from topo.metrics.expected import curves

    if given["least"] > given["most"]:
        raise click.UsageError("--from is larger than --to")
    sizes = [given["least"]]
    while sizes[-1] * STEP <= given["most"]:
        sizes.append(sizes[-1] * STEP)
    chosen = {"operations": given["operations"]} if given["operations"] else {}
    with within("working out what to expect"):
        return curves(fabric, routing, sizes=sizes, ranks=given["ranks"], **chosen, **given["share"])


def _print(name: str, results: Mapping[str, Any]) -> None:
    from topo.cli.results import print_results, print_rows, say_first

    say_first(name, _verdict(results))
    print_results("", results, ("measurements", "communicators", "threshold", "judged", "rejected"))
    rows = results["expectations"]
    title, shown = ("expected and measured", FOUND) if "judged" in results else ("expected", BOUNDS)
    print_rows(f"\n{title}", rows, [f"expectations.{k}" for k in shown])
    for key, title in (("fits", "time = alpha + time at shared links / efficiency"), ("outliers", "what falls behind")):
        if results.get(key):
            print_rows(f"\n{title}", results[key], [f"{key}.{inner}" for inner in results[key][0]])


def _verdict(results: Mapping[str, Any]) -> str:
    """Return how many rows were accepted; without logs what each operation should reach at its largest size."""
    from topo.cli.results import written
    from topo.units import several

    rows = results["expectations"]
    if "judged" in results:
        judged, rejected = results["judged"], results["rejected"]
        rest = f"{rejected:,} of them below {written('threshold', results['threshold'])} of what is expected"
        return f"{several(judged, 'size is', 'sizes are')} judged by bandwidth, {rest if rejected else 'all accepted'}."
    largest = max(row["bytes"] for row in rows)
    key = "expectations.expected_busbw_bytes_per_s"
    reached = {row["operation"]: row[key.split(".")[1]] for row in rows if row["bytes"] == largest}
    who = f"{rows[0]['ranks']:,} ranks on {several(rows[0]['hosts'], 'host', 'hosts')}"
    names = ", ".join(f"{name} {written(key, value)}" for name, value in reached.items())
    return f"Bus bandwidth among {who} at {written('expectations.bytes', largest)}: {names}."


def _notes(fabric: Any) -> tuple[str, ...]:
    return () if fabric.source is None else tuple(fabric.source.notes)


def _draw(path: Path, fabric: Any, policy: str, results: Mapping[str, Any]) -> None:
    from topo import __version__
    from topo.atomic import write_text
    from topo.report.expectations import expectations_page

    text = expectations_page(fabric.name, results, policy=policy, notes=_notes(fabric), version=__version__)
    write_text(path, text)
