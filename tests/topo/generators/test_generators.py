"""Every family: a build agrees with its closed form, and with the laws of a fabric."""

from __future__ import annotations

import subprocess
import sys

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.oracles import check_fabric
from topo.fabric import FabricError, NodeKind
from topo.generators import FAMILIES, GeneratorError, generate, size_of
from topo.size import Tier

RATE, NVLINK = 50e9, 200e9

#: (family, parameters) with numbers small enough to build in milliseconds.
TREES = st.fixed_dictionaries(
    {
        "radix": st.integers(1, 8).map(lambda half: 2 * half),
        "oversubscription": st.sampled_from([1.0, 1.5, 2.0, 3.0, 0.5]),
        "wiring": st.sampled_from(["host", "rail"]),
    }
)
DRAGONFLIES = st.fixed_dictionaries(
    {
        "a": st.integers(1, 5),
        "p": st.integers(1, 3),
        "h": st.integers(1, 3),
        "g": st.integers(1, 16),
        "arrangement": st.sampled_from(["palmtree", "absolute", "circulant"]),
    }
).filter(lambda d: d["g"] <= d["a"] * d["h"] + 1)
SLIM_FLIES = st.fixed_dictionaries({"q": st.sampled_from([3, 5, 7]), "p": st.none() | st.integers(1, 5)})
NETWORKS = st.one_of(
    st.tuples(st.sampled_from(["fat-tree-2", "fat-tree-3"]), TREES),
    st.tuples(st.just("dragonfly"), DRAGONFLIES),
    st.tuples(st.just("slim-fly"), SLIM_FLIES),
)
PLANES = st.fixed_dictionaries(
    {
        "planes": st.sampled_from([1, 2, 4]),
        "nic": st.sampled_from(["single-plane", "multi-port"]),
        "endpoints_per_host": st.sampled_from([4, 8]),
        "scale_up": st.sampled_from([None, NVLINK]),
        "scale_up_domain": st.sampled_from([None, None, 4, 24, 72]),
    }
)


