"""Ways to run cases: in this process, in local processes, on a dask cluster.

One code path: every way maps ``outcome`` over cases and yields what comes back
in the order it ends.  Only the caller writes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from topo.config.case import Case
from topo.study.cluster import Tls
from topo.study.environment import on_threads
from topo.study.record import Outcome, outcome


def execute(
    cases: Sequence[Case],
    *,
    workers: int = 0,
    scheduler: str | None = None,
    tls: Tls | None = None,
    tables: bool = True,
) -> Iterator[tuple[Case, Outcome]]:
    """Yield every case with its outcome as it ends; without files if not ``tables``.

    ``workers`` 0 runs them here, more in as many local processes, or one case here on as many threads;
    ``scheduler`` is the address of a dask scheduler, or a file that holds it, and wins; ``tls`` is for one at tls://.
    """
    if scheduler is not None:
        from topo.study.cluster import on_cluster

        yield from on_cluster(cases, scheduler, tls, tables=tables)
    elif workers > 0 and len(cases) > 1:
        from topo.study.processes import in_processes

        yield from in_processes(cases, workers, tables=tables)
    else:
        for case in cases:
            with on_threads(workers):
                done = outcome(case, tables=tables)
            yield case, done
