"""What a design chose, as an object that shows itself."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from topo.design import Answer
from topo.design.errors import DesignError
from topo.notebook import frames
from topo.notebook.tables import rows_of, table

if TYPE_CHECKING:
    import pandas

    from topo.config.question import Question
    from topo.design import Candidate
    from topo.study.design import Design

#: What is shown of the best network, beside what was measured of it.
KEYS = ("endpoints", "switches", "switch_links", "diameter", "oversubscription", "cost_usd", "cost_per_endpoint_usd")
#: Losers that are shown, the nearest first; their data frame has all.
MOST = 5


@dataclass(frozen=True, repr=False)
class Choice(Answer):
    """The answer of a design: the best network, what it was chosen from, and why the others lost."""

    question: Question | None = None

    @classmethod
    def of(cls, design: Design) -> Choice:
        """Return the answer of ``design``."""
        answer = design.answer
        return cls(**{one.name: getattr(answer, one.name) for one in fields(answer)}, question=design.question)

    def fabric(self, network: Candidate | None = None) -> dict[str, Any]:
        """Return the words of ``network``, of the best where none is given, as ``analyze`` and studies take them.

        Raises DesignError where no network was found.
        """
        chosen = network or self.best
        if chosen is None or self.question is None:
            raise DesignError(f"no network meets all requirements{self._conflict}")
        words = self.question.fabric(chosen) | self.question.alike
        return {key: value for key, value in words.items() if value is not None}

    def to_pandas(self) -> pandas.DataFrame:
        """Return a row for each network that meets all and was kept: the best, the front, the runners-up."""
        meet = (*((self.best,) if self.best else ()), *self.front, *self.runners)
        rows = {one.name: {"network": one.name, "family": one.family, **one.facts} for one in meet}
        return frames.of_rows(list(rows.values()))

    def losers_to_pandas(self) -> pandas.DataFrame:
        """Return a row for each network that lost, the nearest first: its name, its family, why, and its facts."""
        return frames.of_rows(
            [
                {"network": one.candidate.name, "family": one.candidate.family, "why": one.binding}
                | dict(one.candidate.facts)
                for one in self.losers
            ]
        )

    def __repr__(self) -> str:
        """Return one line: what was chosen, of how many."""
        chosen = self.best.name if self.best else "none"
        return f"<Choice: {chosen} of {self.considered:,} networks{'' if self.proven else ', not proven'}>"

    def _repr_html_(self) -> str:
        if self.best is None:
            return f"<p>None of {self.considered:,} networks meets all requirements{self._conflict}.</p>"
        how = "nothing better meets all requirements" if self.proven else "not proven: the time was up"
        asked = [need.key for need in self.question.asked] if self.question else []
        lost = [[one.candidate.name, one.binding] for one in self.losers[:MOST]]
        return (
            f"<p>{self.best.name}: {how}; {self.considered:,} networks considered, {self.measured:,} measured.</p>"
            + table((), rows_of(self.best.facts, dict.fromkeys([*KEYS, *asked])))
            + (table(("lost", "why"), lost) if lost else "")
        )

    @property
    def _conflict(self) -> str:
        return f"; these conflict: {', '.join(map(str, self.conflict))}" if self.conflict else ""
