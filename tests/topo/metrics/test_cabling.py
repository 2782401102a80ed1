"""Bundles and straddling hosts: what trees lose by them, and that they lose nothing without."""

from __future__ import annotations

import numpy as np
import pytest

from tests import small
from topo.fabric import Fabric, NodeKind, Tier
from topo.generators import generate
from topo.metrics import structure
from topo.metrics.cabling import cabling_findings, straddling_hosts, uniform_share

RATE = 50e9


@pytest.mark.parametrize("family", ["fat-tree-2", "fat-tree-3"])
@pytest.mark.parametrize("wiring", ["host", "rail"])
@pytest.mark.parametrize("endpoints", range(64, 2049, 64))
def test_uniform_ecmp_is_full_for_every_population(family, wiring, endpoints):
    fabric = generate(family, radix=64, wiring=wiring, endpoints=endpoints, capacity=RATE, symmetry=True)
    assert uniform_share(fabric) == pytest.approx(1.0, rel=1e-9)
    assert cabling_findings(fabric) == []


def test_unequal_bundles_say_what_they_lose():
    """The audit's tree: 1,152 endpoints at radix 64 on 18 spines reach 0.567 under ECMP."""
    fabric = generate("fat-tree-2", radix=64, endpoints=1152, spines=18, scale_up=4 * RATE, capacity=RATE)
    (finding,) = structure(fabric)["findings"]
    assert finding.startswith("36 of 36 leaves have unequal bundles, 1 to 2 cables to one of the spines; uniform")
    assert f"reaches {uniform_share(fabric):.3f} of" in finding
    assert uniform_share(fabric) == pytest.approx(0.567, abs=5e-4)
    assert structure(fabric, intact=False)["findings"] == []  # after failures bundles say nothing of the plan


def test_hosts_that_straddle_are_told_and_rails_do_not():
    straddling = generate("fat-tree-2", radix=20, capacity=RATE)
    assert straddling_hosts(straddling).tolist() == [h for h in range(25) if h % 5 in (1, 2, 3)]
    assert "15 of 25 hosts straddle leaves, host 1 the first" in structure(straddling)["findings"][0]
    for fabric in (
        generate("fat-tree-2", radix=20, endpoints=160, capacity=RATE),
        generate("fat-tree-2", radix=16, wiring="rail", capacity=RATE),
        generate("fat-tree-2", radix=12, planes=8, capacity=RATE),
        generate("slim-fly", q=5, capacity=RATE),
    ):
        assert "straddle" not in str(structure(fabric)["findings"])


def test_cables_between_spines_are_no_bundles_of_leaves():
    """Three spines in a chain of one cable and of two, whatever tier a file gives them: leaves have even bundles."""
    tree = small.leaf_spine(2, 3)
    cables = tree.cables()
    first = int(np.argmax(tree.kind == NodeKind.SPINE))
    a, b = (np.append(cables[key], first + np.array(more)) for key, more in (("a", [0, 1, 1]), ("b", [1, 2, 2])))
    tier = np.append(cables["tier"], [Tier.LEAF_SPINE] * 3)
    assert cabling_findings(Fabric.from_cables(name="chained", kind=tree.kind, a=a, b=b, capacity=1.0, tier=tier)) == []
