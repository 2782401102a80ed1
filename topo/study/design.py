"""A design, run: candidates are sized, those that need it are measured as cases of the store, and the best is built."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from topo import __version__
from topo.config.case import Case
from topo.config.design import Question, load_design
from topo.config.errors import ConfigError
from topo.design import Answer, Candidate, candidates, search
from topo.study.record import is_final, outcome
from topo.study.store import Store


def run_design(source: str | Path | Sequence[str] | Question, *, folder: str | Path | None = None) -> Answer:
    """Return the best network of a design: a file, or words such as ``["endpoints=1024", "switches=[64]"]``.

    Cases that are measured go to ``folder``, where the next run finds them.

    Raises ConfigError for a design that cannot be used, StoreError where the folder cannot be written.
    """
    question = source if isinstance(source, Question) else load_design(source)
    measure = _Measure(question, None if folder is None else Store.open(Path(folder)))
    return search(
        candidates(question.space),
        question.closed,
        minimize=question.minimize,
        measured=question.measured,
        measure=measure,
        front=question.front,
    )


class _Measure:
    """Measures candidates until the time is up."""

    def __init__(self, question: Question, store: Store | None) -> None:
        self.question, self.store = question, store
        self.end = time.monotonic() + question.seconds
        self.baseline: dict[str, Any] | None = None

    def __call__(self, candidate: Candidate) -> Mapping[str, Any] | None:
        """Return the results of ``candidate``, with its slowdown where that is asked; None where the time is up."""
        if time.monotonic() > self.end:
            return None
        try:
            results = self._results(self.question.case(candidate))
        except ConfigError:
            return {}  # its traffic cannot run there, so nothing that is measured holds
        if any(need.key == "slowdown" for need in self.question.measured):
            if self.baseline is None:
                self.baseline = self._results(self.question.baseline())
            took, least = results.get("completion_s"), self.baseline.get("completion_s")
            results = results | {"slowdown": took / least if took and least else None}
        return {need.key: results.get(need.key) for need in self.question.measured}

    def _results(self, case: Case) -> dict[str, Any]:
        stored, _ = self.store.read(case.identity(__version__)) if self.store else (None, "")
        if stored is None or not is_final(stored):
            ended = outcome(case)
            stored = ended.record
            if self.store:
                self.store.write(ended)
        results: dict[str, Any] = stored["results"]
        return results
