"""Configs of a hub: read where their fields settle the shapes, refused with the field where they do not."""

from __future__ import annotations

import copy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.traffic.configs import CONFIGS, DEEPSEEK, LLAMA, MINIMAX, MIXTRAL, QWEN3_MOE
from traffic import DemandError
from traffic.model import Model, ModelError


@pytest.mark.parametrize("kind", CONFIGS)
def test_a_kind_that_was_never_seen_is_read_by_its_fields_and_says_so(kind):
    plain = Model.of({**CONFIGS[kind], "use_qk_norm": kind == "minimax_m2"})
    new = Model.of(CONFIGS[kind] | {"model_type": "of_tomorrow", "use_qk_norm": plain.qk_norm != "none"})
    different = {key for key, value in vars(plain).items() if value != vars(new)[key]}
    assert different <= {"name", "remarks"}
    assert any("model_type 'of_tomorrow' was never seen" in remark for remark in new.remarks)
    assert not any("never seen" in remark for remark in plain.remarks)


@pytest.mark.parametrize("kind", CONFIGS)
@pytest.mark.parametrize(
    "field",
    [
        *("num_hidden_layers", "hidden_size", "num_attention_heads", "vocab_size", "tie_word_embeddings", "hidden_act"),
        *("num_key_value_heads", "intermediate_size", "num_experts_per_tok", "moe_intermediate_size"),
        *("qk_nope_head_dim", "qk_rope_head_dim", "v_head_dim", "index_head_dim"),
    ],
)
def test_a_field_that_shapes_need_is_missed_by_name(kind, field):
    """Of a kind that was never seen; those fields that a kind does not have are no loss."""
    config = {key: value for key, value in CONFIGS[kind].items() if key != field} | {"model_type": "of_tomorrow"}
    settled = field not in CONFIGS[kind] or (field == "num_key_value_heads" and "kv_lora_rank" in config)
    # Where all layers have experts of a stated width, that of a dense one is not asked for; either stands for both.
    settled |= field == "intermediate_size" and kind == "qwen3_moe"
    settled |= field == "moe_intermediate_size" and kind == "qwen3_moe"
    if settled:
        Model.of(config)
        return
    with pytest.raises(ModelError) as error:
        Model.of(config)
    assert field in str(error.value) or "dense_intermediate" in str(error.value)


def test_llama_without_groups_has_keys_for_every_head():
    bare = {key: value for key, value in LLAMA.items() if key != "num_key_value_heads"}
    assert Model.of(bare).kv_heads == 8
    assert Model.of(LLAMA | {"num_key_value_heads": 1}).kv_heads == 1


def test_precision_decides_what_a_copy_weighs():
    assert (Model.of(MIXTRAL).dispatch_bytes, Model.of(MIXTRAL).combine_bytes) == (128, 128)
    fp8 = Model.of(DEEPSEEK)
    assert (fp8.precision, fp8.dispatch_bytes, fp8.combine_bytes) == ("fp8", 256 + 2 * 4, 512)
    powers = DEEPSEEK["quantization_config"] | {"scale_fmt": "ue8m0"}
    assert Model.of(DEEPSEEK | {"quantization_config": powers}).dispatch_bytes == 256 + 2
    unknown = Model.of(MIXTRAL | {"torch_dtype": None})
    assert unknown.dispatch_bytes == 128
    assert any("no precision" in remark for remark in unknown.remarks)


def test_groups_that_a_gate_keeps_are_read_as_hosts_and_said():
    model = Model.of(DEEPSEEK)
    assert (model.n_group, model.topk_group, model.node_limit) == (4, 2, 2)
    assert any("read as a limit of 2 hosts" in remark for remark in model.remarks)
    assert Model.of(DEEPSEEK | {"topk_group": 4}).node_limit is None
    assert Model.of(MINIMAX).node_limit is None


def test_modules_of_other_publishers_that_predict_are_left_out_and_said():
    model = Model.of(MINIMAX)
    assert model.nextn_layers == 0
    assert any("use_mtp" in remark for remark in model.remarks)


def test_language_alone_is_read_of_a_config_of_several_parts():
    model = Model.of({"model_type": "sees", "text_config": LLAMA, "vision_config": {"hidden_size": 3}})
    assert model.layers == 4
    assert any("text_config alone" in remark for remark in model.remarks)


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (LLAMA | {"hidden_act": "gelu"}, "two matrices or three; write the model as YAML"),
        (LLAMA | {"mamba_d_state": 16}, "layers that are no attention"),
        (LLAMA | {"layer_types": ["full_attention", "linear_attention"]}, "'linear_attention', a layer"),
        (LLAMA | {"hidden_size": "64"}, "hidden_size must be a whole number of 1 or more; got '64'"),
        (LLAMA | {"hidden_size": 65}, "head_dim is missing, and .* 65 / 8"),
        (LLAMA | {"tie_word_embeddings": "no"}, "must be true or false"),
        (LLAMA | {"num_key_value_heads": 3}, "does not divide its 8 heads"),
        (QWEN3_MOE | {"moe_layer_freq": [1, 0]}, "a 0 or 1 for every layer"),
        (QWEN3_MOE | {"mlp_only_layers": [0, 1, 2, 3]}, "no layer that they are in"),
        (QWEN3_MOE | {"num_experts_per_tok": 17}, "more than its 16 routed experts"),
    ],
)
def test_what_no_figure_describes_is_refused(config, message):
    with pytest.raises(DemandError, match=message):
        Model.of(config)


def test_layers_with_experts_by_step_frequency_and_list():
    assert Model.of(QWEN3_MOE | {"decoder_sparse_step": 2}).moe_layers == 2
    assert Model.of(QWEN3_MOE | {"mlp_only_layers": [0]}).moe_layers == 3
    assert Model.of(QWEN3_MOE | {"moe_layer_freq": [0, 1, 1, 1]}).moe_layers == 3
    assert Model.of(DEEPSEEK | {"moe_layer_freq": 2}).moe_layers == 2  # layers 2 and 4


VALUES = st.sampled_from([None, 0, 1, -1, 2**63, 1e300, float("nan"), True, "", "fp8", [], [None], {}, {"a": 1}])


@given(st.sampled_from(list(CONFIGS.values())), st.data())
@settings(max_examples=150, deadline=None)
def test_fields_of_nonsense_end_in_a_message(config, data):
    broken = copy.deepcopy(config)
    fields = [*broken, "text_config", "layer_types", "sliding_window", "moe_layer_freq", "head_dim"]
    for field in data.draw(st.lists(st.sampled_from(fields), min_size=1, max_size=3)):
        broken[field] = data.draw(VALUES)
    try:
        model = Model.of(broken)
    except DemandError as error:
        assert len(str(error)) < 500
    else:
        assert 0 <= model.moe_layers <= model.layers
