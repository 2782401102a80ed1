"""Who gets which hosts: no rank twice, whole hosts or whole rails, stated hosts first."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from topo.config.placing import ORDERS, by_plane, by_rail, contiguous, handed_out, random
from traffic import DemandError


@given(
    hosts=st.integers(2, 30),
    per_host=st.sampled_from([1, 2, 4, 8]),
    kind=st.sampled_from(sorted(ORDERS)),
    sizes=st.lists(st.integers(1, 4), min_size=1, max_size=6),
    pinned=st.integers(0, 5),
)
@settings(max_examples=60, deadline=None)
def test_jobs_get_what_they_want_and_no_rank_twice(hosts, per_host, kind, sizes, pinned):
    n = hosts * per_host
    where = {"n_ranks": n} | ({"planes": per_host} if kind == "by-plane" else {"ranks_per_host": per_host})
    order = ORDERS[kind](**where)
    assert sorted(order.ranks.tolist()) == list(range(n))
    stated = np.arange(per_host) + min(pinned, hosts - 1) * per_host
    wanted = [stated, *(size * per_host for size in sizes)]
    names = [f"j{i}" for i in range(len(wanted))]
    if sum(sizes) + 1 > hosts:
        with pytest.raises(DemandError, match="are free"):
            handed_out(order, wanted, names, n_ranks=n)
        return
    jobs = handed_out(order, wanted, names, n_ranks=n)
    assert jobs[0].tolist() == stated.tolist()
    assert len(np.unique(np.concatenate(jobs))) == sum(map(len, jobs))
    assert [len(ranks) for ranks in jobs[1:]] == wanted[1:]
    if order.whole:
        for ranks in jobs:
            assert (np.bincount(ranks // per_host)[np.unique(ranks // per_host)] == per_host).all(), "law: whole hosts"
            assert (np.diff(ranks) > 0).all(), "law: ranks go by number"


def test_by_rail_and_by_plane_keep_a_job_on_as_few_as_hold_it():
    rails = handed_out(by_rail(n_ranks=64, ranks_per_host=8), [8, 4, 8], ["a", "b", "c"], n_ranks=64)
    assert [sorted(set((ranks % 8).tolist())) for ranks in rails] == [[0], [1], [1, 2]]
    planes = handed_out(by_plane(n_ranks=64, planes=4), [16, 16], ["a", "b"], n_ranks=64)
    assert [set((ranks % 4).tolist()) for ranks in planes] == [{0}, {1}]
    with pytest.raises(DemandError, match="a port on every plane"):
        by_plane(n_ranks=8, planes=0)


def test_equal_seeds_hand_out_equal_hosts():
    one, two, other = (random(n_ranks=256, ranks_per_host=8, seed=seed).ranks for seed in (5, 5, 6))
    assert (one == two).all() and (one != other).any()


def test_contiguous_is_by_number_and_leaves_a_part_of_a_host():
    assert contiguous(n_ranks=11, ranks_per_host=4).ranks.tolist() == list(range(8))
