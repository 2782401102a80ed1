"""Topology text of ns-3 as SimAI takes it: counts, the switches, then a line for each cable.

``nodes gpus_per_server nvswitches switches links gpu_type``; nodes are numbered GPUs, NVSwitches, switches, as here.
"""

from __future__ import annotations

from collections.abc import Iterator

from topo.fabric import Fabric, NodeKind

#: What the first line says of the kind of GPU, which planewise does not know.
GPU = "H100"


def write(fabric: Fabric) -> str:
    """Return ``fabric`` as text of this format: rates in Gb/s, latencies in ms, no losses."""
    return "\n".join(_written(fabric)) + "\n"


def _written(fabric: Fabric) -> Iterator[str]:
    inside = int((fabric.kind == NodeKind.SCALE_UP).sum())
    counts = (fabric.n_nodes, fabric.endpoints_per_host, inside, fabric.n_switches, fabric.n_cables)
    yield " ".join(map(str, counts)) + f" {GPU}"
    yield " ".join(str(node) for node in range(fabric.n_endpoints, fabric.n_nodes))
    rows = fabric.cables()
    for a, b, rate, latency in zip(*(rows[key].tolist() for key in ("a", "b", "capacity", "latency")), strict=True):
        yield f"{a} {b} {rate * 8 / 1e9:.12g}Gbps {latency * 1e3:.12g}ms 0"
