"""Models are complete or refused, and what follows from them is what their publishers print."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from ruamel.yaml import YAML

from tests import weights
from tests.samples import sample
from tests.traffic.configs import CONFIGS, DEEPSEEK, LLAMA, drawn
from topo.config import names
from topo.config.models import load_model
from traffic import DemandError
from traffic.deepseek_v3 import DEEPSEEK_V3
from traffic.figures import (
    active_parameters,
    attention_flops,
    dimensions,
    figures,
    kv_bytes,
    parameters,
    prediction_parameters,
    training_flops,
)
from traffic.model import Model

FOLDER = Path(__file__).parents[2] / "configs" / "models"
#: Shipped name -> its sample, and billions of parameters, in all and active, as publishers print them (facts.md, 12).
PRINTED = {
    "deepseek-v3": ("deepseek-ai--DeepSeek-V3", "671", "37"),
    "deepseek-v3.2": ("deepseek-ai--DeepSeek-V3.2", "671", "37"),
    "qwen3-235b-a22b": ("Qwen--Qwen3-235B-A22B", "235", "22"),
    "qwen3-30b-a3b": ("Qwen--Qwen3-30B-A3B", "30.5", "3.3"),
    "qwen3-32b": ("Qwen--Qwen3-32B", "32.8", ""),
    "llama-3.1-405b": ("meta-llama--Meta-Llama-3.1-405B", "405.85", ""),
    "llama-3.1-70b": ("meta-llama--Meta-Llama-3.1-70B", "70.55", ""),
    "mixtral-8x22b": ("mistralai--Mixtral-8x22B-v0.1", "140.6", "39"),
    "minimax-m2.5": ("MiniMaxAI--MiniMax-M2.5", "230", "10"),
}


def test_the_default_is_the_shipped_deepseek_v3():
    mapping = YAML(typ="safe").load((FOLDER / "deepseek-v3.yaml").read_text())
    assert Model.of(mapping) == Model.of(None) == Model.of(DEEPSEEK_V3)


@pytest.mark.parametrize("name", names("models"))
def test_every_figure_of_a_file_names_its_source(name):
    text = (FOLDER / f"{name}.yaml").read_text()
    lines = [line for line in text.splitlines() if line and not line.startswith(("#", "name:", "source:"))]
    assert all("#" in line and "[" in line for line in lines)
    assert load_model(name).name == name


def test_bytes_of_a_token_copy_as_deepep_has_them():
    assert Model.of(None).dispatch_bytes == 7408
    assert Model.of(None).combine_bytes == 14336


def test_shipped_models_are_those_with_printed_parameters():
    assert set(names("models")) == set(PRINTED)


@pytest.mark.parametrize("name", PRINTED)
def test_parameters_are_those_that_publishers_print(name):
    """Within 0.5 %, and 1 % where three digits are printed; prediction modules are counted apart."""
    _, printed, _ = PRINTED[name]
    digits = len(printed.replace(".", ""))
    assert parameters(load_model(name)) / 1e9 == pytest.approx(float(printed), rel=0.01 if digits <= 3 else 0.005)


@pytest.mark.parametrize("name", [name for name in PRINTED if PRINTED[name][2]])
def test_active_parameters_are_those_that_publishers_print(name):
    """Printed to two digits, and publishers count differently: DeepSeek and MiniMax leave embeddings out, Qwen not."""
    model, printed = load_model(name), float(PRINTED[name][2])
    embedding = model.vocabulary * model.hidden
    with_both, with_none = active_parameters(model) / 1e9, (active_parameters(model) - 2 * embedding) / 1e9
    assert with_none <= printed * 1.03
    assert printed * 0.97 <= with_both


@pytest.mark.parametrize("name", PRINTED)
def test_a_config_of_the_hub_gives_the_shipped_figures(name):
    path = sample(f"models/{PRINTED[name][0]}.config.json")
    mine, theirs = load_model(name), load_model(str(path))
    assert {key for key, value in vars(mine).items() if value != vars(theirs)[key]} <= {
        "name",
        "remarks",
        "dispatch_header_bytes",  # of the library that sends, which no config states
    }
    config = YAML(typ="safe").load(path.read_text())
    assert weights.count(config) == parameters(theirs) == parameters(mine)


def test_deepseek_v3_counts_what_the_hub_counts_with_its_prediction_module():
    """684,489,845,504 weights of the published files, embedding and head there twice: 671 and 14 billion."""
    model = Model.of(None)
    whole = parameters(model) + prediction_parameters(model) + 2 * model.vocabulary * model.hidden
    assert whole == 684_489_845_504


@pytest.mark.parametrize(
    ("name", "printed"), [("deepseek-v3", 70.272e3), ("llama-3.1-405b", 516.096e3)], ids=["latent", "grouped"]
)
def test_cache_of_a_token_as_the_paper_prints_it(name, printed):
    """Insights into DeepSeek-V3, arXiv 2505.09343, table 1."""
    assert kv_bytes(load_model(name)) == printed


@pytest.mark.parametrize(("name", "printed"), [("deepseek-v3", 250e9), ("llama-3.1-405b", 2448e9)])
def test_operations_of_training_as_the_paper_prints_them(name, printed):
    """Insights into DeepSeek-V3, arXiv 2505.09343, table 2: a token at 4,096 tokens a sequence."""
    assert training_flops(load_model(name)) == pytest.approx(printed, rel=0.011)


def test_reached_share_of_the_peak_as_the_paper_prints_it():
    """Ibid., table 4: 272.80 billion tokens a day on 2,048 H800 of 989 TFLOP/s are 38.94 %, 43.73 % if not causal."""
    model, rate = Model.of(None), 272.80e9 / 86400 / 2048
    causal, twice = training_flops(model), training_flops(model) + 3 * attention_flops(model, 4095)
    assert rate * causal / 989e12 == pytest.approx(0.3894, rel=0.004)
    assert rate * twice / 989e12 == pytest.approx(0.4373, rel=0.004)


@given(drawn())
@settings(max_examples=60, deadline=None)
def test_parameters_are_those_of_the_published_modules(config):
    model = Model.of(config)
    assert parameters(model) == weights.count(config)
    inactive = (model.routed_experts - model.top_k) * model.moe_layers * 3 * model.hidden * model.expert_intermediate
    assert parameters(model) - active_parameters(model) == inactive


@given(drawn())
@settings(max_examples=30, deadline=None)
def test_operations_forward_are_two_a_weight_that_a_token_passes(config):
    """Without other tokens to look at, and without embedding, norms and biases, which multiply no matrix."""
    model = Model.of(config)
    matrices = {
        name: shape for name, shape in weights.weights(config | {"tie_word_embeddings": False}) if len(shape) == 2
    }
    del matrices["embed_tokens"]
    passed = sum(rows * columns for name, (rows, columns) in matrices.items() if ".experts." not in name)
    passed += model.top_k * model.moe_layers * 3 * model.hidden * model.expert_intermediate
    alone = training_flops(model, 1) - 3 * attention_flops(model, 1)
    assert alone == 6 * passed
    assert attention_flops(model, 8) >= attention_flops(model, 4)


def test_attention_looks_at_half_of_a_sequence_on_average():
    """Sums over all positions, sparse attention capped at the tokens that its indexer picks."""
    for config in (LLAMA, DEEPSEEK, CONFIGS["deepseek_v32"]):
        model, length = Model.of(config), 100
        picked = [min(t, model.index_topk or t) for t in range(1, length + 1)]
        wide = (16 + 8 + 16) if model.latent else 2 * model.head_dim
        each = [2 * model.heads * wide * n for n in picked]
        scored = [2 * model.index_heads * model.index_dim * t for t in range(1, length + 1)]
        by_hand = model.layers * sum(map(sum, zip(each, scored, strict=True))) / length
        assert attention_flops(model, length) == pytest.approx(by_hand)


def test_bytes_of_every_dimension_by_hand():
    model = Model.of(DEEPSEEK)
    found = dimensions(model)
    assert found["tp_bytes_per_token"] == 5 * 4 * 256 * 2
    assert found["sp_bytes_per_token"] == 2 * found["tp_bytes_per_token"]
    assert found["pp_bytes_per_token"] == 2 * 256 * 2
    assert found["cp_bytes_per_token"] == 5 * 3 * 8 * (16 + 8 + 16) * 2
    assert found["ep_dispatch_bytes_per_token"] == 2 * 4 * 4 * (256 + 2 * 4)
    assert found["ep_combine_bytes_per_token"] == 2 * 4 * 4 * 256 * 2
    assert found["dp_gradient_bytes"] == 2 * found["dp_parameter_bytes"] == 4 * parameters(model)


@pytest.mark.parametrize("key", [key for key in DEEPSEEK_V3 if key in (
    "layers", "hidden", "heads", "vocabulary", "kv_lora_rank", "qk_nope_dim", "qk_rope_dim", "v_dim", "routed_experts",
    "top_k", "expert_intermediate", "dense_intermediate",
)])  # fmt: skip
def test_what_a_model_lacks_is_an_error_that_names_it(key):
    with pytest.raises(DemandError, match=rf"lacks.*\b{key}\b"):
        Model.of({k: value for k, value in DEEPSEEK_V3.items() if k != key})


def test_nothing_is_taken_from_another_model():
    with pytest.raises(DemandError, match="lacks layers, hidden, heads, vocabulary, kv_heads"):
        Model.of({"routed_experts": 16, "top_k": 2})
    dense = Model.of(LLAMA)
    assert (dense.routed_experts, dense.shared_experts, dense.kv_lora_rank, dense.node_limit) == (0, 0, 0, None)
    assert figures(dense)["ep_dispatch_bytes_per_token"] == 0


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"precision": "int3"}, "must be one of bf16, fp16, fp32, fp8"),
        ({"gated": 1}, "must be true or false"),
        ({"dense_at": [61]}, "layers go from 0 to 60"),
        ({"dense_layers": 61}, "no layer that they are in"),
        ({"moe_every": 2, "moe_at": 2}, "must be below moe_every"),
        ({"topk_group": 9}, "more than its 8 groups"),
        ({"routed_experts": 2**17}, "65536, the most"),
        ({"name": ""}, "must be text"),
        ({"remarks": "x"}, "list of sentences"),
    ],
)
def test_figures_that_contradict_each_other_are_refused(changed, message):
    with pytest.raises(DemandError, match=message):
        Model.of(DEEPSEEK_V3 | changed)
