"""What formats cannot carry: whether a fabric or a demand has it, so that it is said when one is written."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from topo.fabric import DEFAULT_MEDIUM, Fabric, NodeKind, Tier
from topo.formats.entries import Format
from topo.formats.infiniband import rate_of
from traffic.demand import Demand, GroupedDemand

#: What a fabric may have that some formats cannot carry -> whether one has it.
OF_FABRICS: dict[str, Callable[[Fabric], bool]] = {
    "symmetry": lambda f: bool(f.symmetry),
    "what it was before failures": lambda f: f.intact is not None,
    "scale-up networks": lambda f: f.has_scale_up,
    "domains": lambda f: not np.array_equal(f.host, f.domain),
    "groups": lambda f: bool((f.group >= 0).any()),
    "overhead": lambda f: f.overhead > 0,
    "relay": lambda f: f.n_planes > 1,
    "bundles": lambda f: bool(
        (np.diff(f.tail.astype(np.int64) * f.n_nodes + f.head) == 0).any()  # links are sorted
    ),
    "rates": lambda f: True,
    "packets": lambda f: f.packet is not None or f.launch > 0,
    "rates that InfiniBand does not have": lambda f: (
        not all(rate_of(float(rate))[1] for rate in np.unique(f.capacity[f.tier != Tier.SCALE_UP]))
    ),
    "radix": lambda f: f.radix > 0,
    "planes": lambda f: f.n_planes > 1,
    "hosts": lambda f: f.n_hosts < f.n_endpoints,
    "NICs of a host": lambda f: f.n_hosts < f.n_endpoints,
    "parts of a nanosecond": lambda f: bool((abs(f.latency * 1e9 - np.round(f.latency * 1e9)) > 1e-6).any()),
    "latencies": lambda f: bool((f.latency > 0).any()),
    "media": lambda f: not np.array_equal(f.cables()["medium"], usual_media(f)),
    "weights": lambda f: bool((f.weight != 1).any()),
    "switches without cables": lambda f: bool((np.diff(f.first)[f.kind >= NodeKind.LEAF] == 0).any()),
}


def _side_by_side(demand: Demand | GroupedDemand) -> bool:
    return any(tuple(waits) != ((phase - 1,) if phase else ()) for phase, waits in enumerate(demand.after))


def _barriers(demand: Demand | GroupedDemand) -> bool:
    own = isinstance(demand, Demand) and len(demand.by_rank) > 0 and all(demand.by_rank)
    return int(demand.repeat.sum()) > 1 and not own


#: The same of demands.
OF_DEMANDS: dict[str, Callable[[Demand | GroupedDemand], bool]] = {
    "computation": lambda d: bool(d.compute_s.any()),
    "phases that run side by side": _side_by_side,
    "ranks that go on by themselves": lambda d: isinstance(d, Demand) and any(d.by_rank),
    "phases that start for all ranks at once": _barriers,
    "parts of bytes": lambda d: bool((d.size != np.round(d.size)).any()),
}

CARRIED: dict[str, Callable[[Any], bool]] = OF_FABRICS | OF_DEMANDS


def lost(what: Fabric | Demand | GroupedDemand, entry: Format) -> str:
    """Return what of a fabric or demand a file of the format ``entry`` does not hold; empty where it holds all."""
    return ", ".join(lack for lack in entry.lacks if CARRIED[lack](what))


def usual_media(fabric: Fabric) -> NDArray[np.int8]:
    """Return (C,) what cables of each tier are made of where nobody says."""
    by_tier = np.array([DEFAULT_MEDIUM[tier] for tier in Tier], dtype=np.int8)
    return np.asarray(by_tier[fabric.cables()["tier"]])
