"""Floor plans: every device has a place of its own, cables are as long as their ways, and proofs are believed."""

from __future__ import annotations

from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.test_registries import FABRICS, fabric_of
from topo.config import read_part
from topo.design.assignment import Problem, assign
from topo.design.errors import DesignError
from topo.design.floor import floor_plan
from topo.design.racks import elevation, rack_names, rack_rows
from topo.design.room import UNIT_M, Room, places
from topo.fabric import NodeKind, Tier
from topo.formats import read
from topo.size import Medium
from topo.study.order import order

REACH = {Medium.COPPER: 3.0, Medium.MULTIMODE: 5.0}
SMALL = Room(racks_per_row=3, rack_units=10, host_units=3, switch_units=2, reach_m=REACH)


@pytest.fixture(scope="module", params=FABRICS)
def floor(request):
    return floor_plan(fabric_of(request.param), SMALL, effort=0.1)


def test_every_device_has_units_of_its_own(floor):
    used = set()
    rows = list(elevation(floor))
    for row in rows:
        for unit in range(row["unit"], row["unit"] + row["units"]):
            assert 1 <= unit <= floor.room.rack_units
            assert (row["rack"], unit) not in used
            used.add((row["rack"], unit))
    devices = [row["device"] for row in rows]
    assert len(set(devices)) == len(devices) == floor.fabric.n_hosts + floor.fabric.n_switches
    assert {(row["x_m"], row["y_m"]) for row in rack_rows(floor)} == {(row["x_m"], row["y_m"]) for row in rows}


def test_racks_hold_hosts_or_switches_and_stand_apart(floor):
    racks = rack_rows(floor)
    assert all(bool(rack["hosts"]) != bool(rack["switches"]) for rack in racks)
    assert len({(rack["row"], rack["column"]) for rack in racks}) == len(racks)
    assert all(1 <= rack["column"] <= 3 for rack in racks)


def test_a_cable_is_as_long_as_its_way(floor):
    """The oracle walks: up to the tray, along it, down again; or straight within a rack."""
    rows, racks = floor.fabric.cables(), rack_names(floor)
    placed = {(row["rack"], row["unit"]): row for row in elevation(floor)}
    devices = np.flatnonzero(floor.fabric.kind != NodeKind.SCALE_UP).tolist()
    where = {node: placed[racks[floor.rack[node]], floor.unit[node]] for node in devices}
    for cable, (a, b, tier) in enumerate(zip(rows["a"], rows["b"], rows["tier"], strict=True)):
        if tier == Tier.SCALE_UP:
            assert np.isnan(floor.exact_m[cable])
            continue
        one, other = where[a], where[b]
        up = [(row["unit"] - 1 + row["units"] / 2) * UNIT_M for row in (one, other)]
        way = abs(one["x_m"] - other["x_m"]) + abs(one["y_m"] - other["y_m"])
        tray = 10 * UNIT_M + 0.3
        way = abs(up[0] - up[1]) if one["rack"] == other["rack"] else way + sum(tray - height for height in up)
        assert floor.exact_m[cable] == pytest.approx(way + 1.0)
        assert floor.length_m[cable] - 1 < floor.exact_m[cable] <= floor.length_m[cable] + 1e-9
        assert floor.length_m[cable] % 1 == 0
        reached = [medium for medium, reach in REACH.items() if floor.length_m[cable] <= reach]
        assert floor.medium[cable] == (reached or [Medium.SINGLEMODE])[0]


def test_runs_are_the_cables(floor):
    """By tier as many as the parts list has; media and lengths are those of the fabric that is cabled so."""
    count = {}
    for run in floor.runs:
        count[run.tier] = count.get(run.tier, 0) + run.cables
    size = floor.fabric.size
    assert sum(count.values()) == size.endpoint_links + size.switch_links
    cabled = {(tier, medium): n for tier, medium, n in floor.cabled.size.cables if tier != Tier.SCALE_UP}
    by_medium = {}
    for run in floor.runs:
        by_medium[run.tier, run.medium] = by_medium.get((run.tier, run.medium), 0) + run.cables
    assert by_medium == cabled


def test_assigned_is_never_worse_than_simple(floor):
    simple = floor_plan(floor.fabric, SMALL, simple=True)
    assert simple.assigned.tray_m == floor.assigned.simple_m
    assert floor.assigned.least_m <= floor.assigned.tray_m <= floor.assigned.simple_m
    rows, at = floor.fabric.cables(), floor.places.metres(SMALL)
    on = rows["tier"] != Tier.SCALE_UP
    tray = np.abs(at[floor.rack[rows["a"][on]]] - at[floor.rack[rows["b"][on]]]).sum()
    assert floor.assigned.tray_m == pytest.approx(tray)


