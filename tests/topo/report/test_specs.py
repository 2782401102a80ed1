"""What pages call a network that a design chose."""

from __future__ import annotations

import pytest

from topo.report.specs import in_words, marks, short

TREE = "fat-tree-2:radix=64,wiring=host,up=19,down=45,planes=8,nic=single-plane,endpoints=16384,rate=400Gb/s"


@pytest.mark.parametrize(
    ("spec", "words", "few"),
    [
        (TREE, "an 8-plane fat-tree-2 of 64-port switches, 45 ports down and 19 up at a leaf", "8-plane fat-tree-2"),
        (TREE.replace("planes=8", "planes=1"), "a fat-tree-2 of 64-port switches, 45 ports down and 19 up at a leaf",
         "fat-tree-2"),
        ("dragonfly:a=14,p=31,h=14,g=19,planes=2,nic=multi-port,endpoints=16384,rate=400Gb/s",
         "a 2-plane dragonfly (a=14, p=31, h=14, g=19, nic=multi-port)", "2-plane dragonfly"),
        ("fat-tree-3:radix=4,wiring=rail,planes=1,nic=single-plane,endpoints=16,rate=400Gb/s",
         "a fat-tree-3 of 4-port switches (wiring=rail)", "fat-tree-3"),
    ],
)  # fmt: skip
def test_a_network_that_a_search_made_is_said_in_words(spec, words, few):
    family = spec.partition(":")[0]
    network = {"name": f"{family}(k=64)", "family": family, "spec": spec}
    assert (in_words(network), short(network)) == (words, few)


def test_a_network_with_a_name_of_its_own_keeps_it():
    for network in ({"name": "today", "family": "fat-tree-2", "spec": TREE}, {"name": "fat-tree-2(k=64)"}):
        assert in_words(network) == short(network) == network["name"]


def test_marks_of_one_name_are_told_by_their_ports():
    """Two trees of eight planes differ in the ports of a leaf; a dragonfly beside them has its own name."""
    specs = (TREE, TREE.replace("up=19,down=45", "up=16,down=38"), "dragonfly:a=14,p=31,h=14,g=19,planes=2")
    networks = [
        {"name": f"{one.partition(':')[0]}(k=64)", "family": one.partition(":")[0], "spec": one} for one in specs
    ]
    assert marks(networks) == ["45 down, 19 up", "38 down, 16 up", "2-plane dragonfly"]
