"""Fabrics of equal planes that are made of one: link for link what their cables make."""

from __future__ import annotations

from dataclasses import fields, replace
from functools import partial

import numpy as np
import pytest

from tests.topo.routing.cases import random_demand
from topo.copies import copies_of
from topo.flow import route, solve
from topo.generators import generate
from topo.generators.assembly import Assembly
from topo.metrics import measure, structure
from topo.metrics.load import Loads
from topo.routing.split import ecmp, wcmp
from traffic.synthetic import hotspot, uniform

#: (family, parameters): each kind of switch, bundles, leaves that are not full, groups.
FABRICS = [
    ("fat-tree-2", {"radix": 8}),
    ("fat-tree-2", {"radix": 8, "endpoints": 24}),
    ("fat-tree-2", {"radix": 16, "wiring": "rail"}),
    ("fat-tree-3", {"radix": 4}),
    ("dragonfly", {"a": 4, "p": 2, "h": 2}),
    ("slim-fly", {"q": 3}),
]
GIVEN = {"capacity": 50e9, "planes": 3, "nic": "multi-port", "cable_latency": 1e-6, "symmetry": True}


@pytest.mark.parametrize(("family", "own"), FABRICS)
@pytest.mark.parametrize("scale_up", [None, 200e9])
def test_copies_are_what_their_cables_make(family, own, scale_up, monkeypatch):
    """``from_cables`` knows nothing of planes: doubled, sorted and numbered, its links are the same."""
    made = generate(family, scale_up=scale_up, **own, **GIVEN)
    monkeypatch.setattr(Assembly, "_copied", lambda *_: None)
    sorted_ = generate(family, scale_up=scale_up, **own, **GIVEN)
    assert copies_of(made) is not None
    assert copies_of(sorted_) is None
    for field in fields(made):
        mine, theirs = getattr(made, field.name), getattr(sorted_, field.name)
        if isinstance(mine, np.ndarray):
            assert mine.dtype == theirs.dtype
            np.testing.assert_array_equal(mine, theirs, field.name)
        elif field.name != "symmetry":
            assert mine == theirs
    assert len(made.symmetry) == len(sorted_.symmetry)
    for mine, theirs in zip(made.symmetry, sorted_.symmetry, strict=True):
        np.testing.assert_array_equal(mine, theirs)


def test_what_changes_is_no_copy():
    """A fabric that lost a cable, and one whose endpoints are on a plane each, are not made of one plane."""
    given = {"radix": 8, "capacity": 50e9, "planes": 2}
    assert copies_of(generate("fat-tree-2", **given)) is None
    whole = generate("fat-tree-2", nic="multi-port", **given)
    copies = copies_of(whole)
    assert copies is not None
    assert copies.one.n_endpoints == whole.n_endpoints
    assert copies_of(whole.without(cables=[0])) is None
    assert copies_of(replace(whole, capacity=2 * whole.capacity)) is None


@pytest.mark.parametrize(("family", "own"), [*FABRICS, ("fat-tree-2", {"radix": 8, "spines": 3, "endpoints": 16})])
def test_one_plane_says_what_all_say(family, own):
    """Structure, and loads of grouped traffic under every policy that splits: as of the fabric that knows no copies."""
    made = generate(family, scale_up=200e9, **own, **GIVEN | {"symmetry": False})
    plain = replace(made)
    assert copies_of(plain) is None
    mine, theirs = structure(made), structure(plain)
    assert {key for key in mine if mine[key] != theirs[key]} <= {"bisection_per_endpoint", "bisection_bound"}
    assert mine["bisection_bound"] == pytest.approx(theirs["bisection_bound"], rel=1e-12)
    for demand in (uniform(n_ranks=made.n_endpoints), hotspot(n_ranks=made.n_endpoints)):
        for policy in (ecmp, wcmp, partial(ecmp, balance="equal")):
            mine, theirs = policy(made, demand), policy(plain, demand)
            np.testing.assert_allclose(mine.unit, theirs.unit, rtol=1e-12)
            assert mine.policy == theirs.policy


@pytest.mark.parametrize("relay", ["source", "spread"])
@pytest.mark.parametrize(("family", "own"), FABRICS)
def test_pairs_are_routed_on_one_plane_as_on_all(family, own, relay):
    """Loads, sums and minima of listed traffic whose links differ from plane to plane."""
    made = generate(family, scale_up=200e9, relay=relay, **own, **GIVEN | {"symmetry": False})
    plain = replace(made)
    demand, rng = random_demand(made.n_endpoints), np.random.default_rng(0)
    rate, value = rng.random(demand.n_commodities), rng.random(made.n_links)
    for policy in (ecmp, wcmp, partial(ecmp, balance="equal"), partial(ecmp, balance="weighted")):
        mine, theirs = policy(made, demand), policy(plain, demand)
        np.testing.assert_allclose(mine.load(rate), theirs.load(rate), rtol=1e-12, atol=1e-12)
        np.testing.assert_allclose(mine.sum_along(value), theirs.sum_along(value), rtol=1e-12)
        np.testing.assert_array_equal(mine.min_along(value), theirs.min_along(value))
        np.testing.assert_allclose(mine.columns().toarray(), theirs.columns().toarray(), rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("relay", ["source", "spread"])
@pytest.mark.parametrize(("family", "own"), FABRICS)
def test_one_plane_is_measured_as_all_are(family, own, relay, monkeypatch):
    """Every number of a solved case, names of its fullest links included."""
    made = generate(family, scale_up=200e9, relay=relay, **own, **GIVEN | {"symmetry": False})
    for demand in (uniform(n_ranks=made.n_endpoints), random_demand(made.n_endpoints, phases=3)):
        solution = solve(made, demand, route(made, demand))
        mine, folded = leaves_of(measure(solution)), Loads.of(solution).copies
        assert folded is copies_of(made) or (relay == "spread" and demand.n_phases == 1)
        with monkeypatch.context() as patch:
            patch.setattr(Loads, "of", Loads.of_all)
            theirs = leaves_of(measure(solution))
        assert mine.keys() == theirs.keys()
        for key, value in theirs.items():
            exact = isinstance(value, str | None)
            assert mine[key] == (value if exact else pytest.approx(value, rel=1e-12, abs=1e-12)), key


def leaves_of(value, place=""):
    """Return what nested results hold by where it stands."""
    if isinstance(value, dict | list):
        items = value.items() if isinstance(value, dict) else enumerate(value)
        return {key: leaf for name, one in items for key, leaf in leaves_of(one, f"{place}.{name}").items()}
    return {place: value}


def test_values_of_planes_are_those_that_were_put_together():
    for scale_up in (None, 200e9):
        copies = copies_of(generate("fat-tree-3", radix=4, scale_up=scale_up, **GIVEN))
        value = np.random.default_rng(0).random(copies.over_links(np.zeros(copies.one.n_links)).shape)
        each = copies.of_planes(value)
        assert each.shape == (3, copies.one.n_links)
        np.testing.assert_array_equal(copies.over_links(each), value)
