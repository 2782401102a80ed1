"""Size: parts lists and copies of them."""

from __future__ import annotations

import pytest

from topo.size import DEFAULT_MEDIUM, Medium, Size, Tier, cable_row

CABLES = cable_row(Tier.SCALE_UP, 8) + cable_row(Tier.ENDPOINT, 8) + cable_row(Tier.LEAF_SPINE, 6)
SIZE = Size(name="tree", endpoints=8, switches=6, radix=4, cables=CABLES)


def test_only_cables_between_switches_are_switch_links():
    assert (SIZE.switch_links, SIZE.endpoint_links) == (6, 8)


def test_an_optical_cable_has_two_transceivers():
    assert SIZE.transceivers == 12


@pytest.mark.parametrize(("shared", "endpoints"), [(False, 24), (True, 8)])
def test_planes_multiply_switches_and_cables_and_endpoints_where_they_are_not_shared(shared, endpoints):
    three = SIZE.planes_of(3, shared_endpoints=shared)
    assert (three.endpoints, three.switches, three.switch_links, three.endpoint_links) == (endpoints, 18, 18, 24)
    assert three.planes == 3 and SIZE.planes == 1


def test_no_row_for_no_cables():
    assert cable_row(Tier.GLOBAL, 0) == ()
    assert cable_row(Tier.GLOBAL, 2, Medium.SINGLEMODE) == ((Tier.GLOBAL, Medium.SINGLEMODE, 2),)


def test_every_tier_has_a_medium_and_a_label():
    assert set(DEFAULT_MEDIUM) == set(Tier)
    assert [tier.label for tier in Tier] == ["scale-up", "endpoint", "leaf-spine", "spine-core", "local", "global"]
    assert [medium.optical for medium in Medium] == [False, True, True, False]
