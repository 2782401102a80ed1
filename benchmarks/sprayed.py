"""A permutation of all endpoints, sprayed over 128 paths: what draws come to over seeds, beside the certified bound.

    python -m benchmarks.sprayed [--endpoints 131072] [--seeds 10] [--write docs/model.md]

Rates are part of the port rate; flows of a permutation move in proportion: the least rate of a draw is that of all.
Bound: no split, of whatever policy, passes the ports that a pair starts and ends at.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from pathlib import Path

from benchmarks.tables import markdown, write
from topo.flow import route, solve
from topo.generators import generate
from traffic import offer

MARK = "<!-- benchmarks/sprayed.py -->"
CAPACITY = 12.5e9  # [B/s] of a port of 100 Gb/s


def shares(endpoints: int, seeds: int, choose: str) -> list[float]:
    """Return the part of its bound that theta reaches, for each seed of the draw."""
    network = {"radix": 512, "planes": 8, "nic": "multi-port", "endpoints_per_host": 1, "scale_up": None}
    fabric = generate("fat-tree-2", capacity=CAPACITY, endpoints=endpoints, **network)
    demand = offer("permutation", n_ranks=endpoints, seed=0)
    found = []
    for seed in range(seeds):
        routing = route(fabric, demand, "spray", choose=choose, seed=seed)
        solution = solve(fabric, demand, routing, "proportional")
        found.append(solution.overall_theta / solution.bound)
        print(choose, seed, found[-1], file=sys.stderr, flush=True)
    return found


def main() -> None:
    """Print a row a choice."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--endpoints", type=int, default=131072)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--write", type=Path, help="file with two markers to put the table between")
    given = parser.parse_args()
    rows = []
    for choose in ("blind", "feedback"):
        found = shares(given.endpoints, given.seeds, choose)
        mean, least, most = statistics.mean(found), min(found), max(found)
        cells = (f"{mean:.3f}", f"{least:.3f}", f"{most:.3f}", f"{1 - mean:.1%}")
        rows.append((f"{given.endpoints:,}", choose, str(given.seeds), *cells))
    text = markdown(("endpoints", "choose", "seeds", "mean rate", "least", "most", "mean gap to the bound"), rows)
    print(text)
    if given.write:
        write(given.write, MARK, text)


if __name__ == "__main__":
    main()
