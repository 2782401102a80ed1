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
    """A question, and what a study must hold to ask it: its module is loaded for no other."""

    where: str  # module:function
    cases: int = 1  # that carry traffic, so many at least: answers that compare need two
    key: str = ""  # result that one of them has

    def fits(self, view: View) -> bool:
        """Return whether the study may ask it."""
        present = not self.key or any(case.get(self.key) is not None for case in view.solutions)
        return present and len(view.solutions) >= self.cases

    def answer(self, view: View) -> Answer | None:
        """Return the answer; None where the study does not ask."""
        answer: Answer | None = fetch(self.where)(view)
        return answer


#: From the most particular question to the most general.
QUESTIONS = (
    Question("topo.report.verdicts.failures:answer", key="failed"),
    Question("topo.report.verdicts.availability:answer", cases=2),
    Question("topo.report.verdicts.placements:answer", cases=2),
    Question("topo.report.verdicts.jobs:answer", key="slowdown_max"),
    Question("topo.report.verdicts.training:answer", key="step_parts"),
    Question("topo.report.verdicts.messages:answer", cases=3),
    Question("topo.report.verdicts.planes:answer", cases=2),
    Question("topo.report.verdicts.sizes:answer", cases=2),
    Question("topo.report.verdicts.routing:answer", cases=2),
    Question("topo.report.verdicts.networks:answer", cases=2),
    Question("topo.report.verdicts.single:answer"),
    Question("topo.report.verdicts.priced:answer", cases=0),
)


def verdict(view: View) -> Answer:
    """Return the answer to the question that the study asks."""
    return next(answer for one in QUESTIONS if one.fits(view) and (answer := one.answer(view)) is not None)