@settings(max_examples=150, deadline=None)
@given(network=NETWORKS, common=PLANES, share=st.floats(0, 1))
def test_a_build_agrees_with_its_closed_form(network, common, share):
    family, own = network
    try:
        full = size_of(family, **own, **common)
    except GeneratorError:
        with pytest.raises(GeneratorError):
            generate(family, capacity=RATE, **own, **common)
        return
    step = common["endpoints_per_host"]
    some = max(step, round(share * full.endpoints) // step * step)
    for endpoints in (None, min(some, full.endpoints)):
        fabric = generate(family, capacity=RATE, endpoints=endpoints, **own, **common)
        check_fabric(fabric)
        assert fabric.size == size_of(family, endpoints=endpoints, **own, **common)
        assert endpoints in (None, fabric.n_endpoints)


def test_families_are_sorted_and_size_and_build_take_the_same_parameters():
    import inspect

    assert list(FAMILIES) == sorted(FAMILIES)
    for family in FAMILIES.values():
        parameters = inspect.signature(family.plan).parameters
        assert {"endpoints", "endpoints_per_host"} <= set(parameters)
        assert all(p.kind is inspect.Parameter.KEYWORD_ONLY for p in parameters.values())


@pytest.mark.parametrize(
    ("nic", "nic_capacity", "port"),
    [
        ("single-plane", None, RATE),
        ("single-plane", RATE / 2, RATE / 2),
        ("single-plane", 3 * RATE, RATE),
        ("multi-port", None, RATE),
        ("multi-port", RATE, RATE / 4),
        ("multi-port", 8 * RATE, RATE),
    ],
)
def test_a_port_carries_the_lesser_of_its_switch_port_and_its_share_of_the_nic(nic, nic_capacity, port):
    fabric = generate("fat-tree-2", radix=4, capacity=RATE, planes=4, nic=nic, nic_capacity=nic_capacity)
    assert set(fabric.capacity[fabric.tier == Tier.ENDPOINT]) == {port}
    assert set(fabric.capacity[fabric.tier == Tier.LEAF_SPINE]) == {RATE}


@pytest.mark.parametrize("family", ["fat-tree-3", "dragonfly"])
def test_a_path_pays_each_of_its_cables_and_switches_once(family):
    own = {"fat-tree-3": {"radix": 4}, "dragonfly": {"a": 4}}[family]
    fabric = generate(family, capacity=RATE, switch_latency=7.0, cable_latency=1.0, **own)
    graph = nx.Graph()
    graph.add_weighted_edges_from(zip(fabric.tail.tolist(), fabric.head.tolist(), fabric.latency.tolist(), strict=True))
    seconds, path = nx.single_source_dijkstra(graph, 0, fabric.n_endpoints - 1)
    assert seconds == (len(path) - 1) * 1.0 + (len(path) - 2) * 7.0


def test_scale_up_joins_the_endpoints_of_a_host_and_serves_all_planes():
    fabric = generate("fat-tree-2", radix=8, capacity=RATE, planes=2, endpoints_per_host=8, scale_up=NVLINK)
    inside = fabric.tier == Tier.SCALE_UP
    assert set(fabric.capacity[inside]) == {NVLINK}
    assert (fabric.plane[fabric.kind == NodeKind.SCALE_UP] == -1).all()
    degree = np.diff(fabric.first)[fabric.kind == NodeKind.SCALE_UP]
    assert set(degree) == {8} and len(degree) == fabric.n_hosts == 8


def test_neighbours_in_a_host_sit_on_neighbouring_planes():
    fabric = generate("fat-tree-2", radix=4, capacity=RATE, planes=4)
    assert np.array_equal(fabric.plane[: fabric.n_endpoints], np.arange(fabric.n_endpoints) % 4)
    multi = generate("fat-tree-2", radix=4, capacity=RATE, planes=4, nic="multi-port")
    assert (multi.plane[: multi.n_endpoints] == -1).all() and multi.n_endpoints == 8
    assert set(np.diff(multi.first)[:8]) == {4}


@pytest.mark.parametrize("nic", ["single-plane", "multi-port"])
@pytest.mark.parametrize(
    ("family", "own"), [("dragonfly", {"a": 2}), ("fat-tree-3", {"radix": 4}), ("slim-fly", {"q": 3, "p": 1})]
)
def test_each_plane_is_a_copy_of_the_family(family, own, nic):
    one = generate(family, capacity=RATE, endpoints_per_host=4, **own).to_networkx()
    three = generate(family, capacity=RATE, endpoints_per_host=6, planes=3, nic=nic, **own)
    graph = three.to_networkx()
    for plane in range(3):
        nodes = [n for n, p in graph.nodes(data="plane") if p in (plane, -1)]
        assert nx.is_isomorphic(nx.Graph(one), nx.Graph(graph.subgraph(nodes)))
    groups = [set(three.group[(three.plane == p) & (three.kind == NodeKind.LEAF)]) - {-1} for p in range(3)]
    assert not groups[0] & groups[1] and not groups[1] & groups[2]


ERRORS = [
    ("unknown family", "fat-tree-4", {"radix": 8}, "did you mean fat-tree-3|did you mean fat-tree-2"),
    ("unknown parameter", "fat-tree-2", {"radius": 8}, "did you mean radix"),
    ("missing parameter", "fat-tree-2", {}, "'radix' is missing"),
    ("odd radix, two layers", "fat-tree-2", {"radix": 7}, "Take 6 or 8"),
    ("odd radix, three layers", "fat-tree-3", {"radix": 63}, "Take 62 or 64"),
    ("negative radix", "fat-tree-3", {"radix": -4}, "at least 2 is needed; got -4"),
    ("radix as text", "fat-tree-2", {"radix": "64"}, "a whole number"),
    ("radix as truth", "fat-tree-2", {"radix": True}, "a whole number"),
    ("fractional radix", "fat-tree-2", {"radix": 64.5}, "a whole number"),
    ("no port up", "fat-tree-2", {"radix": 4, "oversubscription": 4}, "at most 3"),
    ("no port down", "fat-tree-2", {"radix": 4, "oversubscription": 0.1}, "at least 0.333"),
    ("negative taper", "fat-tree-2", {"radix": 4, "oversubscription": -1}, "above 0"),
    ("taper not a number", "fat-tree-2", {"radix": 4, "oversubscription": float("nan")}, "above 0"),
    ("unknown wiring", "fat-tree-2", {"radix": 4, "wiring": "rails"}, "known: host, rail"),
    ("more rails than leaves", "fat-tree-2", {"radix": 4, "wiring": "rail"}, "endpoints_per_host up to 4"),
    ("more rails than a pod", "fat-tree-3", {"radix": 8, "wiring": "rail"}, "endpoints_per_host up to 4"),
    ("broken hosts", "fat-tree-2", {"radix": 16, "wiring": "rail", "endpoints": 20}, "16 or 24"),
    ("too many endpoints", "fat-tree-2", {"radix": 4, "endpoints": 9}, "at most 8"),
    ("too many, planes", "fat-tree-2", {"radix": 4, "endpoints": 40, "planes": 4}, "at most 32"),
    ("no endpoints", "fat-tree-2", {"radix": 4, "endpoints": 0}, "endpoints: a whole number of at least 1"),
    ("negative endpoints", "dragonfly", {"a": 4, "endpoints": -8}, "endpoints: a whole number of at least 1"),
    ("islands", "fat-tree-2", {"radix": 4, "planes": 3}, "Take planes from 1, 2, 4, 8, or nic=multi-port"),
    ("uneven planes", "fat-tree-2", {"radix": 64, "planes": 8, "endpoints": 2049}, "2048 and 2056"),
    ("no planes", "fat-tree-2", {"radix": 4, "planes": 0}, "planes: a whole number of at least 1"),
    ("unknown nic", "fat-tree-2", {"radix": 4, "nic": "dual"}, "known: multi-port, single-plane"),
    ("empty hosts", "fat-tree-2", {"radix": 4, "endpoints_per_host": 0}, "endpoints_per_host: a whole number"),
    ("q = 6", "slim-fly", {"q": 6}, "slim-fly:q=5 or slim-fly:q=7"),
    ("q = 2", "slim-fly", {"q": 2}, "at least 3"),
    ("q = 28", "slim-fly", {"q": 28, "p": 21}, "slim-fly:q=27,p=21 or slim-fly:q=29,p=21"),
    ("p = 0", "slim-fly", {"q": 5, "p": 0}, "p: a whole number of at least 1"),
    ("p = 0, dragonfly", "dragonfly", {"a": 4, "p": 0}, "p: a whole number of at least 1"),
    ("odd a", "dragonfly", {"a": 5}, "Give p and h"),
    ("too many groups", "dragonfly", {"a": 4, "g": 10}, "at most a h \\+ 1 = 9; got 10"),
    ("unknown arrangement", "dragonfly", {"a": 4, "arrangement": "palm"}, "known: absolute"),
    ("no capacity", "dragonfly", {"a": 4, "capacity": 0}, "capacity: a number above 0"),
    ("infinite capacity", "dragonfly", {"a": 4, "capacity": float("inf")}, "capacity: a number above 0"),
    ("no NIC", "dragonfly", {"a": 4, "nic_capacity": -1.0}, "nic_capacity: a number above 0"),
    ("no scale-up", "dragonfly", {"a": 4, "scale_up": 0.0}, "scale_up: a number above 0"),
    ("time runs back", "dragonfly", {"a": 4, "switch_latency": -1e-6}, "switch_latency: 0 or more"),
    ("overhead not a number", "dragonfly", {"a": 4, "overhead": float("nan")}, "overhead: 0 or more"),
    ("unknown relay", "dragonfly", {"a": 4, "relay": "sauce"}, "did you mean source"),
    ("absurd planes", "fat-tree-2", {"radix": 4, "planes": 40_000, "nic": "multi-port"}, "planes: at most 32767"),
    ("absurd q", "slim-fly", {"q": 10**18}, "q: at most 1000000"),
    ("absurd hosts", "fat-tree-2", {"radix": 4, "planes": 3, "endpoints_per_host": 10**12}, "at most 1000000"),
    ("absurd endpoints", "dragonfly", {"a": 4, "endpoints": 10**30}, "endpoints: at most"),
    ("too large to build", "dragonfly", {"a": 512}, "up to 60000000 are built"),
]


@pytest.mark.parametrize(("family", "given", "message"), [row[1:] for row in ERRORS], ids=[row[0] for row in ERRORS])
def test_wrong_input_is_refused_with_what_would_do(family, given, message):
    with pytest.raises(GeneratorError, match=message):
        generate(family, **{"capacity": RATE} | given)


def test_an_error_is_a_fabric_error_and_names_neighbours():
    with pytest.raises(FabricError) as error:
        generate("slim-fly", q=28, p=21, capacity=RATE)
    assert error.value.neighbours == ("slim-fly:q=27,p=21", "slim-fly:q=29,p=21")


def test_a_large_tree_is_built_in_little_memory_and_without_heavy_libraries():
    """65,536 endpoints in under 200 MB, nothing heavy imported."""
    code = (
        "import re, sys;"
        "from topo.generators import generate;"
        "fabric = generate('fat-tree-3', radix=64, capacity=50e9, scale_up=200e9);"
        "heavy = {'numba', 'networkx', 'scipy'} & set(sys.modules);"
        "peak = int(re.search(r'VmHWM:\\s+(\\d+)', open('/proc/self/status').read())[1]) / 1024;"
        "print(fabric.n_endpoints, peak, len(heavy))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    endpoints, megabytes, heavy = (float(word) for word in done.stdout.split())
    assert endpoints == 65_536 and heavy == 0
    assert megabytes < 200


@pytest.mark.parametrize(
    ("family", "own"),
    [
        ("dragonfly", {"a": 8, "p": 4, "h": 4}),
        ("fat-tree-2", {"radix": 32}),
        ("fat-tree-2", {"radix": 32, "wiring": "rail"}),
        ("fat-tree-3", {"radix": 8}),
        ("slim-fly", {"q": 5}),
    ],
)
@pytest.mark.parametrize("planes", [1, 4, 8])
def test_trays_of_four_in_domains_of_72(family, own, planes):
    """Every family takes them, whole domains or not; planes divide the domain, rails are positions in the tray."""
    given = {"endpoints_per_host": 4, "scale_up_domain": 72, "planes": planes} | own
    fabric = generate(family, capacity=RATE, scale_up=NVLINK, symmetry=True, **given)
    check_fabric(fabric)
    assert fabric.size == size_of(family, scale_up=NVLINK, **given)
    assert (fabric.endpoints_per_host, fabric.endpoints_per_domain) == (4, 72)
    assert fabric.n_domains == -(-fabric.n_endpoints // 72) == np.count_nonzero(fabric.kind == NodeKind.SCALE_UP)
    assert np.array_equal(fabric.domain, fabric.host // 18)
    reach = np.unique(np.stack([fabric.domain, fabric.plane[: fabric.n_endpoints]]), axis=1)
    assert reach.shape[1] == fabric.n_domains * planes, "every domain has endpoints on every plane"
    failed = fabric.without(cables=[0])
    assert np.array_equal(failed.domain, fabric.domain) and failed.size.domains == fabric.n_domains


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"scale_up_domain": 12}, "scale_up_domain: .* got 12 endpoints with endpoints_per_host=8. Take 8 or 16"),
        ({"scale_up_domain": 3}, "Take 8"),
        ({"scale_up_domain": 0}, "scale_up_domain: a whole number of at least 1"),
        ({"scale_up_domain": 72, "planes": 5}, "divides scale_up_domain .* Take planes from 1, 2, 4, 8, 24, 72, or"),
        ({"scale_up_domain": 72, "planes": 3}, "a divisor or a multiple of endpoints_per_host"),
        ({"scale_up_domain": 4, "planes": 8}, "Take planes from 1, 2, 4, or"),
    ],
)
def test_domains_that_do_not_fit_are_told_what_would(given, message):
    with pytest.raises(GeneratorError, match=message):
        size_of("fat-tree-2", radix=64, **given)
