"""Verdicts: what a study says in a sentence or two, by what it swept.

Each module answers one question, or says with None that the study does not ask it; the first that answers counts.
"""

from __future__ import annotations

from collections.abc import Callable

from topo.report.panels.view import View
from topo.report.verdicts import (
    availability,
    failures,
    jobs,
    messages,
    networks,
    placements,
    planes,
    priced,
    routing,
    single,
    sizes,
    training,
)
from topo.report.verdicts.answer import Answer

#: From the most particular question to the most general.
QUESTIONS: tuple[Callable[[View], Answer | None], ...] = (
    failures.answer,
    availability.answer,
    placements.answer,
    jobs.answer,
    training.answer,
    messages.answer,
    planes.answer,
    sizes.answer,
    routing.answer,
    networks.answer,
    single.answer,
    priced.answer,
)


def verdict(view: View) -> Answer:
    """Return the answer to the question that the study asks."""
    return next(answer for ask in QUESTIONS if (answer := ask(view)) is not None)
