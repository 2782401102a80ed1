import pytest

from tests import small
from topo.generators import generate
from topo.metrics.shape import oversubscription, structure


def test_counts_and_hops_of_a_two_layer_tree():
    """2 x 2 leaf-spine: mean (1 x 2 + 2 x 4) / 3 hops; leaf pairs are 2 apart, leaf to spine 1."""
    got = structure(small.leaf_spine())
    assert {key: got[key] for key in ("endpoints", "hosts", "switches", "switch_links", "endpoint_links")} == {
        "endpoints": 4,
        "hosts": 4,
        "switches": 4,
        "switch_links": 4,
        "endpoint_links": 4,
    }
    assert (got["diameter"], got["mean_hops"]) == (4, pytest.approx(10 / 3))
    assert (got["switch_diameter"], got["mean_switch_hops"]) == (2, pytest.approx(4 / 3))
    assert got["oversubscription"] == {"leaf-spine": 1.0}
    assert (got["bisection_per_endpoint"], got["findings"]) == (1.0, [])


def test_planes_leave_out_pairs_that_only_hosts_connect():
    """Endpoints on different planes are no pair of the network; a finding says how many."""
    got = structure(small.planes())
    assert (got["diameter"], got["unconnected_pairs"]) == (4, 32)
    assert "32 ordered pairs" in got["findings"][0]
    assert "relay: source" in got["findings"][0]


def test_nothing_connected_is_null_and_found():
    """Without switches up, no hops, and both reasons are stated."""
    got = structure(small.one_link().without(cables=[0, 1]))
    assert (got["diameter"], got["mean_hops"]) == (None, None)
    assert "no port" in got["findings"][0]
    assert "no two endpoints" in got["findings"][1]


@pytest.mark.parametrize(("spines", "ratio"), [(1, 4.0), (2, 2.0), (4, 1.0), (8, 0.5)])
def test_oversubscription_is_down_over_up(spines, ratio):
    assert oversubscription(small.leaf_spine(4, spines, per_leaf=4)) == {"leaf-spine": ratio}


@pytest.mark.parametrize("oversubscription_", [1.0, 3.0])
def test_each_layer_of_three_counts_its_own_links(oversubscription_):
    """Leaves are oversubscribed, spines are not; links inside hosts count nowhere."""
    fabric = generate("fat-tree-3", radix=8, oversubscription=oversubscription_, capacity=1.0, scale_up=9.0)
    assert oversubscription(fabric) == {"leaf-spine": oversubscription_, "spine-core": 1.0}


def test_direct_networks_have_no_up():
    assert oversubscription(small.parking_lot()) == {}
