"""Computation from a FLOP rate, and memory against the formulas of its papers."""

from __future__ import annotations

import pytest

from tests.traffic.configs import DEEPSEEK, LLAMA
from traffic.figures import dense_parameters, parameters, training_flops
from traffic.memory import layer_bytes, memory_of
from traffic.model import Model
from traffic.training import training_step

#: A GPT as arXiv 2205.05198 has it: as many keys as queries, inner values of 4 h in two matrices.
GPT = Model.of(
    {"layers": 8, "hidden": 64, "heads": 4, "kv_heads": 4, "vocabulary": 100, "dense_intermediate": 256, "gated": False}
)


@pytest.mark.parametrize(
    ("how", "tp", "sp", "printed"),
    [
        # Equations 1, 2 and 4 and table 2, a token of width h; 2 h of dropout masks left out: 34 h - 2 h, 10 h - 2 h.
        ("selective", 1, True, 32 * 64),
        ("none", 1, True, 32 * 64 + 5 * 4 * 512),
        ("selective", 4, True, 32 * 64),  # (34 h / t) of t times the tokens
        ("selective", 4, False, (8 * 4 + 24) * 64),
        ("full", 1, True, 2 * 64),
    ],
)
def test_activations_of_a_layer_as_the_paper_counts_them(how, tp, sp, printed):
    assert layer_bytes(GPT, tp=tp, etp=1, context=512, recompute=how, sp=sp) == printed


def test_latent_attention_keeps_what_its_matrices_read_and_write():
    """A token of width 8, by hand: two heads of 3 + 1 in queries and keys, 4 in values and outputs; ranks 5 and 6."""
    model = Model.of(
        {
            "layers": 2, "hidden": 8, "heads": 2, "kv_heads": 2, "vocabulary": 100, "dense_intermediate": 16,
            "gated": False, "qk_nope_dim": 3, "qk_rope_dim": 1, "v_dim": 4, "kv_lora_rank": 5, "q_lora_rank": 6,
        }
    )  # fmt: skip
    values = 4 * 8 + 2 * (2 * 4) + 2 * (2 * 4) + 5 + 6 + 2 * 16
    assert layer_bytes(model, tp=1, etp=1, context=512, recompute="selective", sp=True) == 2 * values


def memory(model=GPT, **params):
    base = {"tp": 1, "pp": 1, "ep": 1, "etp": 1, "replicas": 8, "expert_replicas": 8, "zero": 1, "tokens": 16}
    base |= {"context": 512, "micro_batches": 8, "schedule": "1f1b", "chunks": 1, "recompute": "selective", "sp": True}
    return memory_of(model, **base | params)


@pytest.mark.parametrize(
    ("zero", "bytes_each"), [(0, 2 + 4 + 12), (1, 2 + 4 + 12 / 8), (2, 2 + (4 + 12) / 8), (3, (2 + 4 + 12) / 8)]
)
def test_states_of_the_model_as_zero_divides_them(zero, bytes_each):
    """arXiv 1910.02054, figure 1: K = 12 bytes of optimizer; gradients in FP32 here, so 4 bytes for its 2."""
    found = memory(zero=zero)
    assert found.weights + found.gradients + found.optimizer == pytest.approx(dense_parameters(GPT) * bytes_each)


def test_a_schedule_holds_what_it_has_under_way():
    one = memory().activations
    assert memory(pp=4).activations == pytest.approx(one)  # four micro-batches of a quarter of the layers
    assert memory(pp=4, micro_batches=2).activations == pytest.approx(one / 2)
    assert memory(pp=4, schedule="interleaved", chunks=2).activations == pytest.approx(one * (1 + 3 / 8))
    both = memory(pp=4, schedule="dualpipe")
    assert both.activations == pytest.approx(one * 5 / 4)
    assert both.weights == 2 * memory(pp=4).weights


def test_experts_and_dense_parameters_are_divided_by_their_own_groups():
    model = Model.of(DEEPSEEK)
    matrices = memory(model, zero=0).weights / 2
    assert matrices == pytest.approx(parameters(model), rel=0.01)  # norms and biases left out
    dense = dense_parameters(model)
    assert memory(model, zero=0, ep=8).weights / 2 == dense + (matrices - dense) / 8


@pytest.mark.parametrize(
    "groups",
    [{"tp": 2, "ep": 4}, {"pp": 2, "ep": 8}, {"tp": 4, "pp": 2, "cp": 2, "ep": 2}, {"ep": 4, "etp": 2}],
    ids=str,
)
def test_all_ranks_together_hold_the_optimizer_of_every_parameter_once(groups):
    """ZeRO divides over all replicas, of dense parameters as of experts: 12 bytes a parameter in the whole job."""
    model = Model.of(DEEPSEEK)
    step = training_step(n_ranks=32, ranks_per_host=8, model=DEEPSEEK, **groups).about
    assert step.memory.optimizer * 32 == pytest.approx(12 * parameters(model), rel=0.01)  # norms and biases left out


def test_what_does_not_fit_is_said_with_what_takes_most():
    assert memory().warnings(None) == memory().warnings(1e12) == []
    (said,) = memory(zero=0, micro_batches=1).warnings(1000)
    assert "optimizer take" in said
    assert memory().results(1e12)["memory_fits"] is True
    assert memory().results(None)["memory_fits"] is None


def test_computation_follows_from_operations_rate_and_share():
    base = {"n_ranks": 32, "model": LLAMA, "pp": 4, "micro_batches": 8, "tokens": 100, "sequence": 1000}
    step = training_step(**base, flops=1e12, mfu=0.5).about
    assert step.compute_s == pytest.approx(training_flops(Model.of(LLAMA), 1000) * 100 * 8 / 4 / 5e11)
    assert step.bubble_s == pytest.approx(step.compute_s * 3 / 8)
    assert "50 % of 1 TFLOP/s (bf16)" in step.source
    assert training_step(**base, flops=1e12, mfu=0.5, compute_s=3.0).about.compute_s == 3.0
    assert training_step(**base, flops=1e12).about.source.startswith("not counted")


def test_a_published_step_comes_back_from_its_share():
    """Table 4 of arXiv 2505.09343: 19.926 s at 38.94 % of 989 TFLOP/s, 272.80 billion tokens a day on 2,048 GPUs."""
    tokens = 272.80e9 / 86400 * 19.926  # of a step
    step = training_step(
        n_ranks=2048, pp=16, ep=64, micro_batches=1, tokens=round(tokens * 16 / 2048), flops=989e12, mfu=0.3894,
        experts=False, gradients=False,
    )  # fmt: skip
    assert step.about.compute_s == pytest.approx(19.926, rel=0.004)
