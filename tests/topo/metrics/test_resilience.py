import numpy as np
import pytest

import traffic
from tests import small
from topo.generators import generate
from topo.metrics.resilience import after_failures
from traffic.demand import Demand


def test_nothing_failed_is_intact():
    """No failures: all trials connected, all of the throughput left."""
    demand = Demand.of("far", 4, src=[0], dst=[2], size=1.0)
    (got,) = after_failures(small.leaf_spine(), demand, shares=[0.0], trials=3)
    assert (got.failed, got.connected, got.mean, got.least) == (0, 3, 1.0, 1.0)


def test_losing_parallel_cables():
    """Half of the cables of two leaves lost: the worse leaf keeps half at most; with all lost there is no path."""
    fabric = small.leaf_spine(2, 1, per_leaf=8, parallel=8)
    demand = Demand.of("all", 16, src=np.arange(8), dst=np.arange(8, 16), size=1.0)
    got = after_failures(fabric, demand, shares=[0.5, 1.0], trials=4, seed=1)
    assert [row.failed for row in got] == [8, 16]
    assert 0 < got[0].least <= got[0].mean <= 0.5
    assert (got[1].connected, got[1].mean, got[1].least) == (0, None, None)


def test_the_only_cable():
    """One link between two leaves: losing it disconnects, and that is counted, not raised."""
    (got,) = after_failures(small.one_link(), Demand.of("one", 2, src=[0], dst=[1], size=1.0), shares=[1.0], trials=2)
    assert (got.failed, got.connected) == (1, 0)


def test_same_seed_same_answer_and_failures_hurt():
    """Seeded; a tree under uniform traffic never gains from losing cables, and more losses cost more."""
    fabric = generate("fat-tree-2", capacity=1.0, radix=8, endpoints_per_host=1)
    demand = traffic.offer("uniform", n_ranks=fabric.n_endpoints, ranks_per_host=1)
    first, second = (after_failures(fabric, demand, shares=[0.0, 0.1, 0.3], seed=7) for _ in range(2))
    assert first == second
    means = [row.mean for row in first]
    assert means == sorted(means, reverse=True)
    assert means[0] == 1.0
    assert means[-1] < 1.0


@pytest.mark.parametrize("wrong", [{"shares": [1.5]}, {"shares": [-0.1]}, {"trials": 0}])
def test_wrong_input_is_refused(wrong):
    with pytest.raises(ValueError, match="between 0 and 1"):
        after_failures(small.one_link(), Demand.of("one", 2, src=[0], dst=[1], size=1.0), **wrong)
