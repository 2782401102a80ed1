"""Sweeps of many small cases: how far a second worker helps, and what a case costs beyond its own work.

    python benchmarks/sweeps.py [--cases 1000] [--rounds 1]

Runs the same study in this process, with one worker and with two, in turn, caches warm.
Speed-up is the wall time of one worker over that of two, so it needs two idle cores to mean
anything: ``busy`` is processor time over wall time and cores, and near 1.0 with two workers where
nobody else was served.  ``processor bound`` is the speed-up that processor times alone allow: time with one
worker over half of all time with two, parent included.  Overhead a case is processor time of the
whole run, its start-up and gathering included, less that of ``outcome`` alone on the same cases.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
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
    best: dict[int, tuple[float, float]] = {}
    for _ in range(options.rounds):
        for workers in (0, 1, 2):
            wall, processor = _timed(small, workers)
            best[workers] = min(best.get(workers, (wall, processor)), (wall, processor))
            busy = processor / wall / max(1, min(workers, os.cpu_count() or 1))
            over = 1e3 * (processor - work) / options.cases
            line = f"workers {workers}  {wall:7.1f} s wall, {processor:7.1f} s processor"
            print(f"{line}, busy {busy:.2f}, {over:+.2f} ms a case beyond its work", flush=True)
    ratios = best[1][0] / best[2][0], best[1][0] / (best[2][1] / 2)
    print(f"two workers against one: {ratios[0]:.2f}x wall, {ratios[1]:.2f}x processor bound")


def _work(small: Study) -> float:
    begin = time.process_time()
    for case in small.cases:
        outcome(case)
    return time.process_time() - begin


def _timed(small: Study, workers: int) -> tuple[float, float]:
    """Return wall and processor time [s] of a run in a new folder, children included."""
    with tempfile.TemporaryDirectory() as folder:
        before, begin = os.times(), time.monotonic()
        done = study.run(small, Path(folder) / "s", workers=workers)
        wall = time.monotonic() - begin
        while multiprocessing.active_children():  # times of a process count once it is gone and waited for
            time.sleep(0.01)
        after = os.times()
    assert done.computed == len(small.cases)
    assert not done.failed
    return wall, sum(after[:4]) - sum(before[:4])


if __name__ == "__main__":
    main()
