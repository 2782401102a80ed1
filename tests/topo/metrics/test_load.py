import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

import traffic
from tests import small
from topo.fabric import Fabric, NodeKind, Tier
from topo.flow import route, solve
from topo.generators import generate
from topo.metrics.load import Loads, link_plane, load_metrics
from topo.metrics.utilization import percentile
from topo.rows import Rows
from traffic.demand import Demand, GroupedDemand


def loads(fabric, demand, *, policy="ecmp", solver="proportional"):
    routing = route(fabric, demand, policy)
    solution = solve(fabric, demand, routing, solver)
    return Loads.of(solution), solution


def of(fabric, demand, **how):
    return load_metrics(*loads(fabric, demand, **how))


def family(name, pattern, traffic_params=None, **params):
    fabric = generate(name, capacity=50e9, endpoints_per_host=1, **params)
    return fabric, traffic.offer(pattern, n_ranks=fabric.n_endpoints, ranks_per_host=1, **(traffic_params or {}))


@pytest.mark.parametrize("h", [1, 2, 3])
def test_canonical_dragonfly_under_minimal_routing(h):
    """Uniform: (N - 1) / (p^2 (1 + 2 a h)) >= 1 on local links; every group to the next one: 1 / (a p)."""
    a, p, g = 2 * h, h, 2 * h * h + 1
    params = {"a": a, "p": p, "h": h, "g": g}
    uniform = of(*family("dragonfly", "uniform", **params))
    n = g * a * p
    assert uniform["switch_throughput"] >= 1
    local = uniform["links_by_tier"]["local"]["max"]
    assert local == pytest.approx(p * p * (1 + 2 * a * h) / (n - 1))
    shifted = of(*family("dragonfly", "shift", {"by": a * p}, **params))
    assert shifted["switch_throughput"] == pytest.approx(1 / (a * p))
    assert shifted["normalized_throughput"] == pytest.approx(1 / (a * p))


@pytest.mark.parametrize(("q", "printed"), [(5, 0.9567), (7, 0.8582), (9, 0.9249)])
def test_slim_fly_uniform(q, printed):
    """Switch throughput of uniform traffic over all shortest paths, facts of section 3."""
    got = of(*family("slim-fly", "uniform", q=q))
    assert got["switch_throughput"] == pytest.approx(printed, abs=5e-5)


