"""How far one large case spreads over workers: its blocks of destinations, timed one by one and dealt out.

    python -m benchmarks.blocks                       the table below (two minutes)
    python -m benchmarks.blocks --write docs/model.md

Blocks run one after another here, each timed by the processor; a worker takes the next block when it is free, as
threads of ``topo.kernels.in_blocks`` do.  So the speed-up is counted in work, on any machine and however busy it is.
What is not in blocks (building the network, sorting, adding up) runs on one core.  Threads share memory; to a worker
of a dask cluster goes what blocks work on, and back comes what they find.  Trees under ecmp have a closed form and no
blocks.
"""

from __future__ import annotations

import heapq
import pickle
import time
from collections.abc import Iterator
from typing import Any

from benchmarks.tables import markdown, told
from topo.kernels import Loop, blocks_by
from topo.study.sharing import packed

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
    """Runs blocks in turn, and keeps the seconds of each and the bytes that would go to a worker and back, by loop."""

    def __init__(self) -> None:
        self.loops: list[list[float]] = []
        self.sent, self.back = 0, 0
        self._kept: dict[int, Any] = {}  # arrays of the loop before

    def __call__(self, loop: Loop) -> Iterator[Any]:
        """Return what ``loop`` finds."""
        code, arrays = packed(loop.work)
        self.sent += len(code.code) + sum(array.nbytes for array in arrays if id(array) not in self._kept)
        self._kept, work = {id(array): array for array in arrays}, code.work(arrays)
        self.loops.append([])
        for block in loop.blocks:
            begin = time.process_time()
            result = work(*block)
            self.loops[-1].append(time.process_time() - begin)
            self.back += len(pickle.dumps(result, protocol=5))
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
        begin = time.process_time()
        with blocks_by(lambda loop: map(loop.work, *zip(*loop.blocks, strict=True))):
            run_case(case)
        whole = time.process_time() - begin
        clock = Clock()
        with blocks_by(clock):
            run_case(case)
        alone = sum(map(sum, clock.loops))
        spread = {n: sum(on(n, blocks) for blocks in clock.loops) for n in WORKERS}
        cells = [f"{alone / spread[n]:.2f}x" for n in WORKERS]
        all_of_it = f"{whole / (whole - alone + spread[WORKERS[-1]]):.1f}x"
        ways = f"{clock.sent / 1e6:.0f} / {clock.back / 1e6:.0f}"
        rows.append(
            (f"`{fabric} {pattern}`, {policy}", f"{alone:.1f}", *cells, f"{whole - alone:.1f}", all_of_it, ways)
        )
    heads = [f"on {n}" for n in WORKERS]
    last = (f"whole on {WORKERS[-1]}", "there / back [MB]")
    return markdown(("case", "in blocks [s]", *heads, "rest [s]", *last), rows)


if __name__ == "__main__":
    told(__doc__, table, MARK)
