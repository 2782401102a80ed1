"""Distance histograms against networkx and against the search in numpy."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest

from tests.topo.routing.cases import fabrics
from topo.kernels.distance import distance_histogram
from topo.metrics import distances

FABRICS = fabrics()


def test_random_graph_as_networkx() -> None:
    """700 sources, more than a block: every pair is counted once, at its distance."""
    graph = nx.gnm_random_graph(700, 1400, seed=1)
    neighbours = [sorted(graph.neighbors(v)) for v in range(700)]
    first = np.concatenate([[0], np.cumsum([len(n) for n in neighbours])]).astype(np.int64)
    head = np.array([u for n in neighbours for u in n], dtype=np.int32)
    stations = np.arange(700)[:, None]
    at = distance_histogram(first, head, stations, stations, np.ones(700))
    expected = np.zeros(len(at))
    for _, to in nx.all_pairs_shortest_path_length(graph):
        expected += np.bincount(list(to.values()), minlength=len(at))
    assert np.array_equal(at, expected)


@pytest.mark.parametrize("name", FABRICS)
def test_compiled_and_numpy_agree(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both searches give the same pairs, between endpoints and between switches, several ports included."""
    fabric = FABRICS[name]
    plain = [distances.endpoint_distances(fabric), distances.switch_distances(fabric)]
    monkeypatch.setattr(distances, "_COMPILED_VISITS", -1)
    compiled = [distances.endpoint_distances(fabric), distances.switch_distances(fabric)]
    for one, other in zip(plain, compiled, strict=True):
        assert np.array_equal(np.trim_zeros(one.pairs_at, "b"), np.trim_zeros(other.pairs_at, "b"))
        assert one.unconnected == other.unconnected
