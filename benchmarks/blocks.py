"""How far one large case spreads over workers: its blocks of destinations, timed one by one and dealt out.

    python -m benchmarks.blocks                       the table below (two minutes)
    python -m benchmarks.blocks --write docs/model.md

Blocks run one after another here, each timed by the processor; a worker takes the next block when it is free, as
threads of ``topo.kernels.in_blocks`` do.  So the speed-up is counted in work, on any machine and however busy it is.
What is not in blocks (building the network, sorting, adding up) runs on one core.  Trees under ecmp have a closed form
and no blocks.
"""

from __future__ import annotations

import heapq
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import topo.kernels
from benchmarks.tables import markdown, told

MARK = "<!-- benchmarks/blocks.py -->"
WORKERS = (2, 4, 8)
CASES = (
    ("fat-tree-3:radix=64", "permutation", "spray:paths=128"),
    ("fat-tree-2:radix=512,planes=8,nic=multi-port", "permutation", "spray:paths=128,choose=blind"),
    ("dragonfly:a=16,p=8,h=8", "permutation", "ecmp"),
    ("dragonfly:a=16,p=8,h=8", "permutation", "valiant"),
    ("slim-fly:q=43", "permutation", "ecmp"),
)


class Clock:
    """Runs blocks in turn in place of a pool of threads, and keeps the seconds of each, loop by loop."""

    def __init__(self) -> None:
        self.loops: list[list[float]] = []

    def __call__(self, _threads: int) -> Clock:
        return self

    def __enter__(self) -> Clock:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def map(self, work: Callable[..., Any], *columns: Iterable[int]) -> Iterator[Any]:
        """Return what ``work`` gives for each row of ``columns``."""
        self.loops.append([])
        for row in zip(*columns, strict=True):
            begin = time.process_time()
            result = work(*row)
            self.loops[-1].append(time.process_time() - begin)
            yield result


def on(workers: int, blocks: list[float]) -> float:
    """Return the time [s] of ``blocks`` [s] in their order, each on the worker that is free first."""
    free = [0.0] * workers
    for seconds in blocks:
        heapq.heapreplace(free, free[0] + seconds)
    return max(free)


def table(_runs: int) -> str:
    from topo.config import read_case
    from topo.study import run_case

    rows = []
    for fabric, pattern, policy in CASES:
        case = read_case(fabric, pattern, routing=policy)
        run_case(case)  # compiles
        clock, pool = Clock(), topo.kernels.ThreadPoolExecutor
        topo.kernels.ThreadPoolExecutor = clock  # type: ignore[misc, assignment]
        begin = time.process_time()
        run_case(case)
        whole = time.process_time() - begin
        topo.kernels.ThreadPoolExecutor = pool  # type: ignore[misc]
        alone = sum(map(sum, clock.loops))
        spread = {n: sum(on(n, blocks) for blocks in clock.loops) for n in WORKERS}
        cells = [f"{alone / spread[n]:.2f}x" for n in WORKERS]
        all_of_it = f"{whole / (whole - alone + spread[WORKERS[-1]]):.1f}x"
        rows.append((f"`{fabric} {pattern}`, {policy}", f"{alone:.1f}", *cells, f"{whole - alone:.1f}", all_of_it))
    heads = [f"on {n}" for n in WORKERS]
    return markdown(("case", "in blocks [s]", *heads, "rest [s]", f"whole on {WORKERS[-1]}"), rows)


if __name__ == "__main__":
    told(__doc__, table, MARK)
