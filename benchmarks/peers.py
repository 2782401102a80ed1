"""Max-min completion times against SimGrid: the same work in one run, ratios of medians as a Markdown table.

    python -m benchmarks.peers                    all cases, three runs each (minutes: SimGrid takes one a run)
    python -m benchmarks.peers all-to-all-256     one case
    python -m benchmarks.peers --write README.md  puts the table between its markers

Both get the same tree, D-mod-k paths and sizes, and run in turn.  A ratio counts only if both agree per commodity
to 1e-9.  Whole process: ours with interpreter, imports (bytecode cached), fabric and routing; SimGrid's is building
its platform and solving, without its interpreter and without reading the paths.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks.tables import markdown, write

ROOT = Path(__file__).parents[1]
PEER = ROOT / "tests" / "simgrid_peer.py"
AGREE = 1e-9
CAPACITY = 12.5e9  # [B/s] of every link
MARK = "<!-- benchmarks/peers.py -->"

#: name -> (radix of the three-layer tree, endpoints that take part; None: a permutation of all), what it is
CASES = {
    "permutation-1024": ((16, None), "permutation, 1,024 endpoints, sizes (1 + i mod 4) MB"),
    "permutation-8192": ((32, None), "permutation, 8,192 endpoints, sizes (1 + i mod 4) MB"),
    "permutation-65536": ((64, None), "permutation, 65,536 endpoints, sizes (1 + i mod 4) MB"),
    "all-to-all-128": ((16, 128), "all-to-all at once, 128 of 1,024 endpoints, 1 MB"),
    "all-to-all-256": ((16, 256), "all-to-all at once, 256 of 1,024 endpoints, 1 MB"),
}


def commodities(radix, n):
    """Return src, dst, size [bytes]: everyone among the first ``n``, or the permutation of all endpoints."""
    if n is not None:
        src, dst = np.repeat(np.arange(n), n), np.tile(np.arange(n), n)
        return src[src != dst], dst[src != dst], np.full(n * (n - 1), 1e6)
    total = radix**3 // 4
    order = list(range(total))
    random.Random(1).shuffle(order)
    for i in range(total):
        if order[i] == i:
            j = (i + 1) % total
            order[i], order[j] = order[j], order[i]
    return np.arange(total), np.array(order), (1 + np.arange(total) % 4) * 1e6


def solve_ours(name, answer, with_paths):
    """Solve ``name`` and save finish times, seconds of the solve and, where asked, the problem for the peer."""
    from topo.flow import route, solve
    from topo.generators import generate
    from traffic.demand import Demand

    radix, n = CASES[name][0]
    fabric = generate("fat-tree-3", radix=radix, capacity=CAPACITY)
    src, dst, size = commodities(radix, n)
    demand = Demand.of(name, fabric.n_endpoints, src=src, dst=dst, size=size)
    routing = route(fabric, demand, "static")
    started = time.perf_counter()
    solution = solve(fabric, demand, routing, "completion")
    seconds = time.perf_counter() - started
    np.savez(answer, finish=solution.finish, solve_s=seconds)
    if with_paths:
        path = [links.tolist() for links in np.split(routing.link, routing.first[1:-1])]
        columns = {"capacity": fabric.capacity, "src": demand.src, "dst": demand.dst, "size": demand.size}
        problem = {key: column.tolist() for key, column in columns.items()} | {"path": path}
        Path(with_paths).write_text(json.dumps(problem))


def run_ours(name, folder, paths=""):
    answer = folder / "ours.npz"
    # Installed packages are compiled to bytecode, once; a checkout is too, whatever the caller's settings.
    settings = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    settings["PYTHONPYCACHEPREFIX"] = str(folder / "bytecode")
    started = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "benchmarks.peers", "--worker", name, str(answer), str(paths)],
        check=True,
        cwd=ROOT,
        env=settings,
    )
    whole = time.perf_counter() - started
    found = np.load(answer)
    return found["finish"], whole, float(found["solve_s"])


def run_simgrid(paths):
    with paths.open() as problem:
        done = subprocess.run(["/usr/bin/python3", str(PEER)], stdin=problem, capture_output=True, check=True)
    answer = json.loads(done.stdout)
    return np.array(answer["finish"]), answer["build_s"] + answer["solve_s"], answer["solve_s"]


def compare(name, runs):
    """Return the table row of ``name``: medians of both, and how many times faster."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        paths = folder / "problem.json"
        run_ours(name, folder, paths)  # warms caches of bytecode and kernels, and writes what the peer reads
        ours, theirs = [], []
        for _ in range(runs):  # in turn, so that whatever else the machine does falls on both
            ours.append(run_ours(name, folder))
            theirs.append(run_simgrid(paths))
    worst = float(np.abs(ours[0][0] / theirs[0][0] - 1).max())
    if worst > AGREE:
        raise SystemExit(f"{name}: results differ by {worst:.3g}, more than {AGREE}; no ratio counts")
    whole, alone = (statistics.median(run[k] for run in ours) for k in (1, 2))
    their_whole, their_alone = (statistics.median(run[k] for run in theirs) for k in (1, 2))
    whole_cells = (f"{whole:.2f}", f"{their_whole:.1f}", f"{their_whole / whole:.1f}x")
    alone_cells = (f"{alone:.3f}", f"{their_alone:.2f}", f"{their_alone / alone:.0f}x")
    return (CASES[name][1], *whole_cells, *alone_cells, f"{worst:.0e}")


COLUMNS = (
    "work",
    "planewise, whole [s]",
    "SimGrid",
    "ratio",
    "planewise, solve [s]",
    "SimGrid",
    "ratio",
    "largest difference",
)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", nargs="*", default=list(CASES), help=f"of {', '.join(CASES)}")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--write", type=Path, help="file with two markers to put the table between")
    parser.add_argument("--worker", nargs=3, metavar=("CASE", "ANSWER", "PATHS"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.worker:
        solve_ours(*given.worker)
        return
    unknown = [name for name in given.cases if name not in CASES]
    if unknown:
        parser.error(f"unknown case {unknown[0]!r}; known: {', '.join(CASES)}")
    text = markdown(COLUMNS, [compare(name, given.runs) for name in given.cases])
    print(text)
    if given.write:
        write(given.write, MARK, text)


if __name__ == "__main__":
    main()
