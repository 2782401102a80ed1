"""Sweeps of many small cases: how far a second worker helps, and what a case costs beyond its own work.

    python benchmarks/sweeps.py [--cases 1000] [--rounds 1]

Runs the same study in this process, with one worker and with two, in turn, caches warm.
Speed-up is the wall time of one worker over that of two.  Overhead a case is what the workers could
have worked in the wall time of the run, start-up and gathering included, less the processor time of
``outcome`` alone on the same cases.  Both need as many idle cores as workers to mean anything.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

from topo import study
from topo.config import parse_study
from topo.study import Study, outcome

TEXT = """\
schema: 1
title: Small cases
fabric: {{family: fat-tree-2, radix: 16, endpoints: 128, endpoints_per_host: 8}}
traffic: {{pattern: permutation}}
solve: {{solver: completion}}
sweep:
  seed: {{range: [1, {cases}]}}
"""


def main() -> None:
    """Print a line a run, then the ratios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=1)
    options = parser.parse_args()
    small = parse_study(TEXT.format(cases=options.cases), "small.yaml")
    outcome(small.cases[0])  # compiled kernels are loaded
    work = _work(small)
    print(f"work alone        {work:7.1f} s processor, {1e3 * work / options.cases:.2f} ms a case")
    best: dict[int, float] = {}
    for _ in range(options.rounds):
        for workers in (0, 1, 2):
            wall = _timed(small, workers)
            best[workers] = min(best.get(workers, wall), wall)
            over = 1e3 * (wall * max(1, workers) - work) / options.cases
            print(f"workers {workers}  {wall:7.1f} s wall, {over:+.2f} ms a case beyond its work", flush=True)
    print(f"two workers against one: {best[1] / best[2]:.2f}x")


def _work(small: Study) -> float:
    begin = time.process_time()
    for case in small.cases:
        outcome(case)
    return time.process_time() - begin


def _timed(small: Study, workers: int) -> float:
    """Return the wall time [s] of a run in a new folder."""
    with tempfile.TemporaryDirectory() as folder:
        begin = time.monotonic()
        done = study.run(small, Path(folder) / "s", workers=workers)
        wall = time.monotonic() - begin
    assert done.computed == len(small.cases)
    assert not done.failed
    return wall


if __name__ == "__main__":
    main()
