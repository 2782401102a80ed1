"""What ``--dry-run`` prints: memory and time of every case, nothing computed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from topo.cli import output

if TYPE_CHECKING:
    from topo.config import Case
    from topo.study.estimate import Estimate


def print_estimates(cases: Sequence[Case], limit: float | None, *, as_json: bool, as_csv: bool = False) -> None:
    """Print a row a case and the totals; cases above ``limit`` [bytes] say so."""
    from topo.study import in_gib

    rows = [_row(case, limit) for case in cases]
    known = [row for row in rows if row["memory_bytes"] is not None]
    totals = {
        "max_memory_bytes": limit,
        "peak_memory_bytes": max((row["memory_bytes"] for row in known), default=0.0),
        "total_seconds": sum(row["seconds"] for row in known),
    }
    if as_json:
        output.print_json({"cases": rows, **totals})
        return
    if as_csv:
        output.print_csv(("case", "memory [B]", "time [s]", "note"), [tuple(row.values()) for row in rows])
        return
    shown = [
        (row["name"], "-" if row["memory_bytes"] is None else in_gib(row["memory_bytes"]), row["seconds"], row["note"])
        for row in rows
    ]
    peak = in_gib(totals["peak_memory_bytes"] or 0.0)
    output.print_table(("case", "memory", "seconds", ""), [*shown, (_total(rows), peak, totals["total_seconds"], "")])


def _total(rows: Sequence[Any]) -> str:
    return f"{len(rows)} cases, {sum(row['note'].startswith('over') for row in rows)} over the limit"


def _note(needs: Estimate) -> str:
    """Return what takes most memory, and why the case may fail all the same."""
    mostly = f"mostly {needs.what}"
    return f"{mostly}; may still fail: {', '.join(needs.doubts)}" if needs.doubts else mostly


def _row(case: Case, limit: float | None) -> dict[str, Any]:
    from topo.study import OverMemory, check_memory
    from topo.study.estimate import estimate

    row: dict[str, Any] = {"name": case.name, "memory_bytes": None, "seconds": None, "note": case.refused}
    if case.refused:
        return row | {"note": f"refused: {case.refused}"}
    try:
        needs = estimate(case, rehearse=True)
    except ValueError as error:
        return row | {"note": f"fails: {error}"}
    row |= {"memory_bytes": needs.memory, "seconds": round(needs.seconds, 2), "note": _note(needs)}
    try:
        check_memory(needs, limit)
    except OverMemory as error:
        row |= {"note": str(error)}
    return row
