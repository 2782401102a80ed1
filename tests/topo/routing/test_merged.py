"""Grouped demands by destination-based paths: the loads of all pairs listed, after failures too."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import traffic
from topo.failures import random, reachable
from topo.flow import route
from topo.generators import GeneratorError, generate
from topo.routing.tables import by_position
from traffic.demand import GroupedDemand

TREES = [
    {"family": "fat-tree-2", "radix": 8, "planes": 2, "endpoints": 32},
    {"family": "fat-tree-2", "radix": 8, "planes": 4, "endpoints": 30, "nic": "multi-port"},
    {"family": "fat-tree-3", "radix": 4},
    {"family": "fat-tree-2", "radix": 8, "endpoints": 24},
]


@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_one_of_a_site_stands_for_all(data):
    words, per_host = data.draw(st.sampled_from(TREES)), data.draw(st.sampled_from([2, 4, 8]))
    scale_up = data.draw(st.sampled_from([None, 200e9]))
    relay = data.draw(st.sampled_from(["source", "destination", "split", "spread"]))
    try:
        whole = generate(**words, endpoints_per_host=per_host, scale_up=scale_up, relay=relay, capacity=50e9)
    except GeneratorError:
        return
    part = data.draw(st.sampled_from(["cable", "port", "nic", "switch"]))
    loss = random(whole, part=part, count=data.draw(st.integers(0, 3)), seed=data.draw(st.integers(0, 50)))[0]
    fabric = loss.of(whole)
    pattern = data.draw(st.sampled_from(["uniform", "hotspot"]))
    demand = reachable(fabric, traffic.offer(pattern, n_ranks=fabric.n_endpoints, ranks_per_host=per_host)).demand
    if not isinstance(demand, GroupedDemand):
        return
    listed, rate = demand.listed(), np.arange(1.0, demand.n_commodities + 1)
    for tables in (None, by_position(fabric)):
        together, one_by_one = (route(fabric, d, "static", tables=tables) for d in (demand, listed))
        wanted = one_by_one.load(rate[demand.kind[listed.dst]])
        assert together.load(rate) == pytest.approx(wanted, rel=1e-12, abs=1e-12 * wanted.max())
