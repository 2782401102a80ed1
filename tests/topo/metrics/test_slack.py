"""The warning on links that sprayed flows fill: when it stands, and what it names."""

from __future__ import annotations

import numpy as np
import pytest

from topo import measure
from topo.flow import route, solve
from topo.generators import generate
from traffic.demand import Demand


def warnings(policy="ecmp", solver="completion", up=None, **more):
    """Return what a shift by one leaf warns of: every endpoint sends to another leaf at full rate."""
    fabric = generate("fat-tree-2", radix=8, capacity=1.0, endpoints_per_host=1, **({"up": up} if up else {}), **more)
    n = fabric.n_endpoints
    demand = Demand.of("shift", n, src=np.arange(n), dst=(np.arange(n) + 4) % n, size=1.0)
    return measure(solve(fabric, demand, route(fabric, demand, policy), solver))["warnings"]


def test_full_links_are_named():
    (said,) = warnings()
    assert "64 of 64 links between switches beyond 90 % (64 leaf-spine; the fullest goes from node" in said
    assert "up to 34 % too short" in said


@pytest.mark.parametrize(
    "how",
    [{"policy": "static"}, {"policy": "ecmp-hash"}, {"solver": "max-min"}, {"solver": "proportional"}, {"planes": 2}],
    ids=str,
)
def test_when_nothing_is_said(how):
    """One path a flow, rates instead of times; half of the traffic on each of two planes leaves slack."""
    if how.get("planes"):
        how |= {"nic": "multi-port", "nic_capacity": 1.0}
    assert not [text for text in warnings(**how) if "sprayed" in text]
