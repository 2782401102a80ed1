"""Verdicts: what a study says in a sentence or two, by what it swept.

Each module answers one question, or says with None that the study does not ask it; the first that answers counts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from topo.lazy import fetch

if TYPE_CHECKING:
    from topo.report.panels.view import View
    from topo.report.verdicts.answer import Answer


class Question(NamedTuple):
    """A question, and what a study must hold to ask it: its module is not loaded for others."""

    module: str
    cases: int = 1  # that carry traffic, so many at least: answers that compare need two
    key: str = ""  # result that one of them has

    def asked(self, view: View) -> bool:
        """Return whether the study may ask it."""
        held = not self.key or any(case.get(self.key) is not None for case in view.solutions)
        return held and len(view.solutions) >= self.cases

    def answer(self, view: View) -> Answer | None:
        """Return the answer; None where the study does not ask."""
        found: Answer | None = fetch(f"topo.report.verdicts.{self.module}:answer")(view)
        return found


#: From the most particular question to the most general.
QUESTIONS = (
    Question("failures", key="failed"),
    Question("availability", cases=2),
    Question("placements", cases=2),
    Question("jobs", key="jobs"),
    Question("training", key="step_parts"),
    Question("messages", cases=3),
    Question("planes", cases=2),
    Question("sizes", cases=2),
    Question("routing", cases=2),
    Question("networks", cases=2),
    Question("single"),
    Question("priced", cases=0),
)


def verdict(view: View) -> Answer:
    """Return the answer to the question that the study asks."""
    return next(answer for one in QUESTIONS if one.asked(view) and (answer := one.answer(view)) is not None)
