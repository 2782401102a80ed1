"""Relays through hosts, worked out by hand on two planes."""

from __future__ import annotations

import numpy as np
import pytest

import traffic
from tests import small
from tests.oracles import check_routing
from topo.fabric import RELAYS, Fabric, Tier
from topo.failures import reachable
from topo.flow import solve
from topo.generators import GeneratorError, generate
from topo.routing import NotConnected
from topo.routing.split import ecmp
from traffic.demand import Demand, GroupedDemand


def links_used(fabric: Fabric, src: int, dst: int) -> dict[tuple[int, int], float]:
    demand = Demand.of("one", fabric.n_endpoints, src=[src], dst=[dst], size=1.0)
    load = ecmp(fabric, demand).load(np.ones(1))
    ends = zip(fabric.tail.tolist(), fabric.head.tolist(), load.tolist(), strict=True)
    return {(tail, head): share for tail, head, share in ends if share}


def nodes(fabric: Fabric, src: int, dst: int) -> set[int]:
    return {head for _, head in links_used(fabric, src, dst)} | {src}


def test_source_relay_goes_over_the_neighbour_on_the_destinations_plane() -> None:
    """Endpoint 0 (plane 0) to 7 (plane 1): scale-up to 1, then plane 1."""
    fabric = small.planes()
    used = links_used(fabric, 0, 7)
    assert all(share == 1.0 for share in used.values())
    assert {0, 1, 7} == {n for n in nodes(fabric, 0, 7) if n < 8}


def test_destination_relay_mirrors_it() -> None:
    """Endpoint 0 to 7: plane 0 to endpoint 6, then scale-up."""
    fabric = small.planes(relay="destination")
    assert {0, 6, 7} == {n for n in nodes(fabric, 0, 7) if n < 8}


def test_split_relay_is_half_of_each() -> None:
    """Half the traffic leaves by either neighbour."""
    fabric = small.planes(relay="split")
    used = links_used(fabric, 0, 7)
    assert {0, 1, 6, 7} == {n for n in nodes(fabric, 0, 7) if n < 8}
    assert {share for (tail, _), share in used.items() if fabric.kind[tail] >= 2} == {0.5}


@pytest.mark.parametrize(("src", "dst"), [(0, 7), (0, 6)])
def test_spread_uses_every_nic_of_both_hosts(src, dst) -> None:
    """Each of two NICs carries half, for a pair on one plane as for a pair on two."""
    fabric = small.planes(relay="spread")
    used = links_used(fabric, src, dst)
    ports = {ends: share for ends, share in used.items() if max(ends) >= 12}  # switches are nodes from 12 on
    assert {0, 1, 6, 7} == {n for n in nodes(fabric, src, dst) if n < 8}
    assert set(ports.values()) == {0.5}


def test_spread_pairs_rails_and_evens_out_what_is_left() -> None:
    """Four NICs a host on two planes: first with first; where one failed, a plane carries what its fewer NICs can."""
    fabric = small.planes(relay="spread", per_host=4)
    used = links_used(fabric, 0, 12)
    leaving = {tail: share for (tail, head), share in used.items() if tail < 16 and fabric.kind[head] >= 2}
    assert leaving == dict.fromkeys(range(4), 0.25)
    lost = fabric.cable[(fabric.tail == 0) & (fabric.tier == Tier.ENDPOINT)]
    used = links_used(fabric.without(cables=lost), 0, 12)
    leaving = {tail: share for (tail, head), share in used.items() if tail < 16 and fabric.kind[head] >= 2}
    arriving = {head: share for (tail, head), share in used.items() if head < 16 and fabric.kind[tail] >= 2}
    assert leaving == pytest.approx(dict.fromkeys((1, 2, 3), 1 / 3))
    assert arriving == pytest.approx({12: 1 / 6, 14: 1 / 6, 13: 1 / 3, 15: 1 / 3})


@pytest.mark.parametrize("pattern", ["shift", "permutation", "incast"])
def test_spread_never_does_worse_than_another_relay_on_single_planes(pattern) -> None:
    """All NICs of both domains carry: a bound for relays of any kind is reached where switches do not limit."""
    demand = traffic.offer(pattern, n_ranks=8, ranks_per_host=2, bytes=1.0)
    theta = {}
    for relay in RELAYS[:4]:
        fabric = small.planes(relay=relay)
        theta[relay] = solve(fabric, demand, ecmp(fabric, demand)).overall_theta
    assert theta["spread"] >= max(theta.values()) * (1 - 1e-12)


