"""What does one training step send, and does the network matter? DeepSeek-V3 on 2,048 endpoints, MPFT and MRFT."""

import topo
import traffic

RATE, SCALE_UP = 50e9, 200e9  # [B/s] one way: a 400 Gb/s port, and NVLink of an H800
NETWORKS = {"MPFT": {"planes": 8, "relay": "source"}, "MRFT": {"wiring": "rail"}}
PARTS = ("experts", "pipeline", "gradients")


def main() -> dict[tuple[str, str], float]:
    time = {}
    for network, how in NETWORKS.items():
        fabric = topo.generate("fat-tree-2", radix=64, endpoints=2048, capacity=RATE, scale_up=SCALE_UP, **how)
        for part in ("whole step", *PARTS):
            shown = {other: part in (other, "whole step") for other in PARTS}
            demand = traffic.offer("training-step", n_ranks=2048, pp=16, ep=64, node_limit=4, micro_batches=16, **shown)
            routing = topo.route(fabric, demand, "ecmp")
            time[network, part] = topo.solve(fabric, demand, routing, "completion").completion_s
            print(
                f"{network} {part:10} {demand.total() / 2048 / 1e9:7.2f} GB a rank, {time[network, part] * 1e3:7.1f} ms"
                f"{'' if part == 'whole step' else ' at most to be hidden behind computation'}"
            )
    return time


if __name__ == "__main__":
    main()
