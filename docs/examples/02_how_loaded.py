"""How loaded are the links? One random permutation over four networks of about 1,000 endpoints."""

import topo
import traffic

RATE = 50e9  # [B/s] one way: 400 Gb/s
NETWORKS = [
    {"family": "fat-tree-3", "radix": 16},
    {"family": "fat-tree-3", "radix": 16, "oversubscription": 3, "endpoints_per_host": 4},
    {"family": "slim-fly", "q": 9},
    {"family": "dragonfly", "a": 8, "p": 4, "h": 4},
]


def main() -> dict[str, float]:
    congestion = {}
    for parameters in NETWORKS:
        fabric = topo.generate(**parameters, capacity=RATE)
        demand = traffic.offer("permutation", n_ranks=fabric.n_endpoints, seed=1)
        routing = topo.route(fabric, demand, "ecmp")
        solution = topo.solve(fabric, demand, routing, "max-min")
        found = topo.measure(solution)
        congestion[fabric.name] = found["max_utilization"]
        print(
            f"{fabric.name:44} busiest link {found['max_utilization']:5.2f} of its capacity, "
            f"mean {found['mean_utilization']:.2f}; slowest rate {found['min_rate_gbps']:3.0f} Gb/s"
        )
    return congestion


if __name__ == "__main__":
    main()
