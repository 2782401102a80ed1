"""Training step: what it spends its time on, part by part, and what of it nothing hides."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from topo.report import labels, words
from topo.report.names import Case
from topo.report.panels.blocks import Panel, Show
from topo.report.panels.blocks import panel as make
from topo.report.panels.view import View
from topo.report.tables import Column, Table, name, table


def panel(view: View) -> Panel | None:
    """Return the parts of every training step, None where no case has any."""
    steps = [case for case in view.solutions if _bars(case) and case.get("step_s")]
    if not steps:
        return None
    answer = f"{_answer(steps)} {_finding(steps)}"
    blocks = (_steps(steps), Show(_parts(steps)))
    return make("step", "Training step", "Where does a training step's time go?", answer, blocks)


def _bars(case: Case) -> list[dict[str, Any]]:
    """Return the parts of a step that say when they start and how long they are."""
    return case.rows("step_parts", "part", "start_s", "time_s")


def _answer(steps: Sequence[Case]) -> str:
    slow, fast = (pick(steps, key=lambda case: float(case.get("step_s"))) for pick in (max, min))
    step, exposure = slow.get("step_s"), slow.get("exposed_s")
    sentence = f"The longest step takes {words.seconds(step)} ({slow.title})"
    if slow.get("compute_s") and exposure is not None:
        sentence += f", of which {words.percent(exposure / step)} is communication that nothing hides"
    elif not slow.get("compute_s"):
        sentence += ", all of it communication: the case states no computation"
    if fast is not slow and fast.get("step_s") < step * (1 - 1e-3):
        sentence += f"; the shortest takes {words.seconds(fast.get('step_s'))} ({fast.title})"
    return f"{sentence}."


def _finding(steps: Sequence[Case]) -> str:
    case = max(steps, key=lambda one: float(one.get("step_s")))
    parts = sorted(_bars(case), key=lambda part: -float(part["time_s"]))
    share = float(parts[0]["time_s"]) / float(case.get("step_s"))
    return f"The longest part of the longest step is {parts[0]['part']}, {words.percent(share)} of it."


def _steps(steps: Sequence[Case]) -> Show:
    keys = ("step_s", "compute_s", "bubble_s", "exposed_s", "tokens_per_s")
    columns = [name("Step"), *(labels.column(key, bar=key == "step_s") for key in keys)]
    rows = [(case.title, *map(case.get, keys)) for case in steps]
    return Show(table("steps", "Training steps", columns, rows, filterable=len(rows) > 12))


def _parts(steps: Sequence[Case]) -> Table:
    columns = [name("Step"), *(labels.column(f"step_parts.{key}") for key in ("part", "start_s", "time_s"))]
    columns += [Column("Share", words.percent, "of the step", bar=True)]
    rows = [
        (case.title, part.get("part"), part.get("start_s"), time, None if time is None else time / case.get("step_s"))
        for case in steps
        for part in case.rows("step_parts")
        for time in [part.get("time_s")]
    ]
    return table("step-parts", "Parts of the steps", columns, rows, filterable=len(rows) > 12, folded=True)
