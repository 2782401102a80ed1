"""What if: cables out and in by name, in studies too."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest

import topo
from tests.oracles import check_fabric
from topo.config import parse_study
from topo.fabric import Fabric
from topo.formats import FormatError
from topo.formats.edit import by_hand
from topo.formats.ibnetdiscover import read, write
from topo.study import outcome


@pytest.fixture
def fabric():
    return read(write(topo.generate("fat-tree-2", radix=8, endpoints=16, capacity=50e9)), "d")


def edges(fabric):
    names, rows = fabric.source.names, fabric.cables()
    return nx.MultiGraph((names[a], names[b]) for a, b in zip(rows["a"], rows["b"], strict=True))


def test_cables_go_out_and_in_by_name(fabric):
    changed = by_hand(fabric, remove=["leaf0 -- spine0", "leaf1 port 5"], add=["leaf0 -- spine1 x2"])
    check_fabric(changed)
    before, after = edges(fabric), edges(changed)
    assert after.number_of_edges("leaf0", "spine0") == before.number_of_edges("leaf0", "spine0") - 1
    assert after.number_of_edges("leaf0", "spine1") == before.number_of_edges("leaf0", "spine1") + 2
    assert changed.n_cables == fabric.n_cables
    assert changed.name.endswith("edited")
    assert set(changed.capacity) == {50e9}


def test_a_switch_goes_with_all_its_cables_and_nothing_changes_without_words(fabric):
    changed = by_hand(fabric, remove=["spine1"])
    assert edges(changed).degree("leaf0") == edges(fabric).degree("leaf0") - 2
    assert changed.n_switches == fabric.n_switches
    assert by_hand(fabric) is fabric


def test_out_and_in_again_is_the_same_network(fabric):
    again = by_hand(fabric, remove=["leaf2 -- spine0"], add=["leaf2 -- spine0"])
    assert nx.utils.graphs_equal(edges(again), edges(fabric))
    for key in ("capacity", "latency", "tier", "plane", "host", "kind"):
        np.testing.assert_array_equal(getattr(again, key), getattr(fabric, key), err_msg=key)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ({"remove": ["leef0"]}, "'leef0' is no device; did you mean leaf0"),
        ({"remove": ["leaf0 port 99"]}, "no cable in that port"),
        ({"remove": ["leaf0 -- spine0 x9"]}, "there are 2 cables between the two, so 9"),
        ({"remove": ["leaf0 -- leaf1"]}, "there are 0 cables between the two"),
        ({"add": ["leaf0"]}, "'leaf0' is no cable"),
        ({"add": ["leaf0 -- spin0"]}, "there is no 'spin0'; did you mean spine0"),
    ],
)
def test_what_is_not_there_is_told(fabric, words, says):
    with pytest.raises(FormatError, match=says):
        by_hand(fabric, **words)


def test_a_generated_fabric_is_edited_by_kind_and_number():
    fabric = topo.generate("fat-tree-2", radix=8, capacity=50e9, symmetry=True)
    changed = by_hand(fabric, remove=["leaf0 -- spine0"])
    assert changed.n_cables == fabric.n_cables - 1 and changed.source is None
    assert isinstance(by_hand(fabric, add=["leaf0 -- spine0"]), Fabric)


STUDY = """
schema: 1
title: what if
fabric: {file: site.ibnetdiscover}
traffic: uniform
cases:
  - {name: as it is, edit: {remove: [leaf0 -- spine0]}}
  - {name: mended}
  - {name: optimum, edit: {remove: [leaf0 -- spine0]}, routing: optimal}
  - {name: textbook, fabric: "fat-tree-2:radix=8,endpoints=16,endpoints_per_host=8,scale_up=none"}
"""


def test_a_study_crosses_files_with_edits_policies_and_the_textbook(fabric, tmp_path):
    (tmp_path / "site.ibnetdiscover").write_text(write(fabric))
    cases = parse_study(STUDY, "s.yaml", base=tmp_path).cases
    records = [outcome(case).record for case in cases]
    assert [record["error"] for record in records] == [None] * 4
    share = [record["results"]["normalized_throughput"] for record in records]
    assert share[0] < share[2] <= 1 and share[1] == pytest.approx(1.0) == share[3]
    assert records[0]["case"]["edit"] == {"by": "hand", "remove": ["leaf0 -- spine0"], "add": []}
    assert records[0]["results"]["faults_by_kind"] == {"missing-cable": 1}
    assert any("edit hand (remove ['leaf0 -- spine0']" in line for line in records[0]["assumptions"])
    wrong = parse_study(STUDY.replace("leaf0 -- spine0", "leaf0 -- spine9"), "s.yaml", base=tmp_path).cases[0]
    assert "there is no 'spine9'" in outcome(wrong).record["error"]
