"""What if switches fail? All-to-all after losing spines of a fat-tree, one after another."""

import numpy as np

import topo
import traffic

RATE = 50e9  # [B/s] one way: 400 Gb/s


def main() -> list[float]:
    whole = topo.generate("fat-tree-2", radix=16, capacity=RATE)
    demand = traffic.offer("uniform", n_ranks=whole.n_endpoints)
    spines = np.flatnonzero(whole.kind == topo.NodeKind.SPINE)
    left = []
    for dead in range(4):
        fabric = whole.without(nodes=spines[:dead])
        routing = topo.route(fabric, demand, "ecmp")
        found = topo.measure(topo.solve(fabric, demand, routing))
        left.append(found["normalized_throughput"])
        print(f"{dead} of {len(spines)} spines lost: {left[-1]:.3f} of what the ports allow")
    return left


if __name__ == "__main__":
    main()
