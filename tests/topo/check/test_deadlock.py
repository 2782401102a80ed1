"""Deadlock against every route listed by networkx, and against what is known of trees, Dragonflies and Slim Flies."""

from __future__ import annotations

import json
from itertools import chain, pairwise

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import topo
from tests.topo.check import routes
from topo.check.channels import dependencies, marks_of
from topo.check.deadlock import deadlock
from topo.check.lanes import lanes
from topo.check.units import units_of
from topo.cli import main
from topo.fabric import Fabric
from topo.flow import POLICIES
from topo.routing.operator import RoutingError
from topo.routing.tables import Tables, by_position

FABRICS = {
    "two layers": {"family": "fat-tree-2", "radix": 4, "endpoints_per_host": 1},
    "bundles": {"family": "fat-tree-2", "radix": 8, "endpoints": 16},
    "three layers": {"family": "fat-tree-3", "radix": 4, "endpoints_per_host": 1},
    "planes": {"family": "fat-tree-2", "radix": 4, "planes": 2, "endpoints_per_host": 2},
    "slim fly": {"family": "slim-fly", "q": 3, "endpoints_per_host": 1},
    "dragonfly": {"family": "dragonfly", "a": 2, "p": 1, "h": 2, "endpoints_per_host": 1},
}


def of(fabric, policy, **given):
    return deadlock(fabric, POLICIES[policy], policy, **given)


def ring(n, *chords):
    """n switches in a ring, one endpoint each."""
    edges = [(f"s{i}", f"s{(i + 1) % n}") for i in range(n)] + [(f"s{a}", f"s{b}") for a, b in chords]
    return Fabric.from_networkx(nx.MultiGraph(edges + [(f"h{i}", f"s{i}") for i in range(n)]), capacity=1e9)


def pairs_of(fabric, policy, **given):
    """Return the dependencies as pairs of pairs of switches."""
    found = dependencies(fabric, POLICIES[policy], policy, **given)
    ends = [(int(fabric.tail[link]), int(fabric.head[link])) for link in found.link]
    return {(ends[a], ends[b]) for a, b in zip(found.before.tolist(), found.behind.tolist(), strict=True)}


def check_against(fabric, policy, ways):
    """Dependencies, verdict, shortest cycle, climbs and hops are those of the routes ``ways``."""
    graph, found = routes.switch_graph(fabric), of(fabric, policy)
    edges = routes.dependencies(ways)
    assert pairs_of(fabric, policy) == edges
    inside = [part for part in nx.strongly_connected_components(nx.DiGraph(list(edges))) if len(part) > 1]
    assert found.free == (not inside)
    assert found.cyclic == sum(map(len, inside))
    assert found.shortest and len(found.cycles[0] if found.cycles else ()) == routes.girth(edges)
    longest = max(len(way) - 1 for way in ways)
    assert found.hops == longest or (POLICIES[policy].turns and found.hops > longest)
    if not found.free:
        assert found.lanes_by_hop >= routes.climbs(fabric, graph, ways)
    for cycle in found.cycles:
        ends = [(int(fabric.tail[link]), int(fabric.head[link])) for link in cycle]
        assert all(pair in edges for pair in zip(ends, ends[1:] + ends[:1], strict=True))
    assert len(set(chain(*found.cycles))) == sum(map(len, found.cycles))
    return found


@pytest.mark.parametrize("policy", ["ecmp", "valiant", "ugal"])
@pytest.mark.parametrize("name", FABRICS)
def test_every_route_of_every_family(name, policy):
    fabric = topo.generate(**FABRICS[name], capacity=50e9)
    graph, leaves = routes.switch_graph(fabric), routes.leaves_of(fabric)
    short = chain.from_iterable(routes.shortest(graph, leaves).values()) if policy != "valiant" else ()
    turns = chain.from_iterable(routes.turning(fabric, graph, leaves).values()) if policy != "ecmp" else ()
    ways = [*short, *turns]
    found = check_against(fabric, policy, ways)
    assert found.free or found.lanes_by_hop == routes.climbs(fabric, graph, ways)


