"""Do more planes cost throughput? The same 512 endpoints on 1, 2, 4 and 8 planes, NVLink as the way across."""

import topo
import traffic

RATE, SCALE_UP = 50e9, 200e9  # [B/s] one way: a 400 Gb/s port, and NVLink of an H800


def main() -> dict[int, float]:
    time = {}
    for planes in (1, 2, 4, 8):
        fabric = topo.generate(
            "fat-tree-2", radix=32, planes=planes, endpoints=512, capacity=RATE, scale_up=SCALE_UP, relay="source"
        )
        demand = traffic.offer("all-to-all", n_ranks=512, bytes=64 * 2**20)
        routing = topo.route(fabric, demand, "ecmp")
        found = topo.measure(topo.solve(fabric, demand, routing))
        time[planes] = found["completion_s"]
        print(
            f"{planes} planes: {found['switches']:3} switches, all-to-all in {time[planes] * 1e3:.3f} ms, "
            f"normalized throughput {found['normalized_throughput']:.3f}, bound by {found['bottleneck_tier']} links"
        )
    return time


if __name__ == "__main__":
    main()
