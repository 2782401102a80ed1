"""The report of expert parallelism against printed figures."""

from __future__ import annotations

import itertools
import json

import pytest

from traffic import DemandError
from traffic.deepseek_v3 import DEEPSEEK_V3
from traffic.moe import report


def test_ep64_as_published():
    """5.295 hosts become 3.983: 1.33x fewer remote copies on average, 2x in the worst case."""
    figures = report(ep=64, node_limit=4)
    assert round(figures["hosts_per_token"], 3) == 3.983
    assert round(figures["hosts_per_token_unlimited"], 3) == 5.295
    assert round(figures["endpoints_per_token_unlimited"], 3) == 7.676
    assert round(figures["remote_copies"], 3) == 3.485
    assert round(figures["remote_copies_unlimited"], 3) == 4.633
    assert round(figures["gain_expected"], 2) == 1.33
    assert figures["gain_worst_case"] == 2
    assert figures["bound_by"] == "network"
    assert abs(figures["hosts_per_token_sampled"] - figures["hosts_per_token"]) < 0.01


def test_the_models_own_limit_is_the_default():
    assert report()["node_limit"] == 4
    assert report(ep=16)["node_limit"] == 2
    assert report(node_limit=None)["gain_expected"] == 1


def test_section_2_3_2_to_the_printed_digits():
    figures = report(model=DEEPSEEK_V3 | {"hidden": 7000})
    assert figures["step_s"] == pytest.approx(120.96e-6)
    assert figures["layer_s"] == pytest.approx(241.92e-6)
    assert round(figures["tpot_s"] * 1e3, 2) == 14.76
    assert round(figures["tokens_per_s"], 2) == 67.76
    assert round(report()["step_s"] * 1e6, 2) == 123.86
    nvl72 = report(model=DEEPSEEK_V3 | {"hidden": 7000}, ranks_per_host=72, scale_up=900e9)
    assert nvl72["step_s"] == pytest.approx(6.72e-6)
    assert round(nvl72["tpot_s"] * 1e3, 2) == 0.82
    assert round(nvl72["tokens_per_s"], -2) == 1200


@pytest.mark.parametrize(("ep", "logical"), [(32, 58e9), (64, 51e9)])
def test_deepep_published_bandwidth_needs_one_nic_efficiency(ep, logical):
    """Logical bandwidth counts copies to the own host: physical x hosts / (hosts - 1); 0.87 of the NIC fits both."""
    figures = report(ep=ep, nic=0.87 * 50e9, scale_up=160e9)
    assert figures["logical_bytes_per_s"] == pytest.approx(logical, rel=0.05)
    assert figures["physical_bytes_per_s"] == pytest.approx(0.87 * 50e9)


def test_the_step_asked_for_is_the_row_of_its_limit():
    """dedup_step_s is one exchange under the limit, of ``tokens``; step_s is the speed limit of decode_tokens."""
    figures = report(node_limit=3)
    (row,) = (row for row in figures["by_limit"] if row["node_limit"] == 3)
    assert row["exchange_s"] == figures["dedup_step_s"] == figures["forms"][2]["exchange_s"]
    assert "step_s" not in row
    assert figures["dedup_layer_s"] == pytest.approx(2 * 32 / 4096 * row["exchange_s"])


@pytest.mark.parametrize("asked", [2, 3, 8])
def test_a_limit_of_all_hosts_or_more_changes_nothing(asked):
    limited, free = report(ep=16, node_limit=asked), report(ep=16, node_limit=None)
    assert limited["node_limit"] == 2
    for key in ("hosts_per_token", "remote_copies", "dedup_step_s"):
        assert limited[key] == free[key]


def test_three_forms_side_by_side():
    direct, free, limited = report()["forms"]
    assert direct["hosts_per_token"] == 8 and direct["remote_copies"] == 7
    assert direct["exchange_s"] > free["exchange_s"] > limited["exchange_s"]


@pytest.mark.parametrize("ep", [8, 16, 32, 64, 128, 256])
def test_any_size_prints_as_json(ep):
    figures = report(ep=ep)
    assert json.loads(json.dumps(figures))["ep"] == ep
    rows = figures["by_limit"]
    assert [row["node_limit"] for row in rows] == list(range(1, max(1, ep // 8) + 1))
    assert all(a["exchange_s"] <= b["exchange_s"] * (1 + 1e-9) for a, b in itertools.pairwise(rows))


@pytest.mark.parametrize(
    ("params", "sentence"),
    [
        ({"ep": 8}, "All ranks of the group are on one host"),
        ({"ep": 8, "node_limit": 4}, "All ranks of the group are on one host"),
        ({"ep": 16}, "cannot help: there are only 2 hosts"),
        ({"ep": 16, "node_limit": 4}, "A node limit of 4 cannot help: there are only 2 hosts"),
        ({"ep": 256}, "1.82x on average (2x in the worst case)"),
        ({"ep": 256, "node_limit": 8}, "cannot help: a token picks only 8 experts"),
        ({"ep": 256, "node_limit": 40}, "A node limit of 40 cannot help: a token picks only 8 experts"),
        ({"ep": 128, "node_limit": 8}, "cannot help: a token picks only 8 experts"),
        ({"ep": 64, "node_limit": None}, "No node limit is set"),
        ({"ep": 64, "scale_up": 10e9}, "the scale-up leg binds"),
        ({"ep": 64, "node_limit": 4}, "1.33x on average (2x in the worst case)"),
    ],
)
def test_it_explains_what_a_limit_does(params, sentence):
    assert sentence in report(**params)["explanation"]


def test_balanced_placement_spreads_a_skewed_load():
    skewed = report(gate="zipf")
    spread = report(gate="zipf", placement="balanced", redundant_experts=64)
    assert spread["scale_up_bytes_per_endpoint"] < skewed["scale_up_bytes_per_endpoint"]
    assert spread["dedup_step_s"] < skewed["dedup_step_s"]


def test_unknown_parameters_name_the_nearest():
    with pytest.raises(DemandError, match="did you mean gate"):
        report(gates="zipf")
    with pytest.raises(DemandError, match="nic must be positive"):
        report(nic=0)


@pytest.mark.parametrize(
    ("ep", "copies"), [(8, "endpoints_per_token"), (16, "hosts_per_token"), (64, "hosts_per_token")]
)
def test_logical_bandwidth_counts_hosts_wherever_there_are_two(ep, copies):
    """One copy a host that a token visits, as DeepEP counts; inside one host one copy an endpoint."""
    figures = report(ep=ep)
    each = figures["dispatch_bytes_per_copy"] + figures["combine_bytes_per_copy"]
    told = figures["tokens"] * each * figures[copies] / figures["dedup_step_s"]
    assert figures["logical_bytes_per_s"] == pytest.approx(told, rel=1e-12)
