"""Several jobs on one fabric: how much longer each takes than it would alone."""

from __future__ import annotations

from typing import Any

from topo.report import words
from topo.report.labels import column
from topo.report.names import Case
from topo.report.panels.blocks import Panel, Show
from topo.report.panels.blocks import panel as make
from topo.report.panels.view import View
from topo.report.tables import name, table

_KEYS = ("job", "ranks", "start_s", "together_s", "alone_s", "slowdown")


def jobs_of(case: Case) -> list[dict[str, Any]]:
    """Return the rows of a case's jobs that state how much longer they took; none where it has no jobs."""
    return case.rows("jobs", "job", "together_s", "alone_s", "slowdown")


def panel(view: View) -> Panel | None:
    """Return the slowdown of every job, None where no case had jobs."""
    jobs = [(case, job) for case in view.solutions for job in case.rows("jobs")]
    if not jobs:
        return None
    columns = [name("Network"), name("Traffic"), name("Policy")]
    columns += [column(f"jobs.{key}", bar=key == "slowdown") for key in _KEYS]
    rows = [(case.network, case.traffic, case.policy, *map(job.get, _KEYS)) for case, job in jobs]
    listing = table("jobs-table", "Jobs beside each other and alone", columns, rows, filterable=len(rows) > 12)
    return make("jobs", "Jobs", "Do the jobs disturb each other?", _answer(view), (Show(listing),))


def _answer(view: View) -> str:
    jobs = [(case, job) for case in view.solutions for job in jobs_of(case)]
    if not jobs:
        return "No job states its time beside the others and alone."
    case, worst = max(jobs, key=lambda one: float(one[1]["slowdown"]))
    if worst["slowdown"] <= 1.001:
        return "No job waits for another."
    return f"{worst['job']} suffers most: {words.number(worst['slowdown'])} times as long as alone, {case.title}."