def test_no_relay_leaves_planes_apart() -> None:
    """relay=none: traffic inside a plane or a host flows, across planes there is no path."""
    fabric = small.planes(relay="none")
    assert links_used(fabric, 0, 6) and links_used(fabric, 0, 1)
    with pytest.raises(NotConnected, match=r"endpoint 0 to endpoint 7: .* relay is 'none'"):
        links_used(fabric, 0, 7)
    with pytest.raises(NotConnected, match="relay is 'none'"):
        ecmp(fabric, GroupedDemand.of("uniform", label=np.zeros(8), size=1.0))


def test_without_scale_up_planes_are_apart() -> None:
    """Cross-plane pairs of hosts without scale-up links are not connected, and the message names one."""
    with pytest.raises(NotConnected, match=r"endpoint 0 to endpoint 7: .* give hosts a scale-up switch"):
        links_used(small.planes(scale_up=None), 0, 7)


def test_a_host_keeps_its_traffic() -> None:
    """Endpoints of one host talk over its scale-up switch only."""
    fabric = small.planes()
    assert len(links_used(fabric, 0, 1)) == 2
    assert set(fabric.tier[ecmp(fabric, Demand.of("in", 8, src=[0], dst=[1], size=1)).load(np.ones(1)) > 0]) == {
        Tier.SCALE_UP
    }


def without_ports(fabric: Fabric, *ends: int) -> Fabric:
    ports = np.isin(fabric.tail, ends) & (fabric.tier == Tier.ENDPOINT)
    return fabric.without(cables=fabric.cable[ports])


@pytest.mark.parametrize("relay", ["source", "destination", "split"])
@pytest.mark.parametrize(("lost", "planes"), [((5, 11), 4), ((5, 11, 0), 4), ((5, 11, 12), 4), ((5, 11, 3, 13), 4)])
def test_both_sides_relay_where_neither_can_alone(relay, lost, planes) -> None:
    """Sender on plane 3, receiver on plane 1, hosts of 4 on 4 planes, each without a NIC on the other's plane.

    Planes on which both hosts still have a NIC carry it evenly; one that lost its own port is no exception.
    """
    fabric = without_ports(small.planes(per_host=4, planes=planes, relay=relay), *lost)
    src, dst = 7, 9  # hosts 1 (endpoints 4 to 7) and 2 (8 to 11)
    used = links_used(fabric, src, dst)
    leaving = {tail: share for (tail, head), share in used.items() if tail < 16 and fabric.kind[head] >= 2}
    arriving = {head: share for (tail, head), share in used.items() if head < 16 and fabric.kind[tail] >= 2}
    assert leaving == pytest.approx({4: 0.5, 6: 0.5})
    assert arriving == pytest.approx({8: 0.5, 10: 0.5})


@pytest.mark.parametrize("relay", ["source", "destination", "split", "none"])
@pytest.mark.parametrize("seed", range(3))
def test_grouped_relays_are_those_of_the_pairs(relay, seed) -> None:
    """Half the ports gone: all-to-all inside groups loads every link as its listed pairs do."""
    fabric = small.planes(per_host=4, planes=2 if seed else 4, relay=relay)
    random = np.random.default_rng(seed)
    fabric = without_ports(fabric, *random.choice(16, 8, replace=False))
    demand = GroupedDemand.of("groups", label=random.integers(0, 2, 16), size=1.0)
    left = reachable(fabric, demand.listed()).demand
    try:
        load = ecmp(fabric, demand).load(np.ones(1))
    except NotConnected:
        assert left.n_commodities < demand.pairs.sum()
        return
    assert left.n_commodities == demand.pairs.sum()
    assert load == pytest.approx(ecmp(fabric, left).load(np.ones(left.n_commodities)), rel=1e-12, abs=1e-9)


