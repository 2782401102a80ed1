"""Packets of a fabric: headers, acknowledgements and whole packets at every hop, against packets sent one by one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.oracles import check_solution
from tests.small import leaf_spine
from topo.fabric import Fabric, NodeKind, Tier
from topo.flow import route, solve
from topo.generators import generate
from topo.packet import Packet, PacketError
from traffic.demand import Demand

PACKET = Packet(mtu=100, header=10)


def line(capacity, *, packet=PACKET, latency=0.0, launch=0.0):
    """Return endpoint 0, a row of leaves and endpoint 1, joined by cables of ``capacity`` (hops,)."""
    n = len(capacity) - 1
    return Fabric.from_cables(
        name="line",
        kind=[NodeKind.ENDPOINT] * 2 + [NodeKind.LEAF] * n,
        a=[0, *range(2, n + 1), n + 1],
        b=[2, *range(3, n + 2), 1],
        capacity=capacity,
        latency=latency,
        tier=[Tier.ENDPOINT, *[Tier.LOCAL] * (n - 1), Tier.ENDPOINT],
        packet=packet,
        launch=launch,
    )


def took(fabric, size, *, back=0.0):
    """Return when each of a message of ``size`` from 0 to 1, and of one of ``back`` the other way, has arrived."""
    ends = [(0, 1, size)] + [(1, 0, back)] * bool(back)
    src, dst, sizes = zip(*ends, strict=True)
    demand = Demand.of("there", 2, src=src, dst=dst, size=sizes)
    solution = solve(fabric, demand, route(fabric, demand, "ecmp"), "completion")
    check_solution(fabric, demand, solution)
    return solution.finish[demand.src.argsort()].tolist()


def sent_one_by_one(capacity, size, *, mtu, header, latency):
    """Return when the last packet arrives: each hop sends them in order, each once it has it whole."""
    payload = mtu - header
    packets = [payload] * int(size // payload) + [size % payload] * bool(size % payload)
    here = [0.0] * len(packets)
    for rate in capacity:
        free, there = 0.0, []
        for at, own in zip(here, packets, strict=True):
            free = max(free, at) + (own + header) / rate
            there.append(free + latency)
        here = there
    return here[-1]


@given(st.integers(1, 3000), st.integers(2, 7), st.integers(60, 400), st.integers(0, 50), st.floats(0, 5))
@settings(max_examples=60, deadline=None)
def test_a_lone_message_takes_as_long_as_its_packets(size, hops, mtu, header, latency):
    """Links of one rate: to rounding."""
    fabric = line([2.0] * hops, packet=Packet(mtu=mtu, header=header), latency=latency)
    packets = sent_one_by_one([2.0] * hops, size, mtu=mtu, header=header, latency=latency)
    assert took(fabric, size)[0] == pytest.approx(packets)


@given(st.integers(1, 3000), st.lists(st.floats(0.5, 10.0), min_size=2, max_size=6))
@settings(max_examples=60, deadline=None)
def test_links_of_many_rates(size, rates):
    """The slowest link counts the bytes; a short last packet is off by no more than its difference to a whole one."""
    packets = sent_one_by_one(rates, size, mtu=100, header=10, latency=0.0)
    off = took(line(rates), size)[0] - packets
    assert -1e-9 * packets <= off <= sum(100 / rate for rate in rates)


def test_headers_by_hand():
    """180 B are two packets of 100 B: 200 s on the wire at 1 B/s, and 100 s for a packet on the second of two hops."""
    assert took(line([1.0, 1.0]), 180.0) == [300.0]
    assert took(line([1.0, 1.0], packet=None), 180.0) == [180.0]


def test_one_byte_pays_its_header():
    assert took(line([1.0, 1.0]), 1.0) == [22.0]


def test_acknowledgements_take_their_share_of_the_way_back():
    """90 B each way and 10 B of answers: 110 B cross either direction of the cable, and a packet of 100 B one hop."""
    fabric = line([1.0, 1.0], packet=Packet(mtu=100, header=10, ack=10))
    assert took(fabric, 90.0, back=90.0) == pytest.approx([210.0, 210.0])
    assert took(fabric, 90.0) == pytest.approx([200.0])  # alone, the way back is free for them


def test_scale_up_links_carry_bytes_as_they_are():
    fabric = generate(
        "fat-tree-2", radix=4, endpoints_per_host=2, capacity=1.0, scale_up=1.0, packet=Packet(mtu=100, header=50)
    )
    demand = Demand.of("inside", 2, src=[0], dst=[1], size=[90.0])
    assert solve(fabric, demand, route(fabric, demand, "ecmp"), "completion").finish.tolist() == [90.0]


def test_rates_and_bounds_are_those_of_whole_links():
    """Only times hold packets: solvers of rates give what they give without."""
    plain, packets = (leaf_spine(), generate("fat-tree-2", radix=4, capacity=1.0, packet=PACKET))
    for fabric in (plain, packets):
        demand = Demand.of("shift", 4, src=range(4), dst=[1, 2, 3, 0], size=90.0)
        assert solve(fabric, demand, route(fabric, demand, "ecmp"), "max-min").rate.min() == pytest.approx(1.0)


def test_a_launch_comes_once():
    """Three runs of a phase follow one launch."""
    fabric = line([1.0, 1.0], packet=None, launch=7.0)
    demand = Demand.of("runs", 2, src=[0], dst=[1], size=[10.0], repeat=3)
    solution = solve(fabric, demand, route(fabric, demand, "ecmp"), "completion")
    assert (solution.started.tolist(), solution.completion_s) == ([7.0], 37.0)
    assert solve(fabric, demand, route(fabric, demand, "ecmp"), "max-min").completion_s == pytest.approx(30.0)


def test_failures_keep_the_packets():
    fabric = generate("fat-tree-2", radix=4, capacity=1.0, packet=PACKET, launch=1.0)
    survivor = fabric.without(cables=[fabric.n_cables - 1])
    assert (survivor.packet, survivor.launch) == (PACKET, 1.0)


@pytest.mark.parametrize(
    ("sizes", "says"),
    [
        ({"mtu": 64, "header": 64}, "mtu 64 B must exceed header 64 B"),
        ({"mtu": np.inf, "header": 64}, "must exceed"),
        ({"mtu": 100, "header": -1}, "must exceed"),
        ({"mtu": 100, "header": 1, "ack": 101}, "ack 101 B must lie between 0 and the mtu"),
    ],
)
def test_packets_that_cannot_be(sizes, says):
    with pytest.raises(PacketError, match=says):
        Packet(**sizes)
