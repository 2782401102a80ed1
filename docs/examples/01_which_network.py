"""Which network? Size and cost of five candidates, in closed form, with the paper's calibrated prices."""

import topo

RATE = 50e9  # [B/s] one way: 400 Gb/s
CANDIDATES = {
    "two-layer fat-tree": {"family": "fat-tree-2", "radix": 64},
    "the same, eight planes": {"family": "fat-tree-2", "radix": 64, "planes": 8},
    "three-layer fat-tree": {"family": "fat-tree-3", "radix": 64},
    "Slim Fly (a formula: q = 28 is no prime power)": {"family": "slim-fly", "q": 28, "p": 21},
    "Dragonfly": {"family": "dragonfly", "a": 32, "p": 16, "h": 16, "g": 511},
}


def main() -> dict[str, float]:
    book = topo.load_prices("paper-table-3")
    each = {}
    for name, parameters in CANDIDATES.items():
        size = topo.size_of(**parameters)
        bill = topo.bill(size, book, capacity=RATE)
        each[name] = bill["cost_per_endpoint_usd"]
        print(f"{name:48} {size.endpoints:>8,} endpoints {bill['cost_usd'] / 1e6:8.1f} M$ {each[name]:7,.0f} $ each")
    return each


if __name__ == "__main__":
    main()