@settings(max_examples=25, deadline=None)
@given(st.integers(3, 8), st.integers(0, 2**20), st.sampled_from(["ecmp", "valiant"]))
def test_every_route_of_random_graphs(n, seed, policy):
    rng = np.random.default_rng(seed)
    fabric = ring(n, *(rng.choice(n, 2, replace=False).tolist() for _ in range(seed % 5)))
    graph, leaves = routes.switch_graph(fabric), routes.leaves_of(fabric)
    ways = routes.turning(fabric, graph, leaves) if policy == "valiant" else routes.shortest(graph, leaves)
    check_against(fabric, policy, list(chain.from_iterable(ways.values())))


@settings(max_examples=25, deadline=None)
@given(st.integers(3, 8), st.integers(0, 2**20))
def test_random_tables_are_followed_wherever_they_lead(n, seed):
    """Oracle: a walk from each switch, link by link; ways that go in a circle are walked round once."""
    rng = np.random.default_rng(seed)
    fabric = ring(n, *(rng.choice(n, 2, replace=False).tolist() for _ in range(seed % 4)))
    base, edges, circles, longest = fabric.n_endpoints, set(), 0, 0
    links = [np.flatnonzero((fabric.tail == base + v) & (fabric.head >= base)) for v in range(n)]
    table = np.array([[rng.choice(links[v]) for _ in range(n)] for v in range(n)], dtype=np.int32)
    table[np.arange(n), np.arange(n)] = fabric.reverse[fabric.first[np.arange(n)]]
    for d in range(n):
        whole = True
        for s in range(n):
            way = [s]
            while fabric.head[table[way[-1], d]] >= base and len(way) < 3 * n:
                way.append(int(fabric.head[table[way[-1], d]]) - base)
            passed = [int(table[v, d]) for v in way[:-1]]
            edges |= set(pairwise(passed))
            whole &= len(way) < 3 * n
            longest = max(longest, len(passed) if len(way) < 3 * n else 0)
        circles += not whole
    tables = Tables.of(fabric, table)
    found = dependencies(fabric, POLICIES["static"], "static", tables)
    assert {(int(found.link[a]), int(found.link[b])) for a, b in zip(found.before, found.behind, strict=True)} == edges
    assert (found.circles, found.hops >= longest) == (circles, True)
    assert circles or found.hops == longest
    assert of(fabric, "static", tables=tables).free == nx.is_directed_acyclic_graph(nx.DiGraph(list(edges)))


@pytest.mark.parametrize(
    ("family", "policy", "given_", "lanes"),
    [
        ({"family": "fat-tree-2", "radix": 8}, "ecmp", {}, 1),
        ({"family": "fat-tree-3", "radix": 4}, "static", {}, 1),
        ({"family": "dragonfly", "a": 4}, "ecmp", {}, 2),
        ({"family": "dragonfly", "a": 4}, "valiant", {"via": "group"}, 3),
        ({"family": "dragonfly", "a": 4}, "valiant", {"via": "switch"}, 4),
        ({"family": "dragonfly", "a": 4}, "ugal", {"via": "switch"}, 4),
        ({"family": "slim-fly", "q": 5}, "ecmp", {}, 2),
        ({"family": "slim-fly", "q": 5}, "valiant", {}, 4),
    ],
)
def test_lanes_that_are_known(family, policy, given_, lanes):
    """Kim et al., ISCA 2008: two lanes for minimal, three with a detour through a group; Besta and Hoefler, SC'14."""
    found = of(topo.generate(**family, capacity=50e9), policy, **given_)
    assert (found.lanes_by_hop, found.free) == (lanes, lanes == 1)


@settings(max_examples=25, deadline=None)
@given(st.integers(3, 6), st.integers(0, 2**20))
def test_lanes_by_path_of_random_graphs(n, seed):
    """Oracle: every deal of all pairs over one lane, two, three."""
    rng = np.random.default_rng(seed)
    fabric = ring(n, *(rng.choice(n, 2, replace=False).tolist() for _ in range(seed % 3)))
    ways = routes.shortest(routes.switch_graph(fabric), routes.leaves_of(fabric))
    found = of(fabric, "ecmp")
    fewest = routes.fewest_lanes([routes.dependencies(pair) for pair in ways.values()])
    assert found.lanes_lower <= fewest <= found.lanes_upper
    assert (found.lanes_lower == found.lanes_upper) == (found.lanes_method in ("proof", "no cycle"))