def test_a_lost_port_is_served_by_all_nics_of_the_host() -> None:
    """Six endpoints a host on one plane; endpoint 0 lost its port: five NICs carry a fifth each."""
    fabric = small.planes(per_host=6, planes=1)
    port = int(fabric.cable[(fabric.tail == 0) & (fabric.tier == Tier.ENDPOINT)][0])
    fabric = fabric.without(cables=[port])
    used = links_used(fabric, 0, 23)
    nics = {tail: share for (tail, head), share in used.items() if tail < 24 and fabric.kind[head] >= 2}
    assert nics == pytest.approx(dict.fromkeys(range(1, 6), 0.2))


def test_the_other_side_relays_where_a_nic_is_gone() -> None:
    """Host 0 has no NIC on plane 1 any more: its traffic to plane 1 goes over plane 0 and the receiver's host."""
    fabric = small.planes()
    port = int(fabric.cable[(fabric.tail == 1) & (fabric.tier == Tier.ENDPOINT)][0])
    fabric = fabric.without(cables=[port])
    assert {0, 6, 7} == {n for n in nodes(fabric, 0, 7) if n < 8}
    assert {1, 0, 6, 7} == {n for n in nodes(fabric, 1, 7) if n < 8}


@pytest.mark.parametrize("relay", ["source", "destination", "split"])
def test_a_pair_without_a_way_divides_nothing_by_nothing(relay) -> None:
    """Without scale-up links no relay reaches the other plane: refused, without a warning of numpy."""
    fabric = small.planes(scale_up=None, relay=relay)
    demand = Demand.of("one", 8, src=[0], dst=[5], size=1.0)
    with np.errstate(all="raise"), pytest.raises(NotConnected, match="from endpoint 0 to endpoint 5"):
        ecmp(fabric, demand)


def test_of_pairs_that_no_nics_join_the_first_is_named() -> None:
    """Without scale-up links a domain is one endpoint: even ones are on the first plane, odd ones on the second."""
    fabric = small.planes(scale_up=None, relay="spread")
    demand = Demand.of("two", 8, src=[0, 0, 2], dst=[2, 5, 7], size=1.0)
    with pytest.raises(NotConnected, match="from endpoint 0 to endpoint 5"):
        ecmp(fabric, demand)


def test_a_multi_port_endpoint_sprays_over_its_planes() -> None:
    """Two ports, two planes, half each; a lost port leaves the other."""
    fabric = small.planes(multi_port=True, scale_up=None)
    used = links_used(fabric, 0, 7)
    assert sorted(share for (tail, _), share in used.items() if tail == 0) == [0.5, 0.5]
    fabric = fabric.without(cables=[int(fabric.cable[fabric.first[0]])])
    used = links_used(fabric, 0, 7)
    assert [share for (tail, _), share in used.items() if tail == 0] == [1.0]
    assert [share for (_, head), share in used.items() if head == 7] == [1.0]


@pytest.mark.parametrize("relay", ["source", "destination", "split", "spread"])
def test_relays_go_by_domain_not_by_host(relay):
    """Trays of two in domains of four on four planes: the NIC of another tray carries, rails stay those of the tray."""
    given = {"radix": 4, "planes": 4, "endpoints_per_host": 2, "scale_up": 4.0, "capacity": 1.0, "relay": relay}
    fabric = generate("fat-tree-2", scale_up_domain=4, **given)
    demand = Demand.of("pair", fabric.n_endpoints, src=[0, 0], dst=[3, 7], size=[1.0, 1.0])
    routing = ecmp(fabric, demand)
    check_routing(fabric, demand, routing)
    inside, across = routing.load(np.array([1.0, 0.0])), routing.load(np.array([0.0, 1.0]))
    assert not inside[fabric.tier != Tier.SCALE_UP].any() and inside.sum() == 2.0
    ports = (fabric.tier == Tier.ENDPOINT) & (fabric.tail < fabric.n_endpoints)
    carried = np.bincount(fabric.tail[ports], across[ports], fabric.n_endpoints)
    expected = {"source": {3: 1.0}, "destination": {0: 1.0}, "split": {0: 0.5, 3: 0.5}}
    assert dict(enumerate(carried)) == {
        e: 0.25 * (e < 4) if relay == "spread" else expected[relay].get(e, 0.0) for e in range(fabric.n_endpoints)
    }
    with pytest.raises(GeneratorError, match="divides endpoints_per_host"):
        generate("fat-tree-2", **given)
