"""BookSim's anynet: ``router 0 node 0 node 1 router 2``, a line for each router.

A router is told once to whom it has channels; BookSim makes both directions.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator

import numpy as np

from topo.fabric import Fabric, NodeKind, Tier
from topo.formats.errors import FormatError


def write(fabric: Fabric) -> str:
    """Return ``fabric`` as text of this format.

    Raises FormatError for parallel cables and for endpoints of several ports, of which BookSim has none.
    """
    return "\n".join(_written(fabric)) + "\n"


def _written(fabric: Fabric) -> Iterator[str]:
    base = int(np.searchsorted(fabric.kind, NodeKind.LEAF))
    rows = fabric.cables()
    network = rows["tier"] != Tier.SCALE_UP
    pairs = list(zip(rows["a"][network].tolist(), rows["b"][network].tolist(), strict=True))
    twice = [pair for pair, n in Counter(pairs).items() if n > 1]
    if twice:
        raise FormatError(f"{fabric.name}: nodes {twice[0][0]} and {twice[0][1]} have parallel cables; anynet has none")
    ports = Counter(a for a, _ in pairs if a < fabric.n_endpoints)
    if ports and max(ports.values()) > 1:
        raise FormatError(f"{fabric.name}: endpoints have several ports; a node of anynet has one")
    ends: dict[int, list[int]] = defaultdict(list)
    above: dict[int, list[int]] = defaultdict(list)
    for a, b in pairs:
        if a < fabric.n_endpoints:
            ends[b].append(a)
        else:
            above[a].append(b)
    for router in range(base, fabric.n_nodes):
        nodes = [f" node {end}" for end in sorted(ends[router])]
        others = [f" router {other - base}" for other in sorted(above[router])]
        yield f"router {router - base}" + "".join(nodes + others)