def one_way(n):
    """A ring that is passed one way round, by tables."""
    fabric = ring(n)
    table = np.empty((n, n), dtype=np.int32)
    for v in range(n):
        (link,) = np.flatnonzero((fabric.tail == n + v) & (fabric.head == n + (v + 1) % n))
        table[v] = link
        table[v, v] = fabric.reverse[fabric.first[v]]
    return fabric, Tables.of(fabric, table)


@pytest.mark.parametrize("n", [3, 4, 5, 6, 7, 8])
def test_a_ring_one_way_round_needs_half_as_many_lanes_as_switches_by_path(n):
    """On each lane some switch is passed by no route; two of the n longest do not pass it: they begin or end there."""
    fabric, tables = one_way(n)
    found = of(fabric, "static", tables=tables)
    assert found.lanes_lower == found.lanes_upper == (n + 1) // 2
    assert [len(cycle) for cycle in found.cycles] == [n]


def test_groups_in_order_need_two_lanes():
    """Oracle: the deal over lanes of the pairs themselves, which the rule for groups does without."""
    fabric, policy = topo.generate("dragonfly", a=4, capacity=50e9), POLICIES["ecmp"]
    found = deadlock(fabric, policy, "ecmp")
    assert (found.lanes_lower, found.lanes_upper, found.lanes_method) == (2, 2, "proof")
    marks = marks_of(fabric, policy, "ecmp")
    seen = marks.done()
    part = np.zeros(len(seen.link), dtype=np.int32)
    assert lanes(units_of(marks, seen, part, policy, None)) == (2, 2, "proof")


def test_no_lane_helps_a_route_in_a_circle():
    fabric, tables = one_way(4)
    table = tables.link.copy()
    table[2, 2] = table[2, 1]
    found = of(fabric, "static", tables=Tables.of(fabric, table))
    assert (found.free, found.circles, found.lanes_lower, found.lanes_upper) == (False, 1, None, None)


@pytest.mark.parametrize("name", ["two layers", "bundles", "three layers", "planes"])
def test_tables_of_positions_in_a_file_and_by_the_policy_are_one(name):
    fabric = topo.generate(**FABRICS[name], capacity=50e9)
    assert pairs_of(fabric, "static") == pairs_of(fabric, "static", tables=by_position(fabric))


def test_a_policy_whose_routes_depend_on_traffic_is_refused():
    with pytest.raises(RoutingError, match="finds its routes for the traffic at hand; take one whose routes stand"):
        of(ring(4), "optimal")


def test_the_verb_names_ports_and_exits_as_asked(capsys):
    assert main(["check", "slim-fly:q=5", "--routing", "ecmp", "--json", "--fail-on", "lanes_by_hop>1"]) == 1
    results = json.loads(capsys.readouterr().out)
    assert results["deadlock_free"] is False and results["deadlock_cycles"][0]["ports"][0].startswith("leaf")
    assert main(["check", "slim-fly:q=5", "--routing", "ecmp"]) == 0
    assert "cycle of 5 links, each of which waits for the next" in capsys.readouterr().out
    assert main(["check", "slim-fly:q=5", "--json"]) == 0
    assert "deadlock_free" not in json.loads(capsys.readouterr().out)


@pytest.mark.parametrize("balance", ["equal", "weighted"])
def test_planes_that_are_all_used_are_all_looked_at(balance):
    """Two leaves of plane 0 have no common spine any more: four hops, which turn up again on their way."""
    whole = topo.generate(
        "fat-tree-2", capacity=1.0, radix=4, planes=2, nic="multi-port", endpoints_per_host=1, scale_up=None
    )
    rows, leaves = whole.cables(), np.flatnonzero((whole.kind == topo.NodeKind.LEAF) & (whole.plane == 0))[:2]
    cables = [np.flatnonzero((rows["a"] == leaf) & (whole.kind[rows["b"]] == topo.NodeKind.SPINE)) for leaf in leaves]
    left = whole.without(cables=[cables[0][0], cables[1][1]])
    assert (of(left, "ecmp").hops, of(left, "ecmp").free) == (2, True)
    assert (of(left, "ecmp", balance=balance).hops, of(left, "ecmp", balance=balance).lanes_by_hop) == (4, 2)
