"""Networks of every family are on their fabric what their closed form says; one that is not is refused by the key."""

from __future__ import annotations

from dataclasses import replace

import pytest

from topo.config.prices import load
from topo.design import Form, Need, Space, Switch, candidates
from topo.design.errors import DesignError
from topo.generators import FAMILIES, generate
from topo.size import Tier
from topo.study.inspection import inspection
from topo.units import from_gbps

PRICES = load("paper-table-3")
RATE = from_gbps(400)
FORMS = (Form(1, "single-plane"), Form(2, "single-plane"), Form(2, "multi-port"))
SPACE = Space(
    24,
    (Switch(6, None), Switch(8, None)),
    RATE,
    FORMS,
    {name: {} for name in FAMILIES},
    endpoints_per_host=2,
    prices=PRICES,
)
MANY = [one for one in candidates(SPACE) if one.size.buildable]


def fabric(one):
    params = dict(one.params)
    return generate(
        one.family,
        **params,
        endpoints=one.size.endpoints,
        endpoints_per_host=2,
        scale_up=9 * RATE,
        capacity=one.capacity,
        symmetry=False,
    )


@pytest.mark.parametrize("family", sorted(FAMILIES))
@pytest.mark.parametrize("form", FORMS)
def test_what_is_built_is_what_was_counted(family, form):
    """Every fifth network of the space, whole and partly populated, on planes and not."""
    own = [one for one in MANY if one.family == family and Form(one.params["planes"], one.params["nic"]) == form]
    assert own
    for one in own[::5]:
        facts = inspection(fabric(one), one, [Need("endpoints", ">=", one.size.endpoints)], prices=PRICES)
        assert facts["cost_usd"] == pytest.approx(one.facts["cost_usd"])
        assert facts["mean_hops"] <= facts["diameter"] <= (one.facts["diameter"] or 9)


TREE = next(
    one for one in MANY if one.family == "fat-tree-3" and one.size.cores and one.facts["bisection_per_endpoint"]
)


@pytest.mark.parametrize(
    ("key", "wrong", "says"),
    [
        ("endpoints", 23, "endpoints of the fabric is 24, of its closed form 23"),
        ("switches", 3, "switches of the fabric is .*, of its closed form 3"),
        ("transceivers", 1, "transceivers of the fabric is .*, of its closed form 1"),
        ("cost_usd", 1.5, r"cost_usd of the fabric is .*, of its closed form 1\.5"),
        ("diameter", 3, "diameter of the fabric is .*, of its closed form 3"),
        ("radix", 2, "radix of the fabric is .*, of its closed form 2"),
        ("oversubscription", 0.1, r"oversubscription of the fabric is .*, of its closed form 0\.1"),
        ("bisection_per_endpoint", 1.5, r"bisection_per_endpoint of the fabric is .*, of its closed form 1\.5"),
    ],
)
def test_a_closed_form_that_is_wrong_is_an_error(key, wrong, says):
    with pytest.raises(DesignError, match=says):
        inspection(fabric(TREE), replace(TREE, facts={**TREE.facts, key: wrong}), prices=PRICES)


def test_a_tier_is_told_apart():
    cables = tuple((tier, medium, n + (tier == Tier.SPINE_CORE)) for tier, medium, n in TREE.size.cables)
    with pytest.raises(DesignError, match="oversubscription of spine-core of the fabric is"):
        inspection(fabric(TREE), replace(TREE, size=replace(TREE.size, cables=cables)), prices=PRICES)


def test_a_requirement_that_the_fabric_misses_is_an_error():
    with pytest.raises(DesignError, match="diameter of the fabric is 6; required is diameter <= 5"):
        inspection(fabric(TREE), TREE, [Need("diameter", "<=", 5)], prices=PRICES)
