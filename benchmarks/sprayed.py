"""A permutation of all endpoints, sprayed over 128 paths: what draws come to over seeds, beside the certified bound.

    python -m benchmarks.sprayed [--endpoints 131072] [--seeds 10] [--write docs/model.md]

Rates are part of the port rate; flows of a permutation move in proportion: the least rate of a draw is that of all.
Bound: no split, of whatever policy, passes the ports that a pair starts and ends at.

A draw at 131,072 takes a minute, so each is kept in ``benchmarks/data/sprayed.csv`` as it comes, and only those that
are not there are made: the table is of what the file holds.  Delete a row to draw it again.
"""

from __future__ import annotations

import argparse
import csv
import statistics
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from benchmarks.tables import markdown, write
from topo.fabric import Fabric
from topo.flow import route, solve
from topo.generators import generate
from traffic import Demand, offer

MARK = "<!-- benchmarks/sprayed.py -->"
DRAWS = Path(__file__).with_name("data") / "sprayed.csv"
CHOICES = ("blind", "feedback")
CAPACITY = 12.5e9  # [B/s] of a port of 100 Gb/s

#: Endpoints, choice and seed of a draw.
Draw = tuple[int, str, int]


def made() -> dict[Draw, float]:
    """Return the part of its bound that theta reaches, of every draw that was made."""
    if not DRAWS.exists():
        return {}
    with DRAWS.open(newline="") as file:
        return {(int(n), choose, int(seed)): float(rate) for n, choose, seed, rate in list(csv.reader(file))[1:]}


def keep(draw: Draw, rate: float) -> None:
    """Put a draw at the end of the file."""
    new = not DRAWS.exists()
    with DRAWS.open("a", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerows(([("endpoints", "choose", "seed", "rate")] if new else []) + [(*draw, repr(rate))])


@cache
def case(endpoints: int) -> tuple[Fabric, Demand]:
    """Return eight planes with ``endpoints`` NICs, and the permutation of them."""
    network = {"radix": 512, "planes": 8, "nic": "multi-port", "endpoints_per_host": 1, "scale_up": None}
    fabric = generate("fat-tree-2", capacity=CAPACITY, endpoints=endpoints, **network)
    demand = offer("permutation", n_ranks=endpoints, seed=0)
    assert isinstance(demand, Demand)
    return fabric, demand


def share(endpoints: int, choose: str, seed: int) -> float:
    """Return the part of its bound that theta of a draw reaches."""
    fabric, demand = case(endpoints)
    routing = route(fabric, demand, "spray", choose=choose, seed=seed)
    solution = solve(fabric, demand, routing, "proportional")
    return solution.overall_theta / solution.bound


def rows(draws: dict[Draw, float]) -> Iterator[tuple[str, ...]]:
    """Yield a row of the table for each size and choice."""
    for endpoints, choose in sorted({(n, choose) for n, choose, _ in draws}):
        found = [rate for (n, other, _), rate in draws.items() if (n, other) == (endpoints, choose)]
        mean, least, most = statistics.mean(found), min(found), max(found)
        cells = (f"{mean:.3f}", f"{least:.3f}", f"{most:.3f}", f"{1 - mean:.1%}")
        yield (f"{endpoints:,}", choose, str(len(found)), *cells)


def table() -> str:
    """Return what the draws come to over seeds."""
    heads = ("endpoints", "choose", "seeds", "mean rate", "least", "most", "mean gap to the bound")
    return markdown(heads, list(rows(made())))


def main() -> None:
    """Make the draws that are missing, and print a row a size and choice."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--endpoints", type=int, default=131072)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--write", type=Path, help="file with two markers to put the table between")
    given = parser.parse_args()
    wanted = [(given.endpoints, choose, seed) for seed in range(given.seeds) for choose in CHOICES]
    for draw in (draw for draw in wanted if draw not in made()):
        keep(draw, share(*draw))
        print(*draw, made()[draw], file=sys.stderr, flush=True)
    print(table())
    if given.write:
        write(given.write, MARK, table())


if __name__ == "__main__":
    main()
