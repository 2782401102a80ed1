"""Fabrics and demands that the routing tests share."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from tests import small
from topo.fabric import Fabric, NodeKind
from topo.generators import generate
from traffic.demand import Demand, GroupedDemand


def fabrics() -> dict[str, Fabric]:
    """Small fabrics of every kind that routing tells apart."""
    return {
        "one-link": small.one_link(parallel=3),
        "parking-lot": small.parking_lot(),
        "bowtie": small.bowtie(),
        "leaf-spine": small.leaf_spine(3, 2, parallel=2),
        "planes": small.planes(),
        "planes-destination": small.planes(relay="destination"),
        "planes-split": small.planes(relay="split", planes=3, per_host=3),
        "planes-spread": small.planes(relay="spread", per_host=4),
        "planes-wide-hosts": small.planes(per_host=6, planes=3),
        "multi-port": small.planes(multi_port=True),
        "multi-port-alone": small.planes(multi_port=True, scale_up=None),
        "dragonfly": generate("dragonfly", capacity=1.0, a=4, p=2, h=2),
        "dragonfly-left-over": generate("dragonfly", capacity=1.0, a=4, p=2, h=2, g=5, scale_up=4.0),
        "slim-fly": generate("slim-fly", capacity=1.0, q=3),
        "fat-tree-3": generate("fat-tree-3", capacity=1.0, radix=4, endpoints_per_host=4, scale_up=4.0),
        "fat-tree-2-rail": generate(
            "fat-tree-2", capacity=1.0, radix=8, wiring="rail", endpoints_per_host=4, scale_up=4.0
        ),
        "fat-tree-2-planes": generate(
            "fat-tree-2", capacity=1.0, radix=4, planes=2, endpoints_per_host=4, scale_up=4.0
        ),
    }


def random_demand(n: int, *, commodities: int = 40, phases: int = 2, seed: int = 0) -> Demand:
    """Commodities drawn at random; some coincide."""
    random = np.random.default_rng(seed)
    src = random.integers(0, n, commodities)
    dst = (src + random.integers(1, n, commodities)) % n
    size = random.uniform(1.0, 2.0, commodities)
    phase = random.integers(0, phases, commodities)
    return Demand.of("random", n, src=src, dst=dst, size=size, phase=phase, repeat=[1] * phases)


def uniform(n: int) -> GroupedDemand:
    return GroupedDemand.of("uniform", label=np.zeros(n, np.int32), size=1.0)


@st.composite
def damaged(draw: st.DrawFn) -> Fabric:
    """One of the fabrics after up to four cables and one node failed."""
    everything = fabrics()
    fabric = everything[draw(st.sampled_from(sorted(everything)))]
    cables = draw(st.lists(st.integers(0, fabric.n_cables - 1), max_size=4))
    switches = np.flatnonzero(fabric.kind >= NodeKind.LEAF)
    nodes = draw(st.lists(st.sampled_from(switches.tolist()), max_size=1))
    return fabric.without(cables=cables, nodes=nodes)


@st.composite
def groups(draw: st.DrawFn, n: int) -> GroupedDemand:
    """All-to-all inside random groups; some ranks silent, two at least in group 0."""
    label = draw(st.lists(st.integers(-1, 2), min_size=n, max_size=n))
    label[0] = label[-1] = 0
    return GroupedDemand.of("groups", label=label, size=1.0)
