"""The laws that every fabric, demand, routing and solution obeys, each with its name.

Each function raises AssertionError that names the law and the first offender.
"""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from topo.fabric import Fabric, NodeKind
from topo.flow import POLICIES
from topo.flow.solution import Solution
from topo.routing.operator import Routing
from topo.size import Tier
from traffic.demand import Demand, GroupedDemand


def check_fabric(fabric: Fabric, *, connected: bool = True, radix: int | None = None) -> None:
    """Laws of a fabric; ``connected=False`` for one with failures."""
    _check_order(fabric)
    _check_halves(fabric)
    _check_ports(fabric, radix)
    _check_hosts(fabric)
    if connected:
        _check_reach(fabric)
    for i, permutation in enumerate(fabric.symmetry):
        assert fabric.is_automorphism(permutation), f"law: a stated symmetry is one; number {i} is not"


def _check_order(fabric: Fabric) -> None:
    assert (np.diff(fabric.kind) >= 0).all(), "law: nodes are numbered by kind"
    assert np.count_nonzero(fabric.kind == NodeKind.ENDPOINT) == fabric.n_endpoints, "law: one host an endpoint"
    key = fabric.tail.astype(np.int64) * fabric.n_nodes + fabric.head
    assert (np.diff(key) >= 0).all(), "law: links are sorted by tail, then head"
    assert np.array_equal(np.repeat(np.arange(fabric.n_nodes), np.diff(fabric.first)), fabric.tail), (
        "law: the links of node n are first[n] to first[n + 1]"
    )
    arrays = [value for value in vars(fabric).values() if isinstance(value, np.ndarray)]
    assert not any(array.flags.writeable for array in arrays), "law: arrays are read-only"


def _check_halves(fabric: Fabric) -> None:
    back = fabric.reverse
    assert np.array_equal(np.bincount(fabric.cable, minlength=fabric.n_cables), np.full(fabric.n_cables, 2)), (
        "law: a cable is two links"
    )
    assert np.array_equal(fabric.tail[back], fabric.head), "law: the halves of a cable run opposite ways"
    for what in ("capacity", "latency", "weight", "tier"):
        column = getattr(fabric, what)
        assert np.array_equal(column[back], column), f"law: both links of a cable have equal {what}"
    assert (fabric.capacity > 0).all() and (fabric.latency >= 0).all(), "law: capacities and latencies make sense"


def _check_ports(fabric: Fabric, radix: int | None) -> None:
    switches = fabric.kind >= NodeKind.LEAF
    limit = radix or fabric.radix
    degree = np.diff(fabric.first)[switches]
    assert not limit or degree.max(initial=0) <= limit, f"law: no switch exceeds its radix; {degree.max()} > {limit}"
    network = fabric.tier != Tier.SCALE_UP
    from_endpoint = (fabric.kind[fabric.tail] == NodeKind.ENDPOINT) & network
    assert (fabric.kind[fabric.head[from_endpoint]] == NodeKind.LEAF).all(), (
        "law: every endpoint-bearing switch is a leaf"
    )
    assert (fabric.tier[from_endpoint] == Tier.ENDPOINT).all(), "law: an endpoint's network cables are of its tier"
    planes = fabric.plane[fabric.head[from_endpoint]]
    port = np.unique(np.stack([fabric.tail[from_endpoint], planes], axis=1), axis=0)
    assert len(port) == np.count_nonzero(from_endpoint), "law: an endpoint has at most one port a plane"
    between = switches[fabric.tail] & switches[fabric.head]
    assert np.array_equal(fabric.plane[fabric.tail][between], fabric.plane[fabric.head][between]), (
        "law: planes share no cable"
    )


def _check_hosts(fabric: Fabric) -> None:
    host = fabric.host
    assert np.array_equal(np.unique(host), np.arange(fabric.n_hosts)), "law: hosts are numbered from 0 without gaps"
    assert np.array_equal(np.unique(fabric.domain), np.arange(fabric.n_domains)), "law: so are domains"
    pairs = np.unique(np.stack([host, fabric.domain]), axis=1)
    assert pairs.shape[1] == max(fabric.n_hosts, fabric.n_domains), "law: hosts and domains nest"
    if not fabric.has_scale_up:
        return
    inside = (fabric.tier == Tier.SCALE_UP) & (fabric.tail < fabric.n_endpoints)
    assert np.array_equal(fabric.tail[inside], np.arange(fabric.n_endpoints)), "law: one scale-up cable an endpoint"
    switch = fabric.n_endpoints + fabric.domain
    assert np.array_equal(fabric.head[inside], switch), "law: scale-up switch d is that of domain d"


