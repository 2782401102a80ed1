"""Efficiency curves: where they are straight, where they are constant, and what a demand takes of them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from traffic.closed_forms import all_to_all_bound, allreduce_time, ring_time
from traffic.collectives import all_gather, all_to_all, allreduce, reduce_scatter
from traffic.demand import Demand, DemandError
from traffic.efficiency import Curve, Efficiency, operations_of
from traffic.exchange import exchange, picks
from traffic.jobs import Job, together
from traffic.model import Model
from traffic.operation import Operation
from traffic.training import training_step

MIB = 2.0**20
TWO = Curve((16 * MIB, 64 * MIB), (0.2, 0.6))


@st.composite
def curves(draw):
    n = draw(st.integers(1, 5))
    sizes = sorted(draw(st.sets(st.floats(1.0, 1e12), min_size=n, max_size=n)))
    return Curve(tuple(sizes), tuple(draw(st.floats(0.01, 1.0)) for _ in sizes))


@given(curve=curves(), size=st.floats(1e-3, 1e15))
def test_a_share_lies_between_its_neighbours_by_the_logarithm(curve, size):
    """The oracle: the entries on both sides, weighted by hand."""
    below = [i for i, entry in enumerate(curve.sizes) if entry <= size]
    above = [i for i, entry in enumerate(curve.sizes) if entry > size]
    if not below or not above:
        assert curve.at(size) == pytest.approx(curve.shares[above[0] if above else below[-1]])
        return
    a, b = below[-1], above[0]
    weight = np.log(size / curve.sizes[a]) / np.log(curve.sizes[b] / curve.sizes[a])
    assert curve.at(size) == pytest.approx(curve.shares[a] * (1 - weight) + curve.shares[b] * weight)


def test_entries_middle_and_ends():
    assert [TWO.at(size * MIB) for size in (1, 16, 32, 64, 1e6)] == pytest.approx([0.2, 0.2, 0.4, 0.6, 0.6])
    assert TWO.rises and not Curve((1.0, 2.0), (0.9, 0.8)).rises
    assert TWO.holds(16 * MIB) and not TWO.holds(MIB) and Curve((1.0,), (0.5,)).holds(1e9)


def test_numbers_of_hosts_are_interpolated_too():
    both = Efficiency({"allreduce": {1: Curve((1.0,), (0.8,)), 4: TWO}})
    share = lambda hosts: both.share(Operation("allreduce", 32 * MIB, hosts))  # noqa: E731
    assert [share(hosts) for hosts in (1, 2, 4, 100)] == pytest.approx([0.8, 0.6, 0.4, 0.4])
    assert both.holds(Operation("allreduce", 32 * MIB, 2))
    assert not both.holds(Operation("allreduce", 32 * MIB, 8)) and not both.holds(Operation("allreduce", MIB, 2))
    assert both.share(Operation("all-gather", 1.0, 1)) == both.share(None) == 1.0


@pytest.mark.parametrize(
    ("sizes", "shares", "says"),
    [
        ((), (), "at least one size"),
        ((1.0,), (), "one share a size"),
        ((2.0, 1.0), (0.1, 0.2), "must be positive and ascend"),
        ((0.0, 1.0), (0.1, 0.2), "must be positive and ascend"),
        ((1.0, float("inf")), (0.1, 0.2), "must be positive and ascend"),
        ((1.0,), (0.0,), "above 0 and at most 1; got 0.0"),
        ((1.0, 2.0), (0.5, 1.2), "at most 1; got 1.2"),
    ],
)
def test_what_is_no_curve(sizes, shares, says):
    with pytest.raises(DemandError, match=says):
        Curve(sizes, shares)


def test_collectives_say_what_they_are():
    where = {"n_ranks": 16, "ranks_per_host": 4, "bytes": 1e6}
    for name, pattern in (("all-gather", all_gather), ("reduce-scatter", reduce_scatter), ("allreduce", allreduce)):
        for algorithm in ("ring", "halving-doubling", "hierarchical"):
            demand = pattern(**where, algorithm=algorithm)
            assert set(operations_of(demand)) == {Operation(name, 1e6, 4)}, (name, algorithm)
            assert len(operations_of(demand)) == demand.n_phases
    assert operations_of(all_to_all(**where)) == (Operation("all-to-all", 1e6, 4),)
    assert operations_of(all_to_all(**where).listed()) == (Operation("all-to-all", 1e6, 4),)
    assert operations_of(all_to_all(**where, ep=8)) == (Operation("all-to-all", 1e6, 2),)
    assert set(operations_of(all_to_all(**where, algorithm="hierarchical"))) == {Operation("all-to-all", 1e6, 4)}
    assert set(operations_of(allreduce(**where, ranks_per_domain=8))) == {Operation("allreduce", 1e6, 2)}


def test_an_exchange_counts_all_copies_of_the_tokens_of_a_rank():
    figures = Model.of(None)
    sampler = picks(model=figures, ep=16)
    phases = exchange(sampler, figures, members=np.arange(16)[None], tokens=128)
    assert [phase.operation for phase in phases] == [
        Operation("all-to-all", 128 * 8 * figures.dispatch_bytes, 2),
        Operation("all-to-all", 128 * 8 * figures.combine_bytes, 2),
    ]


def test_a_training_step_names_its_collectives():
    demand = training_step(n_ranks=64, tp=2, pp=2, ep=16, tokens=64)
    said = dict(zip(demand.phase_names, operations_of(demand), strict=True))
    assert said["tensor"].name == "all-gather" and said["tensor"].hosts == 1
    assert said["dispatch"].name == said["combine"].name == "all-to-all"
    assert said["dense reduce-scatter"].name == "reduce-scatter" and said["dense reduce-scatter"].hosts == 4
    assert said["pipeline forward"] is None


def test_jobs_keep_them():
    job = Job("a", allreduce(n_ranks=4, bytes=1e6), np.arange(4), start=1.0)
    both = together([job, Job("b", all_to_all(n_ranks=4, bytes=2e6), np.arange(4, 8))], n_ranks=8)
    kept = [operation.name for operation in operations_of(both) if operation]
    assert operations_of(both)[0] is None and set(kept) == {"allreduce", "all-to-all"}


def test_one_operation_a_phase():
    with pytest.raises(DemandError, match="2 operations for 1 phases"):
        Demand.of("x", 2, src=0, dst=1, size=1.0, operations=(None, None))


def test_closed_forms_scale_what_bytes_take_and_not_latency():
    ring = {"n": 8, "size": 1e9, "beta": 1e-9}
    assert allreduce_time("ring", **ring, efficiency=0.5) == pytest.approx(2 * allreduce_time("ring", **ring))
    late = allreduce_time("ring", **ring, alpha=1e-6, efficiency=0.5)
    assert late == pytest.approx(2 * allreduce_time("ring", **ring) + 14e-6)
    rings = {"n": 16, "size": 1e9, "passes": 2, "channels": 8, "nic": 50e9, "scale_up": 200e9}
    assert ring_time(**rings, efficiency=0.8) == pytest.approx(ring_time(**rings) / 0.8)
    assert all_to_all_bound(n=16, ranks_per_host=8, nic=50e9, efficiency=0.67) == pytest.approx(67e9)
