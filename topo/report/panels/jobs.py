"""Several jobs on one fabric: how much longer each takes than it would alone."""

from __future__ import annotations

from typing import Any

from topo.report import labels, words
from topo.report.figures.axes import Figure, Variant
from topo.report.figures.marks import Series, dumbbells
from topo.report.labels import column
from topo.report.names import Case
from topo.report.panels.blocks import Draw, Panel, Show
from topo.report.panels.blocks import panel as make
from topo.report.panels.sweep_cases import settings_of
from topo.report.panels.view import View
from topo.report.tables import Table, name, table

#: Rows of one drawing.
MOST_ROWS = 24
_KEYS = ("job", "ranks", "start_s", "together_s", "alone_s", "slowdown")


def jobs_of(case: Case) -> list[dict[str, Any]]:
    """Return the rows of a case's jobs that state how much longer they took; none where it has no jobs."""
    return case.rows("jobs", "job", "together_s", "alone_s", "slowdown")


def panel(view: View) -> Panel | None:
    """Return the slowdown of every job, None where no case had jobs."""
    jobs = [(case, job) for case in view.solutions for job in case.rows("jobs")]
    if not jobs:
        return None
    settings, places = settings_of([case for case, _ in jobs])
    columns = [name("Network"), name("Traffic"), name("Policy"), *settings]
    columns += [column(f"jobs.{key}", bar=key == "slowdown") for key in _KEYS]
    rows = [
        (case.network, case.traffic, case.policy, *place, *map(job.get, _KEYS))
        for (case, job), place in zip(jobs, places, strict=True)
    ]
    listing = table("jobs-table", "Jobs beside each other and alone", columns, rows, filterable=len(rows) > 12)
    drawing = _drawing(view, listing)
    return make("jobs", "Jobs", "Do the jobs disturb each other?", _answer(view), (drawing or Show(listing),))


def _drawing(view: View, listing: Table) -> Draw | None:
    """Return each job from its time alone to that beside the others, a reading a traffic; None where none says both."""
    variants = []
    for traffic in view.traffics:
        jobs = [(case, job) for case in view.of_traffic(traffic) for job in jobs_of(case)][:MOST_ROWS]
        if not jobs:
            continue
        factor, title = labels.scale("jobs.together_s", [job["together_s"] for _, job in jobs])
        alone, together = (
            Series(word, [job[key] * factor for _, job in jobs], [words.seconds(job[key]) for _, job in jobs])
            for word, key in (("alone", "alone_s"), ("together", "together_s"))
        )
        rows = [f"{case.network} · {job['job']}" for case, job in jobs]
        variants.append(Variant(traffic, dumbbells(rows, (alone, together), title)))
    if not variants:
        return None
    how = "One row for each job on each network: its time alone and beside the others. A longer line is a longer wait."
    return Draw(Figure("fig-jobs", _finding(view), how, tuple(variants), listing, "traffic"))


def _finding(view: View) -> str:
    jobs = [(case, job) for case in view.grid for job in jobs_of(case)]
    late = [job for _, job in jobs if job["slowdown"] > 1.001]
    return (
        f"{len(late)} of {words.plural(len(jobs), 'job')} {'is' if len(late) == 1 else 'are'} slower beside the others."
    )


def _answer(view: View) -> str:
    jobs = [(case, job) for case in view.solutions for job in jobs_of(case)]
    if not jobs:
        return "No job states its time beside the others and alone."
    case, worst = max(jobs, key=lambda one: float(one[1]["slowdown"]))
    if worst["slowdown"] <= 1.001:
        return "No job waits for another."
    return f"{worst['job']} suffers most: {words.number(worst['slowdown'])} times as long as alone, {case.title}."
