"""Bubbles as reports print them, against a schedule that is played through; overlap that follows micro-batches."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.oracles import check_demand
from tests.traffic.configs import DEEPSEEK, LLAMA
from traffic import DemandError
from traffic.schedules import SCHEDULES, bubble_s, kept, paired
from traffic.training import training_step


def played(pp: int, m: int) -> tuple[float, list[int]]:
    """Return the end of 1F1B (F = 1, B = 2) by playing it, and how many micro-batches each stage holds at most."""
    orders = []
    for p in range(pp):
        ahead = min(pp - p, m)
        order = [("F", i) for i in range(ahead)]
        for i in range(m):
            order += [("B", i)] + ([("F", i + ahead)] if i + ahead < m else [])
        orders.append(order)
    ended: dict[tuple[str, int, int], float] = {}
    clock, at = [0.0] * pp, [0] * pp
    while any(at[p] < len(orders[p]) for p in range(pp)):
        for p in range(pp):
            if at[p] == len(orders[p]):
                continue
            kind, i = orders[p][at[p]]
            before = ("F", i, p - 1) if kind == "F" else ("B", i, p + 1)
            free = before[2] in (-1, pp)
            if free or before in ended:
                start = max(clock[p], 0.0 if free else ended[before])
                ended[kind, i, p] = clock[p] = start + (1 if kind == "F" else 2)
                at[p] += 1
    return max(clock), [max(np.cumsum([1 if kind == "F" else -1 for kind, _ in order])) for order in orders]


@given(st.integers(1, 6), st.integers(1, 12))
@settings(max_examples=25, deadline=None)
def test_1f1b_is_what_playing_it_gives(pp, m):
    end, held = played(pp, m)
    assert end == pytest.approx(3 * m + bubble_s("1f1b", compute_s=3.0 * m, pp=pp, micro_batches=m))
    assert held[0] == kept("1f1b", pp=pp, micro_batches=m)


@pytest.mark.parametrize(
    ("schedule", "chunks", "printed"),
    [
        ("1f1b", 1, lambda pp, f, b, w: (pp - 1) * (f + b)),
        ("interleaved", 2, lambda pp, f, b, w: (pp - 1) * (f + b) / 2),
        ("zb1p", 1, lambda pp, f, b, w: (pp - 1) * (f + b - 2 * w)),
        ("dualpipe", 1, lambda pp, f, b, w: (pp / 2 - 1) * (f + b + b - 3 * w)),
    ],
)
def test_bubbles_as_they_are_printed(schedule, chunks, printed):
    """DeepSeek-V3 report, table 2; interleaved: arXiv 2104.04473, section 2.2.2."""
    found = bubble_s(schedule, compute_s=3.0 * 32, pp=8, micro_batches=32, chunks=chunks)
    assert found == pytest.approx(printed(8, 1.0, 2.0, 1.0))


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_more_micro_batches_leave_less_alone(schedule):
    chunks = 2 if schedule == "interleaved" else 1
    shares = [paired(schedule, pp=8, micro_batches=m, chunks=chunks) for m in (16, 32, 64, 128)]
    assert shares == sorted(shares)
    assert 0 <= shares[0] < shares[-1] < 1


@pytest.mark.parametrize(
    ("schedule", "chunks", "passes"),
    [("1f1b", 1, 3), ("zb1p", 1, 3), ("interleaved", 2, 6 + 4), ("interleaved", 4, 6 + 12)],
)
def test_passes_before_the_first_backward_have_nothing_beside(schedule, chunks, passes):
    """Four stages: the first warms up with pp - 1 passes; with 2 (pp - 1) + (chunks - 1) pp of chunks in Megatron."""
    assert paired(schedule, pp=4, micro_batches=8, chunks=chunks) == pytest.approx(1 - passes / (8 * chunks))


def test_dualpipe_pairs_as_its_schedule_does():
    """Steps 4 and 5 of the published schedule, on the first of 8 ranks with 32 micro-batches."""
    pp, half, rank = 8, 16, 0
    pairs = 2 * (half - pp + rank + 1) + (pp // 2 - rank - 1)
    assert paired("dualpipe", pp=8, micro_batches=32) == pytest.approx(pairs / 32)


def times(**params):
    where = {"n_ranks": 64, "ranks_per_host": 8, "model": DEEPSEEK, "pp": 4, "ep": 16, "micro_batches": 16}
    job = training_step(**where | params)
    if not job.compute_s.size:  # a phase that computes alone is empty
        check_demand(job)
    return job


def test_a_scheduled_part_is_divided_between_pairs_and_ramp():
    job = times(experts="scheduled", gradients="scheduled", compute_s=16.0)
    runs = dict(zip(job.phase_names, job.repeat.tolist(), strict=True))
    share = paired("1f1b", pp=4, micro_batches=16)
    assert runs["dispatch, hidden"] + runs["dispatch"] == times().repeat[0]
    assert runs["dispatch, hidden"] == int(share * times().repeat[0])
    computed = dict(zip(job.phase_names, job.compute_s.tolist(), strict=True))
    assert computed["computation"] == pytest.approx(16 * share)
    assert computed["computation of the last micro-batch"] == pytest.approx(1.0)
    assert sum(job.compute_s) == pytest.approx(16 + job.about.bubble_s)
    assert runs["pipeline forward"] == 16, "what is not scheduled stays exposed"


@pytest.mark.parametrize(("schedule", "chunks"), [("1f1b", 1), ("zb1p", 1), ("dualpipe", 1), ("interleaved", 2)])
def test_bytes_do_not_depend_on_what_hides(schedule, chunks):
    layout = {"schedule": schedule, "chunks": chunks, "model": DEEPSEEK | {"num_hidden_layers": 16}}
    exposed, hidden = times(**layout), times(**layout, experts="scheduled", pipeline="scheduled", compute_s=1.0)
    np.testing.assert_allclose(hidden.sent(), exposed.sent())


@pytest.mark.parametrize("chunks", [2, 3])
def test_interleaved_stages_send_every_chunk_round(chunks):
    """By hand: 16 micro-batches over 3 gaps of 4 stages of 16 ranks, both ways; each further chunk closes the ring."""
    parts = {"experts": False, "gradients": False}
    model = DEEPSEEK | {"num_hidden_layers": 4 * chunks}
    plain, rounds = times(**parts), times(**parts, schedule="interleaved", chunks=chunks, model=model)
    size = 4096 * 256 * 2
    assert plain.sent().sum() == 2 * 16 * 3 * 16 * size
    assert rounds.sent().sum() == plain.sent().sum() + (chunks - 1) * 2 * 16 * 4 * 16 * size


def test_dualpipe_sends_as_much_both_ways():
    one, both = (times(experts=False, gradients=False, schedule=how) for how in ("1f1b", "dualpipe"))
    assert both.sent().sum() == one.sent().sum()


def test_zero_moves_gradients_and_parameters_as_often_as_it_divides_them():
    """Reduce-scatter once or every micro-batch; all-gather once, or of stage 3 forward and backward every one."""
    base = {"n_ranks": 8, "ranks_per_host": 1, "model": LLAMA, "micro_batches": 5}
    sent = [training_step(**base, zero=zero).sent()[0] for zero in (1, 2, 3)]
    matrix = sent[0] / (4 + 2)
    assert sent == pytest.approx([6 * matrix, (5 * 4 + 2) * matrix, (5 * 4 + 10 * 2) * matrix])


def test_context_groups_pass_keys_and_values_three_times():
    job = training_step(n_ranks=8, ranks_per_host=8, model=LLAMA, cp=4, micro_batches=2, tokens=64, gradients=False)
    assert job.phase_names == ("context",)
    np.testing.assert_allclose(job.sent(), 3 * 2 * 4 * 3 * 64 * (2 * 2 * 8) * 2)


def test_divided_experts_gather_the_copies_that_they_share():
    job = times(pp=1, n_ranks=32, ep=8, etp=2, dedup=False, gradients=False, micro_batches=1, tokens=64)
    assert job.phase_names == ("dispatch", "combine", "expert tensor")
    last = job.size[job.phase == 2].max() * job.repeat[2]
    assert last == pytest.approx(4 * 4 * 64 * 4 * 256 * 2)  # 4 passes, 4 layers, 4 copies
    assert {abs(a - b) for a, b in zip(job.src[job.phase == 2], job.dst[job.phase == 2], strict=True)} == {1}


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"schedule": "dualpipe", "micro_batches": 7}, "at least 2 pp"),
        ({"schedule": "interleaved"}, "takes 2 or more"),
        ({"chunks": 2}, "every other 1"),
        ({"schedule": "interleaved", "chunks": 2, "micro_batches": 6}, "pp=4 does not divide 6 micro_batches"),
        ({"schedule": "interleaved", "chunks": 9}, "need 36 layers"),
        ({"cp": 3}, "cp=3 does not divide"),
        ({"etp": 3}, "etp=3 does not divide 8 ranks of a host"),
        ({"experts": "scheduled"}, "compute_s is 0"),
        ({"compute_s": -1.0}, "time of 0 s or more"),
        ({"flops": 1e15, "mfu": 1.5}, "at most 1"),
        ({"flops": 1e15, "mfu": 0.0}, "above 0"),
    ],
)
def test_what_a_layout_refuses(params, message):
    with pytest.raises(DemandError, match=message):
        times(**params)
