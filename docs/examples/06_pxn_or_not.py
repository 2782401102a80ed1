"""PXN or not? Eight planes, four ways across them: when traffic is done, what planes and NVLink carry."""

import topo
import traffic

NIC, SCALE_UP, PLANES = 50e9, 200e9, 8  # [B/s] one way: a 400 Gb/s port, and NVLink of an H800
WAYS = {
    "source relay (PXN)": {"relay": "source"},
    "destination relay": {"relay": "destination"},
    "half each": {"relay": "split"},
    "multi-port, spraying": {"nic": "multi-port", "nic_capacity": NIC},  # the same 50 GB/s over eight ports
}
PATTERNS = {
    "all-to-all": {"bytes": 64 * 2**20},
    "permutation": {"bytes": 2**20, "seed": 1},
    "incast": {"bytes": 2**20},
    "moe-all-to-all": {"ep": 64, "node_limit": 4},
}


def across(way: dict, pattern: str, **traffic_keys) -> dict:
    fabric = topo.generate("fat-tree-2", radix=32, planes=PLANES, endpoints=128, capacity=NIC, scale_up=SCALE_UP, **way)
    demand = traffic.offer(pattern, n_ranks=128, **traffic_keys)
    routing = topo.route(fabric, demand, "ecmp")
    solution = topo.solve(fabric, demand, routing, "completion")
    found = topo.measure(solution)
    inside = routing.load(demand.size)[fabric.tier == topo.Tier.SCALE_UP].sum() / 2  # in and out of the host's switch
    return found | {"scale_up_bytes": inside}


def main() -> dict[tuple[str, str], dict]:
    found = {}
    for pattern, keys in PATTERNS.items():
        print(f"{pattern:22} last done    mean  planes: least - most share  most/mean   NVLink")
        for name, way in WAYS.items():
            one = found[pattern, name] = across(way, pattern, **keys)
            share, inside = one["plane_share"].values(), one["scale_up_bytes"] / 1e9
            print(
                f"  {name:20} {one['completion_s'] * 1e3:6.3f} ms {one['mean_completion_s'] * 1e3:7.3f}"
                f" {min(share):15.1%} - {max(share):6.1%} {one['plane_balance']:15.2f} {inside:9.3f} GB"
            )
            for warning in one["warnings"]:
                print(f"    {warning.split(';')[0]}")
    print("All-to-all and expert-parallel traffic: any way will do. Relaying at the receiver opens all NICs")
    print("of its host to an incast, up to what NVLink carries; PXN leaves it one. Spraying needs no NVLink.")
    return found


if __name__ == "__main__":
    main()