@st.composite
def problems(draw):
    """Up to five blocks, three racks to assign and three that stay."""
    n, racks, hosts = draw(st.integers(1, 5)), draw(st.integers(1, 3)), draw(st.integers(1, 3))
    numbers = np.random.default_rng(draw(st.integers(0, 2**32)))
    size = numbers.integers(1, 4, n)
    between = np.triu(numbers.integers(0, 4, (n, n)) * (numbers.random((n, n)) < 0.6), 1)
    most = int(max(size.max(), -(-size.sum() // racks) + draw(st.integers(0, 2))))
    at = numbers.integers(0, 5, (hosts + racks, 2)) * (600, 2400)
    return Problem(size, most, between + between.T, numbers.integers(0, 5, (n, hosts)), at[:hosts], at[hosts:])


@settings(max_examples=60, deadline=None)
@given(problems())
def test_equal_to_brute_force(problem):
    """Every assignment that fits is tried; the proof is believed, and no bound lies above the best."""
    fits = [np.array(r) for r in product(range(len(problem.racks)), repeat=len(problem.size)) if _fits(problem, r)]
    if not fits:
        return
    found = assign(problem, fits[-1], effort=1.0)
    best = min(map(problem.tray, fits))
    assert found.proven
    assert _fits(problem, found.rack)
    assert found.tray_m == found.least_m == best / 1000
    assert found.simple_m == problem.tray(fits[-1]) / 1000
    assert problem.tray(fits[0]) == _by_hand(problem, fits[0])


def _fits(problem, rack):
    return np.bincount(rack, weights=problem.size, minlength=len(problem.racks)).max() <= problem.most


def _by_hand(problem, rack):
    total = 0
    for block, at in enumerate(rack):
        for host, cables in enumerate(problem.fixed[block]):
            total += cables * sum(abs(problem.racks[at] - problem.there[host]))
    for one, other in combinations(range(len(rack)), 2):
        total += problem.between[one, other] * sum(abs(problem.racks[rack[one]] - problem.racks[rack[other]]))
    return total


def test_rows_and_their_ends():
    """Seven racks of hosts and three of switches in rows of five: amid their rows, and at their ends."""
    amid, last = (places(Room(racks_per_row=5, switches=where), 7, 3) for where in ("row", "end-of-row"))
    assert list(zip(amid.row[7:].tolist(), amid.column[7:].tolist(), strict=True)) == [(0, 2), (1, 1), (1, 2)]
    assert list(zip(last.row[7:].tolist(), last.column[7:].tolist(), strict=True)) == [(0, 4), (1, 3), (1, 4)]
    assert list(zip(amid.row[:7].tolist(), amid.column[:7].tolist(), strict=True)) == [
        *((0, column) for column in (0, 1, 3, 4)),
        *((1, column) for column in (0, 3, 4)),
    ]


def test_a_scale_up_network_is_not_cut_in_two():
    fabric = fabric_of("fat-tree-2")  # four hosts of four endpoints
    three = floor_plan(fabric, Room(hosts_per_rack=3), simple=True)
    assert three.rack[: fabric.n_endpoints : 4].tolist() == [0, 0, 0, 1]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"host_units": 50}, "host_units: a host of 50 units does not fit a rack of 42"),
        ({"rack_watts": 10_000.0}, "rack_watts needs host_watts"),
        ({"hosts_per_rack": 6}, "hosts_per_rack: 6 of 8 units in 42; 5 fit"),
        ({"rack_watts": 9e3, "host_watts": 1e4}, "a host of 8 units in 42 and 10,000 W in 9,000 W; 0 fit"),
        ({"rack_watts": 9e3, "host_watts": 1e3, "switch_watts": 1e4}, "a switch of 1 units in 42 and 10,000 W"),
    ],
)
def test_what_does_not_fit_is_refused(words, said):
    with pytest.raises(DesignError, match=said):
        Room(**words)


def test_lengths_on_sale():
    room = Room(lengths_m=(5, 2, 10))
    assert room.bought(np.array([0.5, 2.0, 2.1, np.nan, 10.0])).tolist()[:3] == [2, 2, 5]
    assert np.isnan(room.bought(np.array([np.nan]))).all()
    with pytest.raises(DesignError, match=r"a cable goes 10\.1 m; the longest on sale has 10 m"):
        room.bought(np.array([10.1]))


def test_power_bounds_the_hosts_of_a_rack():
    room = Room(rack_watts=41_000.0, host_watts=10_200.0)
    assert room.hosts_in_a_rack == 4
    floor = floor_plan(fabric_of("fat-tree-2"), room, simple=True)
    assert max(row["watts"] for row in rack_rows(floor)) <= 41_000.0


def test_a_fabric_that_was_read_is_laid_out_and_its_cabling_read_back(tmp_path):
    """What is written holds lengths and media; the file then is ordered as the family was."""
    from topo.formats.text import csv_text

    words = {"cost": "list-2022", "floor": "hall:racks_per_row=3,rack_units=10,host_units=3"}
    first = order(read_part(fabric="dragonfly:a=4,p=2,h=2,g=3,endpoints_per_host=4", **words))
    path = tmp_path / "site.cabling.csv"
    path.write_text(csv_text(first.sheets()["cabling"]))
    again = order(read_part(fabric=str(path), **words))
    assert read(path).size.switch_links == first.floor.fabric.size.switch_links
    keys = ("bill", "floor_cost_usd", "cable_m", "simple_cable_m")
    assert {key: again.results[key] for key in keys} == {key: first.results[key] for key in keys}
