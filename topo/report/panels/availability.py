"""Availability: what each network is worth between failures and repairs, and how a job fared that was played."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from topo.report import labels, words
from topo.report.figures.axes import figure
from topo.report.figures.curves import histories
from topo.report.labels import column
from topo.report.names import Case
from topo.report.panels.blocks import Draw, Panel, Show
from topo.report.panels.blocks import panel as make
from topo.report.panels.view import View
from topo.report.tables import name, table

_KEYS = (
    "expected_throughput", "expected_throughput_low", "expected_throughput_high", "full_reach", "good_time",
    "no_slowdown", "job_mttf_s", "job_uninterrupted", "ettr", "ettr_played",
)  # fmt: skip
_LEVELS = ("failed", "probability", "tried", "throughput", "least")
_CURVE = ("start_s", "throughput", "failed")
#: Histories drawn; the table has all.
MOST_CURVES = 6
DAY = 86400.0  # [s]


def panel(view: View) -> Panel | None:
    """Return the worth of every network over its failures, None where no case asks for it."""
    cases = [case for case in view.solutions if case.get("states_by_failed") is not None]
    if not cases:
        return None
    columns = [name("Network"), name("Traffic"), name("Policy"), *map(column, _KEYS)]
    rows = [(case.network, case.traffic, case.policy, *map(case.get, _KEYS)) for case in cases]
    worth = Show(table("availability-table", "Networks over their failures", columns, rows, filterable=len(rows) > 12))
    question = "What is left of the network, on an average day and on a bad one?"
    return make("availability", "Availability", question, _answer(cases), (worth, _levels(cases), _curve(cases)))


def _answer(cases: Sequence[Case]) -> str:
    pairs = [(case, case.get("expected_throughput")) for case in cases]
    numbers = [(case, float(value)) for case, value in pairs if isinstance(value, int | float)]
    if not numbers:
        return "No case states its expected throughput."
    best, worst = (pick(numbers, key=lambda one: one[1]) for pick in (max, min))
    sentence = f"{worst[0].title} keeps {words.nines(worst[1])} of its throughput in the mean over failures and repairs"
    if best[1] > worst[1]:
        sentence += f", {best[0].title} {words.nines(best[1])}"
    return f"{sentence}."


def _levels(cases: Sequence[Case]) -> Show:
    columns = [name("Case"), *(column(f"states_by_failed.{key}") for key in _LEVELS)]
    rows = [(case.title, *map(row.get, _LEVELS)) for case in cases for row in case.rows("states_by_failed")]
    return Show(
        table("availability-levels", "By parts that are down at once", columns, rows, filterable=len(rows) > 12)
    )


def _curve(cases: Sequence[Case]) -> Draw | None:
    """Return the throughput over time of the first cases that were played through; None where none was."""
    pieces = {case.title: case.rows("throughput_curve", *_CURVE) for case in cases}
    pieces = {title: rows for title, rows in pieces.items() if rows}
    if not pieces:
        return None
    lowest, title = min((float(row["throughput"]), title) for title, rows in pieces.items() for row in rows)
    finding = f"At its lowest {title} gets {words.percent(lowest)} of its throughput."
    how = f"A step at each failure and repair; the first {MOST_CURVES} cases that were played through."
    steps = {title: _steps(rows) for title, rows in list(pieces.items())[:MOST_CURVES]}
    columns = [name("Case"), *(column(f"throughput_curve.{key}") for key in _CURVE)]
    lines = [(title, *map(row.get, _CURVE)) for title, rows in pieces.items() for row in rows]
    numbers = table("availability-curve", labels.heading("throughput_curve"), columns, lines, filterable=True)
    drawing = histories(steps, "time [d]", labels.axis("throughput_curve.throughput"))
    return Draw(figure("fig-availability", finding, how, drawing, numbers))


def _steps(rows: Sequence[dict[str, Any]]) -> tuple[list[float], list[float]]:
    return [float(row["start_s"]) / DAY for row in rows], [float(row["throughput"]) for row in rows]
