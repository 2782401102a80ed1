"""Growth: steps that make one network of another exactly, as many cables kept as can be, the cheapest way of all."""

from __future__ import annotations

from collections import Counter
from itertools import permutations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import topo
from tests.topo.formats.same import check_same
from topo.design.errors import DesignError
from topo.design.growth import Candidate, cheapest_path
from topo.design.recabling import recabling
from topo.fabric import NodeKind

#: Before and after, and how many cables stay at most, counted by hand; None where nobody has.
GROWTHS = {
    # Per plane 8 leaves with 8 cables to each of 4 spines become leaves with one to each of 32.
    "MPFT 2,048 to 16,384": (
        {"family": "fat-tree-2", "radix": 64, "planes": 8, "endpoints": 2048},
        {"family": "fat-tree-2", "radix": 64, "planes": 8},
        2048 + 8 * 8 * 4,
    ),
    "tree": ({"family": "fat-tree-2", "radix": 8, "endpoints": 8}, {"family": "fat-tree-2", "radix": 8}, 8 + 2),
    "two layers to three": (
        {"family": "fat-tree-2", "radix": 8, "endpoints": 32},
        {"family": "fat-tree-3", "radix": 8, "endpoints": 64},
        None,
    ),
    "dragonfly filled up": (
        {"family": "dragonfly", "a": 4, "p": 2, "h": 2, "endpoints": 36},
        {"family": "dragonfly", "a": 4, "p": 2, "h": 2},
        None,
    ),
    "other family": ({"family": "fat-tree-2", "radix": 8}, {"family": "dragonfly", "a": 4, "p": 2, "h": 2}, None),
    "nothing": ({"family": "slim-fly", "q": 5}, {"family": "slim-fly", "q": 5}, 375),
    "hosts": (
        {"family": "fat-tree-2", "radix": 8, "endpoints": 16, "endpoints_per_host": 4, "scale_up": 2e11},
        {"family": "fat-tree-2", "radix": 8, "endpoints_per_host": 4, "scale_up": 2e11},
        None,
    ),
}


def build(parameters):
    return topo.generate(parameters["family"], **{k: v for k, v in parameters.items() if k != "family"}, capacity=5e10)


@pytest.mark.parametrize("name", GROWTHS)
def test_the_steps_make_the_network_after_exactly(name):
    before, after = map(build, GROWTHS[name][:2])
    found = recabling(before, after)
    check_same(found.applied(), after, but=("symmetry", "name"))
    both = len(found.stays)
    assert (both + len(found.comes_out), both + len(found.goes_in)) == (before.n_cables, after.n_cables)
    stays = GROWTHS[name][2]
    assert stays is None or both == stays
    kept = found.node[found.node >= 0]
    assert len(np.unique(kept)) == len(kept)
    assert np.array_equal(after.kind[kept], before.kind[found.node >= 0])
    switches = np.count_nonzero(after.kind >= NodeKind.LEAF)
    assert np.count_nonzero(after.kind[kept] >= NodeKind.LEAF) + len(found.new_switches) == switches


def test_nothing_to_do():
    found = recabling(*[build(GROWTHS["nothing"][0])] * 2)
    assert not list(found.steps())
    assert not len(found.new_switches) + len(found.retired)
    assert found.moved_share == 0


def test_a_small_tree_keeps_as_many_cables_as_any_naming_of_switches():
    """All ways in which switches stand for one another, by counting cables as a bag."""
    before, after = (topo.generate("fat-tree-2", radix=4, endpoints=n, capacity=5e10) for n in (4, 8))
    old, new = before.cables(), after.cables()
    kinds = [[np.flatnonzero(f.kind == kind) for f in (before, after)] for kind in (NodeKind.LEAF, NodeKind.SPINE)]
    bag, most = Counter(zip(new["a"].tolist(), new["b"].tolist(), strict=True)), 0
    for leaves, spines in product(*(permutations(theirs, len(ours)) for ours, theirs in kinds)):
        node = np.concatenate([np.arange(before.n_endpoints), leaves, spines])
        ends = np.sort(np.stack([node[old["a"]], node[old["b"]]]), axis=0)
        most = max(most, (Counter(map(tuple, ends.T.tolist())) & bag).total())
    assert len(recabling(before, after).stays) == most


def test_steps_name_both_ends():
    steps = list(recabling(*map(build, GROWTHS["tree"][:2])).steps())
    assert ("remove", "leaf0", "spine0", "leaf-spine") in steps
    assert [step[0] for step in steps] == sorted((step[0] for step in steps), reverse=True)


@settings(max_examples=60, deadline=None, derandomize=True, database=None)
@given(seed=st.integers(0, 2**31), move_usd=st.sampled_from([0.0, 7.0]))
def test_the_cheapest_path_is_that_of_all_paths(seed, move_usd):
    rng = np.random.default_rng(seed)
    usd = dict(zip("abc", rng.integers(1, 50, 3).tolist(), strict=True))
    stages = [
        [Candidate(f"{s}{i}", dict(zip("abc", rng.integers(0, 9, 3).tolist(), strict=True)), usd) for i in range(3)]
        for s in range(3)
    ]
    moves = {(x.name, y.name): int(rng.integers(0, 20)) for x, y in [*product(*stages[:2]), *product(*stages[1:])]}

    def cost(path):
        owned, total = Counter(), 0.0
        for at, network in enumerate(path):
            total += sum(max(0, n - owned[part]) * usd[part] for part, n in network.parts.items())
            owned = Counter({part: max(owned[part], network.parts[part]) for part in "abc"})
            total += move_usd * moves[path[at - 1].name, network.name] if at else 0.0
        return total

    found = cheapest_path(stages, move_usd=move_usd, moves=moves)
    assert found.total_usd == pytest.approx(min(map(cost, product(*stages))))
    assert cost(found.networks) == pytest.approx(found.total_usd)


def test_what_is_refused():
    with pytest.raises(DesignError, match="has 8 endpoints, fewer than the 32 before"):
        recabling(*(build({"family": "fat-tree-2", "radix": 8, "endpoints": n}) for n in (32, 8)))
    with pytest.raises(DesignError, match="every stage needs a network"):
        cheapest_path([[]])
    lone = [Candidate(name, {}, {}) for name in "xy"]
    with pytest.raises(DesignError, match="can follow"):
        cheapest_path([lone[:1], lone[1:]], moves={("y", "x"): 0})
