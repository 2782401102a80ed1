"""Distances between all pairs of switches against igraph, rustworkx and networkx, in one run.

    python -m benchmarks.distances                      medians of three runs each (five minutes)
    python -m benchmarks.distances --write README.md    puts the table between its markers

Everybody gets the same graph, built before the clock starts, and answers how many ordered pairs are
0, 1, 2, .. hops apart.  A ratio counts only if all histograms are equal.  Peers that are not
installed are left out; rustworkx and networkx hold all distances, so they get the tree only.
"""

from __future__ import annotations

from importlib.util import find_spec

import numpy as np

from benchmarks.tables import markdown, timed, told
from topo.generators import generate
from topo.metrics.distances import switch_distances, switch_neighbours

MARK = "<!-- benchmarks/distances.py -->"
GRAPHS = {
    "fat-tree-3, radix 64: 5,120 switches": ("fat-tree-3", {"radix": 64}),
    "dragonfly of the paper: 16,352 switches": ("dragonfly", {"a": 32, "p": 1, "h": 16, "g": 511}),
}
HOLD_ALL = 6_000  # switches above which a peer that holds all pairs is not asked
BLOCK = 256


def ours(fabric):
    pairs = switch_distances(fabric).pairs_at.astype(np.int64)
    return np.append(fabric.n_switches, pairs[1:])


def with_igraph(n, tail, head):
    import igraph

    graph = igraph.Graph(n, np.stack([tail, head], axis=1)[tail < head].tolist())

    def count():
        rows = (
            np.bincount(np.ravel(graph.distances(range(i, min(i + BLOCK, n)))), minlength=16)
            for i in range(0, n, BLOCK)
        )
        return sum(rows)

    return count


def with_rustworkx(n, tail, head):
    import rustworkx

    graph = rustworkx.PyGraph()
    graph.add_nodes_from(range(n))
    graph.add_edges_from_no_data([(int(a), int(b)) for a, b in zip(tail, head, strict=True) if a < b])
    return lambda: np.bincount(rustworkx.distance_matrix(graph).astype(np.int64).ravel())


def with_networkx(n, tail, head):
    import networkx

    graph = networkx.Graph(zip(tail.tolist(), head.tolist(), strict=True))

    def count():
        total = np.zeros(16, dtype=np.int64)
        for _, lengths in networkx.all_pairs_shortest_path_length(graph):
            total += np.bincount(list(lengths.values()), minlength=16)
        return total

    return count


PEERS = {"igraph": with_igraph, "rustworkx": with_rustworkx, "networkx": with_networkx}


def row(name, runs):
    family, parameters = GRAPHS[name]
    fabric = generate(family, capacity=50e9, **parameters)
    tail, head = switch_neighbours(fabric)
    ours(fabric)  # loads the kernel
    mine, seconds = timed(lambda: ours(fabric), runs)
    cells = [name, f"{seconds:.2f}"]
    for peer, prepare in PEERS.items():
        if find_spec(peer) is None or (peer != "igraph" and fabric.n_switches > HOLD_ALL):
            cells.append("")
            continue
        theirs, peer_seconds = timed(prepare(fabric.n_switches, tail, head), runs)
        size = max(len(mine), len(theirs))
        if not np.array_equal(np.pad(mine, (0, size - len(mine))), np.pad(theirs, (0, size - len(theirs)))):
            raise SystemExit(f"{name}: {peer} counts {theirs}, planewise {mine}; no ratio counts")
        cells.append(f"{peer_seconds:.1f}, {peer_seconds / seconds:.0f}x")
    return cells


def table(runs):
    return markdown(
        ["graph", "planewise [s]", *(f"{peer} [s], ratio" for peer in PEERS)], [row(name, runs) for name in GRAPHS]
    )


if __name__ == "__main__":
    told(__doc__, table, MARK)
