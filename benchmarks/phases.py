"""What phases cost: thousands of them with one message each, one after another and side by side.

    python -m benchmarks.phases                         medians of three runs each (a minute)
    python -m benchmarks.phases --write docs/model.md   puts the table between its markers

Messages between random endpoints of a two-layer tree of radix 64 (1,024 endpoints, 6,144 links), sprayed
by ``ecmp``.  Each number of phases is a process of its own; time is that of route and solve.
"""

from __future__ import annotations

import subprocess
import sys

import numpy as np

from benchmarks.tables import markdown, timed, told
from topo.flow import route, solve
from topo.generators import generate
from traffic.demand import Demand

MARK = "<!-- benchmarks/phases.py -->"
PHASES = (1_000, 4_000, 16_000)
#: Solver and the chains that phases are dealt to; those of different chains send side by side.
KINDS = (("completion", 1), ("proportional", 1), ("max-min", 1), ("completion", 16))


def demand_of(n, ranks, chains):
    """Return ``n`` phases of a message each, dealt out to ``chains``; a phase waits for the one before in its chain."""
    rng = np.random.default_rng(n)
    src = rng.integers(ranks, size=n)
    dst = (src + rng.integers(1, ranks, size=n)) % ranks
    after = [[p - chains] if p >= chains else [] for p in range(n)] if chains > 1 else ()
    size = rng.uniform(1e6, 1e7, n)
    return Demand.of("messages", ranks, src=src, dst=dst, size=size, phase=np.arange(n), repeat=np.ones(n), after=after)


def peak():
    """Return the most memory that this process has held [MB]; VmHWM, for a child inherits ru_maxrss."""
    with open("/proc/self/status") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmHWM")) / 1024


def measured(solver, chains, n, runs):
    """Return seconds and peak memory [MB] of route and solve."""
    fabric = generate("fat-tree-2", radix=64, endpoints=1024, capacity=50e9, scale_up=200e9)

    def work(n):
        demand = demand_of(n, fabric.n_endpoints, chains)
        return lambda: solve(fabric, demand, route(fabric, demand, "ecmp"), solver)

    work(50)()  # loads the kernels
    return timed(work(n), runs)[1], peak()


def table(runs):
    rows = []
    for solver, chains in KINDS:
        for n in PHASES:
            words = [sys.executable, "-m", "benchmarks.phases", "--one", solver, str(chains), str(n), str(runs)]
            seconds, megabytes = subprocess.run(words, check=True, capture_output=True, text=True).stdout.split()
            how = "one after another" if chains == 1 else f"{chains} chains side by side"
            rows.append((f"`{solver}`", how, f"{n:,}", f"{float(seconds):.2f}", f"{float(megabytes):.0f}"))
    return markdown(("solver", "phases", "number", "seconds", "peak of the process [MB]"), rows)


if __name__ == "__main__":
    if "--one" in sys.argv:
        solver, chains, n, runs = sys.argv[2:]
        print(*measured(solver, int(chains), int(n), int(runs)))
    else:
        told(__doc__, table, MARK)