def _check_reach(fabric: Fabric) -> None:
    """Every endpoint reaches every other of its plane through switches only; all planes together where hosts relay."""
    switch_link = fabric.is_switch_link
    n = fabric.n_nodes
    links = csr_array(
        (np.ones(int(switch_link.sum()), dtype=np.int8), (fabric.tail[switch_link], fabric.head[switch_link])),
        shape=(n, n),
    )
    _, part = connected_components(links, directed=False)
    leaf = np.unique(fabric.head[(fabric.tail < fabric.n_endpoints) & (fabric.tier == Tier.ENDPOINT)])
    for plane in range(fabric.n_planes):
        of_plane = part[leaf[fabric.plane[leaf] == plane]]
        assert len(np.unique(of_plane)) <= 1, f"law: the leaves of plane {plane} reach each other"


def check_routing(
    fabric: Fabric, demand: Demand | GroupedDemand, routing: Routing, *, samples: int = 8, seed: int = 0
) -> None:
    """Laws of a routing, each seen on a few random commodities; a grouped one is seen as a whole."""
    random = np.random.default_rng(seed)
    n = demand.n_commodities
    value = random.uniform(1.0, 2.0, fabric.n_links)
    along, least = routing.sum_along(value), routing.min_along(value)
    assert along.shape == least.shape == (n,), "law: one value a commodity"
    if isinstance(demand, GroupedDemand):
        _check_grouped(fabric, demand, routing)
        return
    for f in random.choice(n, min(n, samples), replace=False):
        share = routing.load(np.eye(1, n, f)[0])
        _check_conservation(fabric, share, int(demand.src[f]), int(demand.dst[f]))
        if POLICIES[routing.policy].shortest:
            _check_shortest(fabric, share, int(demand.src[f]), int(demand.dst[f]), routing.policy)
        assert np.isclose(along[f], value @ share, rtol=1e-12), f"law: sum_along is value @ R; commodity {f}"
        assert np.isclose(least[f], value[share > 0].min(), rtol=1e-12), f"law: min_along is over R > 0; commodity {f}"
    rate = random.uniform(0.0, 1.0, n)
    columns = routing.columns()
    if columns is not None:
        assert np.allclose(columns @ rate, routing.load(rate), rtol=1e-9, atol=1e-9), "law: load is columns @ rate"
        assert np.allclose(columns.T @ value, along, rtol=1e-9), "law: sum_along is value @ columns"


def _check_grouped(fabric: Fabric, demand: GroupedDemand, routing: Routing) -> None:
    load = routing.load(np.ones(demand.n_commodities))
    out, into = (np.bincount(end, load, fabric.n_nodes) for end in (fabric.tail, fabric.head))
    switches = fabric.kind != NodeKind.ENDPOINT
    total = demand.pairs.sum()
    assert np.allclose(out[switches], into[switches], rtol=1e-9, atol=1e-9 * total), "law: switches conserve flow"
    sent = np.zeros(fabric.n_endpoints)
    peers = np.bincount(demand.label[demand.label >= 0])[demand.label] - 1
    sent[: demand.n_ranks] = np.where(demand.label >= 0, peers, 0)
    net = (out - into)[~switches]
    assert np.allclose(net, 0.0, atol=1e-9 * total), "law: an endpoint sends as much as it receives"
    assert (out[~switches] >= sent * (1 - 1e-9)).all(), "law: every endpoint sends what it has to send"


