"""One pair explained: paths, shares and rate, worked out by hand on small trees."""

import pytest

from topo.generators import generate
from topo.metrics import explain_pair
from traffic.demand import DemandError


@pytest.fixture(scope="module")
def tree():
    """Four leaves of two endpoints and two spines."""
    return generate("fat-tree-2", radix=4, capacity=50e9, endpoints_per_host=2, scale_up=None)


def test_across_the_spines(tree):
    found = explain_pair(tree, src=0, dst=tree.n_endpoints - 1, policy="ecmp")
    assert [(path["share"], path["hops"]) for path in found["paths"]] == [(0.5, 4), (0.5, 4)]
    assert found["hops"] == 4
    assert found["unlisted_share"] == 0
    assert sorted(link["share"] for link in found["links"]) == [0.5] * 4 + [1.0] * 2
    assert found["rate_gbps"] == pytest.approx(400)
    assert found["bottleneck"]["share"] == 1.0


@pytest.mark.parametrize(("src", "dst"), [(0, 1), (1, 0)])
def test_under_one_leaf(tree, src, dst):
    """One path, whichever of a leaf's links comes first: what carries nothing is no path."""
    found = explain_pair(tree, src=src, dst=dst, policy="ecmp")
    assert [(path["share"], path["hops"]) for path in found["paths"]] == [(1.0, 2)]
    assert found["end_hosts"] == [0, 0]


@pytest.mark.parametrize(("src", "dst", "named"), [(-1, 0, "src: endpoint -1"), (0, 8, "dst: endpoint 8")])
def test_an_endpoint_that_does_not_exist(tree, src, dst, named):
    with pytest.raises(DemandError, match=f"{named} does not exist; .* has 0 to 7"):
        explain_pair(tree, src=src, dst=dst, policy="ecmp")
