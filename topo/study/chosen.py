"""The folder of a design: what was chosen and why, beside the cases that say it, as a study that can be reported."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from topo.config.case import Case, Study
from topo.config.question import Question
from topo.design import Answer
from topo.plain import plain
from topo.study.order import order, write_lists
from topo.study.store import Store
from topo.study.study import run


def keep(folder: Path, question: Question, answer: Answer, results: Mapping[str, Any], *, command: str = "") -> bool:
    """Write what ``answer`` came to into ``folder``, and its cases as a study; return whether there is one to report.

    ``design.json`` has the results with what was asked; the study has what to order for the best network, and the
    same as it was measured; ``order`` has the lists of its order, where the design says how.  Nothing is measured
    anew.  Raises StoreError where nothing can be written.
    """
    asked = {
        "requirements": [str(need) for need in (*question.closed, *question.measured)],
        "minimize": list(question.minimize),
        "front_keys": list(question.front),
    }
    store = Store.open(folder)
    store.put(folder / "design.json", (json.dumps(plain(dict(results) | asked)) + "\n").encode())
    if answer.best is None:
        return False
    cases = [_named(question.order(answer.best), answer.best.name)]
    if cases[0].asks_order:
        write_lists(folder / "order", order(cases[0]).sheets())
    if question.measured:
        workload = next(iter(question.workloads), None)
        cases.append(_named(question.case(answer.best, workload), answer.best.name))
    run(Study("design", question.title, tuple(cases), question.text), folder, command=command)
    return True


def _named(case: Case, network: str) -> Case:
    return replace(case, labels={"network": network})