def _check_conservation(fabric: Fabric, share: NDArray[np.float64], src: int, dst: int) -> None:
    name = f"commodity {src} -> {dst}"
    assert share.min() >= 0.0 and share.max() <= 1 + 1e-9, f"law: shares lie between 0 and 1; {name}"
    net = np.bincount(fabric.tail, share, fabric.n_nodes) - np.bincount(fabric.head, share, fabric.n_nodes)
    net[src] -= 1.0
    net[dst] += 1.0
    worst = int(np.argmax(np.abs(net)))
    assert abs(net[worst]) < 1e-9, f"law: one unit leaves src, one reaches dst, all else balances; {name}, node {worst}"
    used = share > 0
    between = [e for e in np.unique(fabric.head[used]) if e < fabric.n_endpoints and e != dst]
    for end in between:
        near = (fabric.domain[src], fabric.domain[dst])
        assert fabric.domain[end] in near, f"law: endpoints never forward; {name}: {end}"
        into, out = used & (fabric.head == end), used & (fabric.tail == end)
        tiers = {int(t) for t in (*fabric.tier[into], *fabric.tier[out])}
        assert tiers <= {Tier.SCALE_UP, Tier.ENDPOINT} and Tier.SCALE_UP in tiers, (
            f"law: a relay joins scale-up and network; {name}: {end}"
        )
    both = all((fabric.tier[fabric.tail == end] == Tier.SCALE_UP).any() for end in (src, dst))
    if fabric.domain[src] == fabric.domain[dst] and both:
        assert (fabric.tier[used] == Tier.SCALE_UP).all(), f"law: traffic inside a domain stays there; {name}"


def _check_shortest(fabric: Fabric, share: NDArray[np.float64], src: int, dst: int, policy: str) -> None:
    """Without a relay only links on shortest paths are used, and the split is the policy's."""
    used = np.flatnonzero(share > 0)
    if (fabric.tier[used] == Tier.SCALE_UP).any():
        return
    graph: nx.DiGraph = nx.DiGraph()
    keep = (fabric.tail >= fabric.n_endpoints) | (fabric.tail == src)
    keep &= (fabric.head >= fabric.n_endpoints) | (fabric.head == dst)
    keep &= fabric.tier != Tier.SCALE_UP
    for tail, head, weight in zip(fabric.tail[keep], fabric.head[keep], fabric.weight[keep], strict=True):
        known = graph.get_edge_data(int(tail), int(head), {"weight": 127})["weight"]
        graph.add_edge(int(tail), int(head), weight=min(int(weight), known))
    to_go = nx.single_source_dijkstra_path_length(graph.reverse(), dst)
    away = np.array([to_go.get(node, np.inf) for node in range(fabric.n_nodes)])
    with np.errstate(invalid="ignore"):
        good = keep & (away[fabric.tail] == away[fabric.head] + fabric.weight)
    assert good[used].all(), f"law: {policy} takes shortest paths only; {src} -> {dst}"
    if policy not in ("ecmp", "wcmp"):
        return
    part = np.where(good, fabric.capacity if policy == "wcmp" else 1.0, 0.0)
    total = np.bincount(fabric.tail, part, fabric.n_nodes)
    flow = np.bincount(fabric.tail, share, fabric.n_nodes)
    expected = flow[fabric.tail] * part / np.where(total > 0, total, 1.0)[fabric.tail]
    assert np.allclose(share, expected, atol=1e-12), f"law: {policy} splits evenly at every switch; {src} -> {dst}"


def check_demand(demand: Demand | GroupedDemand) -> None:
    """Laws of a demand; a grouped one obeys them as it stands, and its list agrees with it where it is short."""
    sent, received = demand.sent(), demand.received()
    assert sent.shape == received.shape == (demand.n_ranks,), "law: totals go by rank"
    np.testing.assert_allclose(sent.sum(), demand.total(), err_msg="law: what is sent adds up to the total")
    np.testing.assert_allclose(received.sum(), demand.total(), err_msg="law: what is received adds up to the total")
    assert len(demand.repeat) == demand.n_phases and (demand.repeat >= 1).all(), "law: every phase runs at least once"
    arrays = [value for value in vars(demand).values() if isinstance(value, np.ndarray)]
    assert not any(array.flags.writeable for array in arrays), "law: arrays are read-only"
    if isinstance(demand, Demand):
        _check_commodities(demand)
    elif demand.pairs.sum() <= 100_000:
        listed = demand.listed()
        _check_commodities(listed)
        assert listed.n_commodities == demand.pairs.sum(), "law: a grouped demand counts its pairs"
        np.testing.assert_allclose(listed.sent(), sent, err_msg="law: a grouped demand equals its list")
        np.testing.assert_allclose(listed.received(), received, err_msg="law: a grouped demand equals its list")


