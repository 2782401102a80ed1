"""Topology text of ns-3 as SimAI takes it: counts, the switches, then a line for each cable.

``nodes gpus_per_server nvswitches switches links gpu_type``; nodes are numbered GPUs, NVSwitches, switches, as here.
"""

from __future__ import annotations

from topo.fabric import Fabric, NodeKind
from topo.formats.infer import fabric_of
from topo.formats.ns3 import Head, cable_rows, plant_of_text, words_of
from topo.formats.plant import Reading
from topo.formats.text import fail

#: What the first line says of the kind of GPU, which planewise does not know.
GPU = "H100"
_FIRST = "nodes gpus_per_server nvswitches switches links gpu_type"


def read(text: str, shown: str, how: Reading | None = None) -> Fabric:
    """Return the fabric of such a text.  Raises FormatError, with the line, for what is none."""
    rows = words_of(text, shown)
    number, words = next(rows, (1, []))
    counts = words[:5]
    if len(words) < 6 or not all(w.isascii() and w.isdigit() and len(w) < 10 for w in counts):
        fail(shown, number, f"the first line is {_FIRST}; got {' '.join(words)[:60]!r}")
    nodes, per_host, inside, outside, cables = map(int, counts)
    return fabric_of(plant_of_text(Head(nodes, inside + outside, cables, inside, per_host), rows, shown), how)


def write(fabric: Fabric) -> str:
    """Return ``fabric`` as text of this format: rates in Gb/s, latencies in ms, no losses."""
    inside = int((fabric.kind == NodeKind.SCALE_UP).sum())
    counts = (fabric.n_nodes, fabric.endpoints_per_host, inside, fabric.n_switches, fabric.n_cables)
    head = " ".join(map(str, counts)) + f" {GPU}"
    switches = " ".join(map(str, range(fabric.n_endpoints, fabric.n_nodes)))
    return "\n".join([head, switches, *cable_rows(fabric)]) + "\n"
