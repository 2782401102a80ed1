"""What a visit of a link costs in each kernel, on one core.

    python -m benchmarks.kernels                         medians of three runs each (half a minute)
    python -m benchmarks.kernels --write docs/model.md   puts the table between its markers

A kernel is timed through the function that calls it, on a three-layer tree of radix 32 (8,192
endpoints) and the Dragonfly a = 16 (2,064 switches, 16,512 endpoints); a visit is what the second
column says.
"""

from __future__ import annotations

import os

import numpy as np

from benchmarks.tables import markdown, timed, told
from topo.flow import route, solve
from topo.flow.batches import binding_rows
from topo.flow.one_by_one import one_by_one
from topo.generators import generate
from topo.metrics.distances import switch_distances
from topo.routing.network import Network
from topo.routing.split import SplitRouting
from topo.stored import Stored
from traffic.demand import Demand

MARK = "<!-- benchmarks/kernels.py -->"
NETWORKS = (("fat-tree-3", {"radix": 32}), ("dragonfly", {"a": 16}))


def permutation(n):
    order = np.random.default_rng(1).permutation(n)
    src = np.flatnonzero(order != np.arange(n))
    return Demand.of("permutation", n, src=src, dst=order[src], size=(1.0 + src % 4) * 1e6)


def sweeps(fabric):
    """Yield kernel, what it does, complexity, memory a thread, work, visits for sweeps over destinations."""
    demand = permutation(fabric.n_endpoints)
    network = Network.of(fabric)
    vars(network)["folded_clos"] = None  # trees have a closed form, which is not what is timed here
    routing = SplitRouting.of(network, demand.src.astype(np.int64), demand.dst.astype(np.int64), "ecmp")
    visits = network.n_sites * len(network.arcs.tail)
    value = np.random.default_rng(2).random(fabric.n_links)
    arcs = "destinations x arcs"
    yield "sweep.push", "loads of links", arcs, "O(arcs)", lambda: routing.load(demand.size), visits
    yield "sweep.pull", "sums and minima along paths", arcs, "O(arcs)", lambda: routing.sum_along(value), visits
    links = len(network.arcs.tail)
    yield (
        "distance.distance_histogram",
        "distances, 64 sources a word",
        "sources x arcs",
        "O(switches)",
        lambda: switch_distances(fabric),
        fabric.n_switches * links,
    )


def paths(fabric):
    """Yield the same for kernels over single paths, a permutation of all endpoints."""
    demand = permutation(fabric.n_endpoints)
    hashed = route(fabric, demand, "ecmp-hash")
    walked, many = hashed.columns().nnz, route(fabric, demand, "ecmp-hash", qps=128)
    hops = "links of all paths"
    yield (
        "walks.loaded",
        "loads of 128 drawn paths a commodity, walked again",
        hops,
        "O(links)",
        lambda: many.load(demand.size),
        128 * walked,
    )
    yield (
        "filling.fill",
        "max-min rates",
        f"{hops} x log",
        "O(paths)",
        lambda: solve(fabric, demand, hashed, "max-min"),
        walked,
    )
    yield (
        "refilling.complete",
        "max-min, refilled at every end",
        f"{hops} x refills",
        "O(paths)",
        lambda: ended_one_by_one(fabric, demand, hashed),
        walked,
    )


def ended_one_by_one(fabric, demand, routing):
    """Solve as ``completion`` does where commodities end one by one, so that its rounds are of no use."""
    rows, links = binding_rows(Stored.of_columns(routing.columns()), fabric.capacity)
    return one_by_one(rows, fabric.capacity[links], demand.size)


def row(work, runs):
    kernel, what, complexity, memory, call, visits = work
    call()  # loads the kernel
    seconds = timed(call, runs)[1]
    return (f"`{kernel}`", complexity, what, memory, f"{visits:.1e}", f"{1e9 * seconds / visits:.2g}")


def table(runs):
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    rows = []
    for family, parameters in NETWORKS:
        fabric = generate(family, capacity=50e9, **parameters)
        rows += [(fabric.name, *row(work, runs)) for each in (sweeps, paths) for work in each(fabric)]
    return markdown(("on", "kernel", "visits", "what", "memory a thread", "number", "ns each"), rows)


if __name__ == "__main__":
    told(__doc__, table, MARK)
