"""Decoding and prefill on a fabric: the paper's closed form in its limit, overlap as a law, layers as copies."""

from __future__ import annotations

import pytest

import traffic
from tests.oracles import check_demand
from topo.flow import route, solve
from topo.generators import generate
from topo.metrics import measure
from traffic import DemandError
from traffic.deepseek_v3 import DEEPSEEK_V3
from traffic.inference import speed_limit

#: What the paper counts: 7,000 values, 8 routed and one shared expert, no scales, no header, every layer with experts.
PAPER = DEEPSEEK_V3 | {
    "hidden": 7000, "top_k": 9, "routed_experts": 576, "n_group": 1, "topk_group": 1, "dense_layers": 0,
    "dispatch_scale_block": 0, "dispatch_header_bytes": 0,
}  # fmt: skip


def run(pattern="decode-step", *, rate=50e9, hosts=64, per_host=1, fabric=None, latency=None, **params):
    built = fabric or generate(
        "fat-tree-2", radix=32, endpoints=hosts * per_host, endpoints_per_host=per_host, capacity=rate,
        scale_up=160e9 if per_host > 1 else None, **latency or {},
    )  # fmt: skip
    demand = traffic.offer(pattern, n_ranks=built.n_endpoints, ranks_per_host=per_host, **params)
    if not params.get("compute_s"):  # a phase that only computes sends nothing
        check_demand(demand)
    return measure(solve(built, demand, route(built, demand, "ecmp"), "completion"))


@pytest.mark.parametrize(("rate", "tokens_per_s"), [(50e9, 67), (900e9, 1220)])
def test_the_papers_speed_limit_is_the_limit_of_no_latency(rate, tokens_per_s):
    """One rank a host, 32 tokens a micro-batch: all of 9 copies leave but those to a rank's own experts."""
    found = run(rate=rate, model=PAPER, ep=64, batch=64)
    limit = speed_limit(bandwidth=rate, hidden=7000)
    assert found["slot_s"] == pytest.approx(limit.step_s * 63 / 64, rel=1e-9)
    assert found["tpot_s"] == pytest.approx(limit.tpot_s * 63 / 64, rel=1e-9)
    assert 63 / 64 / found["tpot_s"] == pytest.approx(tokens_per_s, abs=1)
    assert found["tokens_per_s_per_gpu"] == pytest.approx(64 / found["tpot_s"])
    if rate == 50e9:
        assert round(found["slot_s"] * 64 / 63 * 1e6, 2) == 120.96


@pytest.mark.parametrize("compute_s", [0.0, 5e-6, 4e-4])
def test_a_slot_is_the_longer_of_computation_and_exchange(compute_s):
    free = run(model=PAPER, ep=32, hosts=32)["slot_s"]
    both = run(model=PAPER, ep=32, hosts=32, compute_s=compute_s)
    one = run(model=PAPER, ep=32, hosts=32, compute_s=compute_s, micro_batches=1, batch=32)
    assert both["slot_s"] == pytest.approx(max(compute_s, free))
    assert one["slot_s"] == pytest.approx(compute_s + free), "law: alone, a micro-batch overlaps nothing"
    assert both["exposed_s"] == pytest.approx(both["slot_s"] - compute_s)
    assert both["compute_source"] == ("given" if compute_s else "not counted: compute_s is 0")


def test_layers_without_experts_cost_their_computation():
    """Of 61 layers 3 have no experts: each takes every micro-batch in turn, and sends nothing without tensor groups."""
    found = run(model=PAPER | {"dense_layers": 3}, ep=32, hosts=32, compute_s=2e-4)
    assert found["tpot_s"] == pytest.approx(2 * (58 * found["slot_s"] + 3 * 2e-4))


def test_tensor_groups_follow_the_computation_and_share_links_with_the_exchange():
    """tp=2 in hosts of 2: all-gather and reduce-scatter of 32 x 2 tokens around attention, twice in dense layers."""
    model, tp = PAPER | {"dense_layers": 3}, {"per_host": 2, "hosts": 16, "ep": 32, "tp": 2, "batch": 64}
    found = run(model=model, **tp, compute_s=1e-3)
    ring = 32 * 2 * 7000 * 2 / 2 / 160e9  # bytes over ranks, once for each pass of n - 1 = 1 step
    assert found["slot_s"] == pytest.approx(1e-3 + 2 * ring)
    assert found["tpot_s"] == pytest.approx(2 * (58 * (1e-3 + 2 * ring) + 3 * 1e-3), rel=1e-6)


def test_latency_and_launch_are_those_of_the_fabric():
    """Dispatch and combine each end a latency later: no formula knows it, the fabric does."""
    slow = {"overhead": 2e-6, "switch_latency": 4e-7}
    found, free = run(model=PAPER, ep=32, hosts=32, latency=slow), run(model=PAPER, ep=32, hosts=32)
    assert found["slot_s"] == pytest.approx(free["slot_s"] + 2 * (2e-6 + 3 * 4e-7)), "leaf, spine, leaf"


def test_prefill_is_deduplicated_and_under_the_models_limit():
    params = {"n_ranks": 64, "ep": 64, "tokens": 128}
    step, layer = traffic.offer("prefill-step", **params), traffic.offer("moe-all-to-all", **params)
    assert step.total() == pytest.approx(layer.total())
    found = run("prefill-step", per_host=8, hosts=8, tokens=128, ep=64)
    assert found["prefill_s"] == pytest.approx(2 * 58 * found["slot_s"])
    assert found["tokens_per_s_per_gpu"] == pytest.approx(256 / found["prefill_s"])
    assert "tpot_s" not in found


def test_decoding_sends_every_copy_directly():
    """No relay: a commodity leaves for the rank of the expert, whatever its index; asked for, tokens go once a host."""
    direct = traffic.offer("decode-step", n_ranks=64, ep=64)
    relayed = traffic.offer("decode-step", n_ranks=64, ep=64, dedup=True)
    across = direct.src // 8 != direct.dst // 8
    assert (direct.src[across] % 8 != direct.dst[across] % 8).any()
    across = relayed.src // 8 != relayed.dst // 8
    assert (relayed.src[across] % 8 == relayed.dst[across] % 8).all()
    assert relayed.size[across].sum() < direct.size.sum()


@pytest.mark.parametrize(("ep", "redundant", "hosts"), [(144, 32, 18), (320, 64, 40)])
def test_units_of_deepseek(ep, redundant, hosts):
    demand = traffic.offer("decode-step", n_ranks=8 * hosts + 8, ep=ep, redundant_experts=redundant)
    assert demand.name.endswith("8 ranks idle)") and demand.src.max() == ep - 1
    sent = demand.total()
    per_token = 8 * (ep - 1) / ep * (7_408 + 14_336)
    assert sent == pytest.approx(ep * 32 * per_token, rel=1e-9)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"tp": 3}, "tp=3 does not divide"),
        ({"batch": 0}, "batch"),
        ({"micro_batches": 0}, "micro_batches"),
        ({"compute_s": -1.0}, "compute_s"),
        ({"ep": 128}, "ep=128 is more than the 64 ranks"),
        ({"node_limit": 9}, "more than the 8 hosts"),
    ],
)
def test_what_is_refused_and_why(params, message):
    with pytest.raises(DemandError, match=message):
        traffic.offer("decode-step", n_ranks=64, **params)
