"""Who fills a hot link: contributors add up to its load, and a link that one pair fills names that pair."""

import numpy as np

from topo.flow import route
from topo.generators import generate
from topo.metrics.hot_links import hot_links
from traffic.demand import Demand, GroupedDemand


def fabric():
    return generate(family="fat-tree-2", radix=8, endpoints=32, endpoints_per_host=4, capacity=50e9, scale_up=200e9)


def test_contributors_add_up_to_the_load_of_the_link():
    """Oracle: the routing's own load of the bytes, link by link, and the shares of every commodity alone."""
    net, rng = fabric(), np.random.default_rng(3)
    src, dst = rng.integers(0, 32, (2, 90))
    there = src != dst
    demand = Demand.of("random", 32, src=src[there], dst=dst[there], size=rng.integers(1, 9, there.sum()).astype(float))
    routing = route(net, demand, policy="ecmp")
    load = routing.load(demand.size)
    held = hot_links(net, demand, routing, load / net.capacity)
    first = np.unique(held["link"], return_index=True)[1]
    np.testing.assert_allclose(held["total"][first], load[held["link"][first]], rtol=1e-12)
    hottest = held["link"][0]
    assert load[hottest] == load[net.is_switch_link].max()
    alone = []
    for f in range(demand.n_commodities):
        only = np.zeros(demand.n_commodities)
        only[f] = demand.size[f]
        alone.append(routing.load(only)[hottest])
    assert held["commodities"][0] == np.count_nonzero(np.array(alone) > 1e-12)
    np.testing.assert_allclose(held["bytes"][:3], np.sort(alone)[::-1][:3], rtol=1e-12)


def test_groups_name_no_pairs():
    net = fabric()
    demand = GroupedDemand.of("uniform", label=np.zeros(32, int), size=1.0)
    assert hot_links(net, demand, route(net, demand, policy="ecmp"), np.ones(net.n_links)) == {}
