"""A training step as phases, against counts by hand for DeepSeek-V3."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.oracles import check_demand
from traffic import DemandError
from traffic.figures import dense_parameters
from traffic.model import Model
from traffic.training import training_step


def test_deepseek_v3_on_2048_ranks():
    """PP16 x EP64 x ZeRO-1: four MoE layers in the fullest stage, forward and backward, in under two seconds."""
    started = time.perf_counter()
    job = training_step(n_ranks=2048, pp=16, ep=64, micro_batches=120, node_limit=4)
    assert time.perf_counter() - started < 2
    check_demand(job)
    runs = dict(zip(job.phase_names, job.repeat.tolist(), strict=True))
    assert runs["dispatch"] == runs["combine"] == 2 * 120 * 4
    assert runs["pipeline forward"] == runs["pipeline backward"] == 120
    assert runs["dense reduce-scatter"] == 127
    assert runs["experts all-gather"] == 1
    stage = job.src // 128 == job.dst // 128
    piped = np.isin(job.phase, [job.phase_names.index(f"pipeline {way}") for way in ("forward", "backward")])
    assert (stage != piped).all(), "only the pipeline crosses stages"
    assert set(np.unique(job.size[piped])) == {4096 * 7168 * 2}


def test_gradients_move_every_parameter_once_each_way():
    """Reduce-scatter in FP32 and all-gather in BF16: (n - 1)/n x 6 bytes of all dense parameters."""
    job = training_step(n_ranks=8, ranks_per_host=1, ep=8, experts=False, pipeline=False)
    assert job.phase_names == ("dense reduce-scatter", "dense all-gather")
    np.testing.assert_allclose(job.sent(), dense_parameters(Model.of(None)) * 6 * 7 / 8)


@given(st.sampled_from([1, 2, 4]), st.sampled_from([1, 2, 4]), st.integers(1, 4), st.sampled_from([4, 8]))
@settings(max_examples=20, deadline=None)
def test_laws_over_layouts(tp, pp, micro_batches, p):
    job = training_step(n_ranks=64, tp=tp, pp=pp, micro_batches=micro_batches, ranks_per_host=p)
    check_demand(job)
    assert ("tensor" in job.phase_names) == (tp > 1)
    assert ("pipeline forward" in job.phase_names) == (pp > 1)


def test_what_one_rank_holds_alone_is_not_reduced():
    """Eight experts' ranks are a whole stage, so each expert is held once; dense parameters by all eight."""
    job = training_step(n_ranks=16, pp=2, ep=8)
    assert job.phase_names[4:] == ("dense reduce-scatter", "dense all-gather")


def test_parts_that_are_overlapped_are_left_out():
    job = training_step(n_ranks=32, pp=2, pipeline=False, gradients=False)
    assert job.phase_names == ("dispatch", "combine")


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"pp": 3}, "pp=3 does not divide 64 ranks; .* 63 or 66"),
        ({"pp": 2, "tp": 5}, "30 or 35 ranks of a stage"),
        ({"pp": 2, "tp": 4, "cp": 16}, "cp=16 does not divide 8 tensor groups of a stage"),
        ({"pp": 2, "ep": 64}, "64 ranks hold 1 groups of it, fewer than the 2 stages"),
        ({"micro_batches": 0}, "micro_batches"),
        ({"pp": 64, "pipeline": False, "gradients": False}, "nothing is sent"),
    ],
)
def test_what_is_refused_and_why(params, message):
    with pytest.raises(DemandError, match=message):
        training_step(n_ranks=64, **params)


def step_of(**how):
    """The step and its solution on 32 endpoints of a tree that does not block."""
    from topo.flow import route, solve
    from topo.generators import generate

    fabric = generate("fat-tree-2", capacity=50e9, radix=16, endpoints=32, scale_up=200e9)
    demand = training_step(n_ranks=32, pp=2, ep=16, micro_batches=4, tokens=512, **how)
    return solve(fabric, demand, route(fabric, demand, "ecmp"), "completion").completion_s


def test_exposed_parts_add_to_the_computation_and_its_bubble():
    """1F1B: (pp - 1) / micro_batches = 1/4 of the computation more."""
    assert step_of(compute_s=3.0) == pytest.approx(3.0 * 1.25 + step_of())


@pytest.mark.parametrize("compute_s", [1e-6, 1e-3, 10.0])
def test_overlapped_parts_cost_only_what_outlasts_the_computation(compute_s):
    every = dict.fromkeys(("experts", "pipeline", "gradients"), "overlapped")
    assert step_of(compute_s=compute_s, **every) == pytest.approx(max(1.25 * compute_s, step_of()))
    experts = step_of(pipeline=False, gradients=False)
    rest = step_of(experts=False)
    mixed = step_of(compute_s=compute_s, experts="overlapped")
    assert mixed == pytest.approx(max(1.25 * compute_s, experts) + rest)


def test_overlap_without_computation_is_refused():
    with pytest.raises(DemandError, match="compute_s is 0"):
        step_of(experts="overlapped")
    with pytest.raises(DemandError, match="compute_s must be"):
        step_of(compute_s=-1.0)
