"""One case under several seeds: its draws, wherever they run, and what they come to."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from topo import __version__
from topo.config.case import Case
from topo.study.cluster import Tls
from topo.study.executors import execute
from topo.study.one_case import run_case
from topo.study.progress import Progress
from topo.study.record import renamed
from topo.study.spread import spread


@dataclass(frozen=True)
class Draws:
    """The records of one case under several seeds, in the order of the seeds."""

    records: tuple[dict[str, Any], ...]

    @property
    def results(self) -> list[dict[str, Any]]:
        """The results of every draw."""
        return [record["results"] for record in self.records]

    def over_seeds(self) -> dict[str, dict[str, float]]:
        """Return mean, interval and range of every result that is a number in all draws, as spread.jsonl has them."""
        rows = spread(self.records)
        found: dict[str, dict[str, float]] = rows[0]["results"] if rows else {}
        return found


def drawn(
    cases: Sequence[Case],
    *,
    workers: int = 0,
    scheduler: str | None = None,
    tls: Tls | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> Draws:
    """Return the draws of ``cases``, those of one case under several seeds, in their order.

    They run as cases of a study do (``execute``); those that no seed tells apart run once.  ``progress`` is told of
    each as it ends.

    Raises what the first one that failed raises.
    """
    names = [case.identity(__version__) for case in cases]
    unlike = list(dict(zip(names, cases, strict=True)).values())
    records, begin = {}, time.monotonic()
    for case, outcome in execute(unlike, workers=workers, scheduler=scheduler, tls=tls, tables=False):
        if outcome.record["status"] != "ok":
            run_case(case)  # once more, for the error itself
        records[outcome.record["hash"]] = outcome.record
        if progress is not None:
            progress(Progress(len(records), len(unlike), 0, case.name, time.monotonic() - begin))
    return Draws(tuple(renamed(records[name], case) for name, case in zip(names, cases, strict=True)))