@pytest.mark.parametrize("k", [4, 8])
def test_three_layer_tree_uniform(k):
    """(N - 1) / (N - k/2): only traffic of one's own leaf spares the links above it."""
    got = of(*family("fat-tree-3", "uniform", radix=k))
    n = k**3 // 4
    assert got["switch_throughput"] == pytest.approx((n - 1) / (n - k // 2))
    assert got["normalized_throughput"] == pytest.approx(1)
    assert got["bottleneck_tier"] == "endpoint"
    assert got["links_by_tier"]["leaf-spine"]["max"] == pytest.approx(1 / got["switch_throughput"])


@pytest.mark.parametrize("r", [3, 7])
def test_oversubscribed_tree_uniform(r):
    """Up capacity is 1/r of down capacity, so uniform traffic is held to about 1/r, by the leaf's uplinks."""
    fabric, demand = family("fat-tree-2", "uniform", radix=16, oversubscription=r)
    got = of(fabric, demand)
    n, below = fabric.n_endpoints, 16 * r // (r + 1)
    assert got["switch_throughput"] == pytest.approx((n - 1) / (n - below) / r)
    assert got["bottleneck_tier"] == "leaf-spine"
    assert got["max_utilization"] > 1


def test_the_waist_of_a_bowtie():
    """Two unit commodities over one unit cable: congestion 2, and the waist is where it is."""
    demand = Demand.of("cross", 4, src=[0, 1], dst=[2, 3], size=1.0)
    got = of(small.bowtie(), demand)
    assert (got["theta_port"], got["theta"]) == (1.0, 0.5)
    assert got["congestion"] == got["max_utilization"] == 2.0
    assert got["bottleneck_tier"] == "local"
    assert got["links_by_tier"]["leaf-spine"]["max"] == 1.0
    # 10 links between switches: four carry 1, the waist 2, the rest nothing
    assert got["mean_utilization"] == pytest.approx(6 / 10)
    assert sum(got["utilization_histogram"]["links"]) == 10


def test_tiers_are_those_that_have_links():
    tree, _ = family("fat-tree-2", "uniform", radix=4)
    fly, _ = family("dragonfly", "uniform", a=4)
    for fabric, tiers in ((tree, {"endpoint", "leaf-spine"}), (fly, {"endpoint", "local", "global"})):
        rows = of(fabric, traffic.offer("uniform", n_ranks=fabric.n_endpoints))["links_by_tier"]
        assert rows.keys() == tiers and all(row["links"] for row in rows.values())


def test_phases_are_ratios_of_sums():
    """Phase 0 (run 3 times) needs 2 s where its ports need 1; phase 1 needs 4 where they need 4."""
    demand = Demand.of(
        "two", 4, src=[0, 1, 0], dst=[2, 3, 1], size=[1.0, 1.0, 4.0], phase=[0, 0, 1], repeat=np.array([3, 1])
    )
    got = of(small.bowtie(), demand)
    assert got["theta_port"] == pytest.approx(1 / (3 * 1 + 4))
    assert got["theta"] == pytest.approx(1 / (3 * 2 + 4))
    assert got["normalized_throughput"] == pytest.approx(7 / 10)
    # switch links: 2 s in phase 0, 4 s in phase 1 (leaf to spine)
    assert got["switch_throughput"] == pytest.approx(7 / 10)
    assert got["max_utilization"] == pytest.approx(2)  # of phase 0, the worst
    assert got["time_mean_max_utilization"] == pytest.approx((3 * 2 + 4 * 1) / 7)
    local = got["links_by_tier"]["local"]
    assert (local["max"], local["time_mean_max"]) == (pytest.approx(2), pytest.approx((3 * 2 + 4 * 0) / 7))
    assert got["bytes_by_plane"] == {"0": pytest.approx(3 * 2 + 4)}


def test_a_phase_inside_hosts_takes_no_port_time():
    """Scale-up traffic slows the whole down but offers nothing to the network."""
    fabric = small.planes()
    demand = Demand.of("mixed", 8, src=[0, 0], dst=[1, 4], size=[10.0, 2.0], phase=[0, 1], repeat=np.array([1, 1]))
    got = of(fabric, demand)
    # two NICs a host behind the relay would carry 2 B in 1 s; this pair is on one plane, so its port needs 2 s
    assert got["theta_port"] == pytest.approx(1.0)
    assert got["theta"] == pytest.approx(1 / (1 + 2))
    assert got["normalized_throughput"] == pytest.approx(1 / 3)
    assert sum(got["bytes_by_plane"].values()) == pytest.approx(2.0)


def test_nothing_leaves_its_host():
    """No port is used: throughput and utilization are undefined, not zero, one or infinite."""
    got = of(small.planes(), Demand.of("inside", 8, src=[0, 2], dst=[1, 3], size=1.0))
    undefined = ["normalized_throughput", "switch_throughput", "congestion", "max_utilization", "mean_utilization"]
    assert [got[key] for key in undefined] == [None] * len(undefined)
    assert got["bottleneck_tier"] == "scale-up"
    assert got["traffic_mean_hops"] is None
    assert got["links_by_tier"]["scale-up"]["max"] is None


def test_without_switch_links_congestion_is_zero():
    """Traffic that stays on its leaf loads no switch link: congestion 0, no bound on switch throughput."""
    got = of(small.leaf_spine(), Demand.of("near", 4, src=[0], dst=[1], size=1.0))
    assert (got["congestion"], got["switch_throughput"], got["normalized_throughput"]) == (0.0, None, 1.0)


def test_bytes_by_plane_follow_the_planes_of_the_source():
    """Endpoint e is on plane e mod 2; a relay moves traffic to the plane of its destination."""
    sizes = {"0": 3.0, "1": 5.0}
    direct = Demand.of("direct", 8, src=[0, 1], dst=[4, 5], size=[3.0, 5.0])
    assert of(small.planes(), direct)["bytes_by_plane"] == pytest.approx(sizes)
    crossing = Demand.of("crossing", 8, src=[0], dst=[5], size=8.0)
    source = of(small.planes(relay="source"), crossing)["bytes_by_plane"]
    destination = of(small.planes(relay="destination"), crossing)["bytes_by_plane"]
    assert (source, destination) == ({"0": 0.0, "1": 8.0}, {"0": 8.0, "1": 0.0})


def test_multi_port_endpoints_spread_over_planes():
    demand = Demand.of("far", 8, src=[0], dst=[7], size=8.0)
    got = of(small.planes(multi_port=True), demand)
    assert got["bytes_by_plane"] == {"0": pytest.approx(4.0), "1": pytest.approx(4.0)}
    assert got["theta_port"] == pytest.approx(2 / 8)


def test_planes_with_traffic_of_their_own_are_copies_of_one():
    """p planes with in-plane traffic give p copies of one plane's loads."""
    one, two = (generate("fat-tree-2", radix=8, planes=p, capacity=1.0, endpoints_per_host=2 * p) for p in (1, 2))
    inside = traffic.offer("permutation", n_ranks=one.n_endpoints, ranks_per_host=1, seed=3)
    both = Demand.of(
        "both",
        two.n_endpoints,
        src=np.concatenate([2 * inside.src, 2 * inside.src + 1]),
        dst=np.concatenate([2 * inside.dst, 2 * inside.dst + 1]),
        size=np.tile(inside.size, 2),
    )
    a, b = of(one, inside), of(two, both)
    for plane in ("0", "1"):
        assert b["bytes_by_plane"][plane] == pytest.approx(a["bytes_by_plane"]["0"])
        assert b["links_by_plane"][plane]["max"] == pytest.approx(a["links_by_plane"]["0"]["max"])
        assert b["links_by_plane"][plane]["links"] == a["links_by_plane"]["0"]["links"]


FABRICS = (small.leaf_spine(3, 2), small.planes(hosts=3), small.parking_lot(3, access=1.0))


@st.composite
def demands(draw):
    fabric = draw(st.sampled_from(FABRICS))
    pairs = st.tuples(st.integers(0, 5), st.integers(0, 5)).filter(lambda p: p[0] != p[1])
    chosen = draw(st.lists(pairs, min_size=1, max_size=8))
    size = draw(st.lists(st.floats(1, 9), min_size=len(chosen), max_size=len(chosen)))
    phase = [i % 2 for i in range(len(chosen))]
    repeat = np.array([2, 3][: max(phase) + 1])
    src, dst = zip(*chosen, strict=True)
    return fabric, Demand.of("random", 6, src=src, dst=dst, size=size, phase=phase, repeat=repeat)


@settings(max_examples=60, deadline=None)
@given(demands())
def test_laws_of_loads(case):
    """Congestion is 1 / switch throughput; normalized throughput is at most 1 and at most the switch one; the
    fullest tier is the fullest link; no scale of capacity or demand changes any of it."""
    fabric, demand = case
    got = of(fabric, demand)
    wider = replace(fabric, capacity=fabric.capacity * 3)
    heavier = Demand.of(
        "heavier", 6, src=demand.src, dst=demand.dst, size=demand.size * 5, phase=demand.phase, repeat=demand.repeat
    )
    for other, scale in ((of(wider, demand), 3), (of(fabric, heavier), 1 / 5)):
        for key in ("normalized_throughput", "switch_throughput", "max_utilization", "mean_utilization"):
            assert other[key] == pytest.approx(got[key])
        assert other["theta_port"] == pytest.approx(got["theta_port"] * scale)
    if got["normalized_throughput"] is None:
        return
    assert got["normalized_throughput"] <= 1 + 1e-9
    if got["switch_throughput"] is not None:
        assert got["normalized_throughput"] <= got["switch_throughput"] * (1 + 1e-9)
        assert got["congestion"] * got["switch_throughput"] == pytest.approx(1)
    assert got["mean_utilization"] <= got["max_utilization"] * (1 + 1e-9)


@settings(max_examples=40, deadline=None)
@given(demands())
def test_hops_are_the_mean_along_paths(case):
    """Bytes on network links over bytes sent equal the mean number of network cables along the paths."""
    fabric, demand = case
    got = of(fabric, demand)["traffic_mean_hops"]
    cables = route(fabric, demand).sum_along((fabric.tier >= Tier.ENDPOINT).astype(float))
    bytes_ = demand.size * demand.repeat[demand.phase] * (cables > 0)
    assert got == (pytest.approx(bytes_ @ cables / bytes_.sum()) if bytes_.any() else None)


def test_grouped_and_listed_agree():
    """All pairs at once or one by one: the same numbers."""
    for fabric in (small.leaf_spine(3, 2), small.planes(), small.planes(multi_port=True)):
        grouped = GroupedDemand.of("all", label=np.arange(fabric.n_endpoints) % 2, size=3.0)
        a, b = of(fabric, grouped), of(fabric, grouped.listed())
        for key in ("theta", "theta_port", "switch_throughput", "mean_utilization", "traffic_mean_hops"):
            assert a[key] == pytest.approx(b[key]), key


def test_loads_do_not_depend_on_the_solver():
    """Utilization is that of the offered demand, whichever solver found the rates."""
    fabric = small.parking_lot()
    demand = Demand.of("line", 8, src=[0, 0, 2, 4], dst=[6, 2, 4, 6], size=[1.0, 2.0, 1.0, 4.0])
    proportional, _ = loads(fabric, demand)
    fair, _ = loads(fabric, demand, solver="max-min")
    assert proportional.bytes.toarray() == pytest.approx(fair.bytes.toarray())


def test_planes_of_links():
    """A link is on the plane of its switch; links inside a host are on none."""
    fabric: Fabric = small.planes(multi_port=True)
    plane = link_plane(fabric)
    assert (plane[fabric.tier == Tier.SCALE_UP] == -1).all()
    switch = np.where(fabric.kind[fabric.tail] >= NodeKind.LEAF, fabric.tail, fabric.head)
    network = fabric.tier >= Tier.ENDPOINT
    assert (plane[network] == fabric.plane[switch[network]]).all()


def test_a_histogram_holds_every_link_once():
    """Counts add up to the links, the fullest one in the last bin that is not empty."""
    fabric, demand = family("slim-fly", "uniform", q=7)
    got = of(fabric, demand)["links_by_tier"]["global"]
    counts, edges = got["histogram"]["links"], got["histogram"]["edges"]
    assert counts.sum() == got["links"]
    last = int(np.flatnonzero(counts)[-1])
    assert edges[last] <= got["max"] <= edges[last + 1] + 1e-12
    assert math.isclose(edges[-1] % 0.05, 0.05, abs_tol=1e-9) or math.isclose(edges[-1] % 0.05, 0, abs_tol=1e-9)


@pytest.mark.parametrize("pattern", ["permutation", "hotspot", "allreduce"])
def test_mean_percentile_and_histogram_are_those_of_the_dense_table(pattern):
    """numpy on every link of every phase, empty ones too, each phase by its part of the time."""
    held, solution = loads(*family("dragonfly", pattern, a=4, p=2, h=2))
    found, fabric = load_metrics(held, solution), solution.fabric
    table = held.utilization.toarray()
    for tier in (Tier.ENDPOINT, Tier.LOCAL, Tier.GLOBAL):
        dense, row = table[:, fabric.tier == tier], found["links_by_tier"][tier.label]
        assert row["p99"] == pytest.approx(held.weight @ np.percentile(dense, 99, axis=1), rel=1e-12)
        assert row["mean"] == pytest.approx(held.weight @ dense.mean(axis=1), rel=1e-12)
        assert row["max"] == dense.max()
        edges, counts = row["histogram"]["edges"], row["histogram"]["links"]
        each = [np.histogram(one, edges)[0] for one in dense]
        assert counts == pytest.approx(held.weight @ each, rel=1e-12)


@pytest.mark.parametrize("links", [1, 2, 3, 60, 101, 102, 150, 500])
@pytest.mark.parametrize("density", [0.0, 0.02, 0.6, 1.0])
def test_percentiles_are_linear_between_two_links_however_many_are_empty(links, density):
    random = np.random.default_rng(links)
    table = random.random((5, links)) * (random.random((5, links)) < density)
    for share in (0.0, 0.5, 0.99, 1.0):
        found = percentile(Rows.as_in(csr_array(table)), table.shape[1], share)
        np.testing.assert_allclose(found, np.percentile(table, 100 * share, axis=1))
