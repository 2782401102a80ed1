"""Demands against alpha-beta: steps counted, and bytes of the busiest port."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from traffic import DemandError, offer
from traffic.closed_forms import all_to_all_bound, allreduce_time, bus_bandwidth, ring_time


def port_time(demand, alpha, beta):
    """Phase after phase, each as slow as its busiest port, on a non-blocking fabric without scale-up links."""
    time = 0.0
    for phase, repeat in enumerate(demand.repeat):
        mine = demand.phase == phase
        busiest = max(np.bincount(rank[mine], demand.size[mine]).max() for rank in (demand.src, demand.dst))
        time += repeat * (alpha + busiest * beta)
    return time


@given(st.sampled_from(["ring", "tree", "halving-doubling"]), st.integers(1, 6), st.integers(64, 2**34))
@settings(deadline=None, max_examples=40)
def test_allreduce_is_alpha_beta(algorithm, log, size):
    n = 2**log
    pattern = offer("allreduce", n_ranks=n, ranks_per_host=1, algorithm=algorithm, bytes=size)
    expected = allreduce_time(algorithm, n=n, size=size, alpha=2e-6, beta=2e-11)
    assert port_time(pattern, 2e-6, 2e-11) == pytest.approx(expected)


@pytest.mark.parametrize(("nic", "scale_up"), [(50e9, 200e9), (50e9, 900e9)])
def test_rings_on_all_ranks_of_full_hosts(nic, scale_up):
    ring = offer("allreduce", n_ranks=64, bytes=2**30)
    inside = ring.src // 8 == ring.dst // 8
    legs = [np.bincount(ring.src[leg], ring.size[leg]).max() * ring.repeat[0] for leg in (~inside, inside)]
    time = max(legs[0] / nic, legs[1] / scale_up)
    assert time == pytest.approx(ring_time(n=64, size=2**30, passes=2, channels=8, nic=nic, scale_up=scale_up))


def test_busbw_of_a_ring_is_the_rate_of_the_port():
    seconds = allreduce_time("ring", n=64, size=2**30, beta=1 / 50e9)
    assert bus_bandwidth("allreduce", n=64, size=2**30, seconds=seconds) == pytest.approx(50e9)
    with pytest.raises(DemandError, match="did you mean allreduce"):
        bus_bandwidth("all-reduce-", n=2, size=1, seconds=1)


def test_all_to_all_cannot_beat_its_bound():
    """Bytes that leave the host, over the NIC: algbw is B n / (n - 8) at most."""
    pattern = offer("all-to-all", n_ranks=32, bytes=2**27).listed()
    crossing = pattern.src // 8 != pattern.dst // 8
    seconds = np.bincount(pattern.src[crossing], pattern.size[crossing]).max() / 50e9
    assert 2**27 / seconds == pytest.approx(all_to_all_bound(n=32, ranks_per_host=8, nic=50e9))
