"""Experts by measured load: files, shares against counting, and what EPLB's placement gains over order and chance."""

from __future__ import annotations

import json

import numpy as np
import pytest

import traffic
from topo.config import ConfigError, Files
from topo.config.expert_load import expert_load
from traffic import DemandError
from traffic.gate import Gating, affinities, chosen, load_of, ranked
from traffic.moe import report

LOAD = (np.random.default_rng(0).pareto(1.3, 256) + 0.1).round(3)


@pytest.mark.parametrize("text", ["1,3\n2,2\n", "e0,e1\n1,3\n2,2\n", "# note\n1,3\n2,2", "[[1, 3], [2, 2]]"])
def test_layers_are_added_as_shares_or_taken_alone(text):
    rows = expert_load("f.csv", Files(None, {"f.csv": text}))
    assert load_of(rows) == (0.75, 1.25)
    assert [load_of(rows, layer) for layer in (0, 1)] == [(0.25, 0.75), (0.5, 0.5)]


def test_a_layer_that_is_not_there():
    with pytest.raises(DemandError, match="none of the 1 layers"):
        load_of([1.0, 2.0], 1)
    with pytest.raises(DemandError, match="which is not given"):
        load_of(None, 0)
    with pytest.raises(DemandError, match="as many in each"):
        load_of([[1.0, 2.0], [1.0]])


def test_each_layer_placed_by_its_own_load_beats_one_placement_for_all():
    """Layers whose hot experts differ: their sum is even and balances nothing, each alone is placed well."""
    rows = [np.roll(LOAD, 64 * layer).tolist() for layer in range(4)]
    how = {"expert_load": rows, "node_limit": None, "placement": "balanced"}
    one = traffic.offer("decode-step", n_ranks=64, ep=64, expert_load=rows, placement="balanced").received()
    alone = traffic.offer("decode-step", n_ranks=64, ep=64, expert_load=rows, placement="contiguous", expert_layer=2)
    placed = traffic.offer("decode-step", n_ranks=64, ep=64, expert_load=rows, placement="balanced", expert_layer=2)
    assert one.max() < placed.received().max() < alone.received().max()
    shifted = report(**how, expert_layer=1)["forms"][0]["exchange_s"]
    assert shifted == pytest.approx(report(**how, expert_layer=3)["forms"][0]["exchange_s"], rel=0.05)


@pytest.mark.parametrize(
    ("text", "message"),
    [("", "no layer"), ("1,2\n3\n", "f.csv:2: 1 experts"), ("1,-2\n", "0 or more"),
     ("1,2\n3,x\n", "f.csv:2"), ("[{}", "rows")],
)  # fmt: skip
def test_what_is_no_matrix(text, message):
    with pytest.raises(ConfigError, match=message):
        expert_load("f.csv", Files(None, {"f.csv": text}))


def test_first_choices_follow_the_measured_shares():
    """With one expert a token, experts are picked as often as their load says: an oracle of plain probability."""
    gating = Gating(4, 1, load=(1.0, 2.0, 5.0, 0.0))
    (affinity,) = affinities(gating, 40_000)
    picked = chosen(affinity, ranked(affinity), gating, np.arange(4).reshape(1, 4))
    np.testing.assert_allclose(np.bincount(picked.ravel(), minlength=4) / 40_000, [1 / 8, 2 / 8, 5 / 8, 0], atol=0.01)


def test_placing_by_load_relieves_the_busiest_rank():
    load = LOAD.tolist()
    found = {p: report(expert_load=load, placement=p, node_limit=None) for p in ("contiguous", "random", "balanced")}
    copies = report(expert_load=load, placement="balanced", node_limit=None, redundant_experts=64)
    busiest = {p: found[p]["forms"][0]["exchange_s"] for p in found}
    assert busiest["balanced"] < min(busiest["contiguous"], busiest["random"])
    assert copies["forms"][0]["exchange_s"] < busiest["balanced"]


def test_a_study_names_the_file():
    from topo.config.check import check_case
    from topo.config.document import Document
    from topo.config.nouns import demand_of, fabric_of

    words = {
        "fabric": {"family": "fat-tree-2", "radix": 16, "endpoints": 64},
        "traffic": {"pattern": "moe-all-to-all", "ep": 64, "expert_load": "load.json"},
    }
    case, problems = check_case(Document(words), Files(None, {"load.json": json.dumps(LOAD.tolist())}))
    assert not problems and np.ptp(demand_of(case, fabric_of(case)).received()) > 0


@pytest.mark.parametrize("load", [[1.0] * 8, [1.0] * 7 + [0.0] * 249, [-1.0] * 256])
def test_loads_that_cannot_be(load):
    with pytest.raises(DemandError, match="expert_load"):
        report(expert_load=load)