def _check_commodities(demand: Demand) -> None:
    key = (demand.phase.astype(np.int64) * demand.n_ranks + demand.dst) * demand.n_ranks + demand.src
    assert (np.diff(key) >= 0).all(), "law: commodities are sorted by phase, dst, src"
    assert (demand.src != demand.dst).all(), "law: no rank sends to itself"
    for rank in (demand.src, demand.dst):
        assert rank.min() >= 0 and rank.max() < demand.n_ranks, "law: ranks exist"
    assert np.isfinite(demand.size).all() and (demand.size > 0).all(), "law: sizes are positive and finite"
    assert set(demand.phase.tolist()) == set(range(demand.n_phases)), "law: no phase is empty"
    assert not demand.phase_names or len(demand.phase_names) == demand.n_phases, "law: one name a phase"


def check_solution(fabric: Fabric, demand: Demand | GroupedDemand, solution: Solution) -> None:
    """Laws of a solution of any solver, and those of its own one."""
    solved, routing = solution.demand, solution.routing
    assert solved.total() == pytest.approx(demand.total(), rel=1e-9), "law: all bytes of the demand are solved for"
    _check_solution_shapes(fabric, solved, solution)
    load = solution.load.toarray()
    assert (load <= fabric.capacity * (1 + 1e-9)).all(), "law: load never exceeds capacity"
    assert solution.residual <= 1e-9, "law: a solution states its overload, and there is none"
    time = np.zeros(solved.n_phases)
    np.maximum.at(time, solved.phase, solution.finish)
    np.testing.assert_allclose(solution.phase_time, time, rtol=1e-12, err_msg="law: a phase ends with its last")
    moved = solution.finish - solution.delay
    time = np.zeros(solved.n_phases)
    np.maximum.at(time, solved.phase, moved)
    np.testing.assert_allclose(solution.theta * time, 1.0, rtol=1e-9, err_msg="law: 1 / theta is the time of a phase")
    np.testing.assert_allclose(solution.rate * moved, solved.size, rtol=1e-9, err_msg="law: rate x time = size")
    overall = 1.0 / (solved.repeat / solution.theta).sum()
    assert overall <= solution.bound * (1 + 1e-9), f"law: theta {overall:.9g} is at most its bound {solution.bound:.9g}"
    assert solution.gap == pytest.approx((solution.bound - overall) / solution.bound, abs=1e-12), "law: gap is stated"
    for phase in range(solved.n_phases):
        used = load[phase][solution.tightest[solved.phase == phase]]
        assert (used > 0).all(), "law: the link that holds a commodity back carries something"
    rate = np.where(solved.phase == 0, solution.rate, 0.0)
    steady = not solution.method.startswith("completion") and not solution.method.endswith("by queue pair")
    if steady:
        np.testing.assert_allclose(load[0], routing.load(rate), rtol=1e-9, atol=1e-3, err_msg="law: load = R rate")
    if solution.method.startswith("proportional"):
        full = (load / fabric.capacity).max(axis=1)
        np.testing.assert_allclose(full, 1.0, rtol=1e-9, err_msg="law: some link is full in every phase")
    if steady and solution.method.startswith("max-min"):
        _check_bottlenecks(fabric, solution)


def _check_solution_shapes(fabric: Fabric, demand: Demand | GroupedDemand, solution: Solution) -> None:
    n, phases = demand.n_commodities, demand.n_phases
    shapes = {"theta": (phases,), "rate": (n,), "load": (phases, fabric.n_links), "tightest": (n,), "finish": (n,)}
    for name, shape in (shapes | {"phase_time": (phases,)}).items():
        array = getattr(solution, name)
        assert array.shape == shape, f"law: {name} has shape {shape}; got {array.shape}"
        array = array.data if name == "load" else array
        assert np.isfinite(array).all(), f"law: a solution is complete; {name} is not finite"
        assert not array.flags.writeable, f"law: arrays are read-only; {name}"


def _check_bottlenecks(fabric: Fabric, solution: Solution) -> None:
    """Every commodity has a full link on which its rate is largest."""
    demand, columns = solution.demand, solution.routing.columns()
    if columns is None:
        return
    for phase in range(demand.n_phases):
        here = np.flatnonzero(demand.phase == phase)
        shares, rate, tight = columns[:, here].tocsr(), solution.rate[here], solution.tightest[here]
        top = (shares.astype(bool).astype(float).multiply(rate[np.newaxis, :])).max(axis=1).toarray().ravel()
        full = solution.load[[phase]].toarray()[0] >= fabric.capacity * (1 - 1e-9)
        assert full[tight].all(), "law: the bottleneck of a commodity is full"
        assert (rate >= top[tight] * (1 - 1e-9)).all(), "law: nobody is faster on a commodity's bottleneck"
