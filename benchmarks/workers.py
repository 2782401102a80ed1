"""One large case on one and on two workers of a dask cluster on this machine, each with a thread of its own.

    python -m benchmarks.workers                       the table below (four minutes)
    python -m benchmarks.workers --write docs/model.md

Both sides run the case in turn, and the table has medians; the first run of each, which compiles, is not among them.
Beside the clock stands the processor time of the busier of the two workers, over that of the one: what would be left
where nobody else used the cores.  Two threads of one worker are what it has where it may use both cores itself.
"""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from distributed import Client, LocalCluster

from benchmarks.blocks import CASES as LARGE
from benchmarks.tables import markdown, told
from topo.config import read_case
from topo.config.case import Case
from topo.study.cluster import on_cluster
from topo.study.record import Outcome

MARK = "<!-- benchmarks/workers.py -->"
CASES = (LARGE[0], ("fat-tree-3:radix=64", "permutation", "spray:paths=1024"), LARGE[1])


@contextmanager
def workers(n: int, threads: int) -> Iterator[Client]:
    """Give a client of ``n`` processes of one case each, which use ``threads`` threads."""
    os.environ["PLANEWISE_THREADS"] = str(threads)
    with (
        LocalCluster(n_workers=n, threads_per_worker=1, host="127.0.0.1", dashboard_address=":0") as cluster,
        Client(cluster, set_as_default=False) as client,
    ):
        yield client


def once(client: Client, case: Case) -> tuple[Outcome, float, float]:
    """Return what came of ``case``, its time [s], and processor time [s] of the busiest worker."""
    before, begin = client.run(time.process_time), time.perf_counter()
    ((_, outcome),) = on_cluster([case], client.scheduler.address, tables=False)
    seconds = time.perf_counter() - begin
    after = client.run(time.process_time)
    return outcome, seconds, max(after[worker] - before[worker] for worker in after)


def row(case: Case, sides: list[Client], runs: int) -> list[str]:
    """Return the cells of one case; every side ends in the same bytes."""
    first = [once(client, case)[0] for client in sides]
    found: list[list[tuple[float, float]]] = [[] for _ in sides]
    for _ in range(runs):
        for side, client in zip(found, sides, strict=True):
            outcome, *seconds = once(client, case)
            assert outcome == first[0]
            side.append((seconds[0], seconds[1]))
    clock, busiest = ([statistics.median(each[i] for each in side) for side in found] for i in (0, 1))
    ratios = [f"{clock[0] / clock[k]:.2f}x" for k in (1, 2)]
    return [f"{clock[0]:.1f}", *ratios, f"{busiest[0] / busiest[1]:.2f}x"]


def table(runs: int) -> str:
    with ExitStack() as stack:
        sides: list[Any] = [stack.enter_context(workers(*each)) for each in ((1, 1), (2, 1), (1, 2))]
        rows = [
            [f"`{fabric} {pattern}`, {policy}", *row(read_case(fabric, pattern, routing=policy), sides, runs)]
            for fabric, pattern, policy in CASES
        ]
    return markdown(("case", "one worker [s]", "two workers", "two threads", "two workers, processor"), rows)


if __name__ == "__main__":
    told(__doc__, table, MARK)
