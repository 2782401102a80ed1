"""Graphs in the formats that every graph program knows: there and back, names and edges alone, and what is refused."""

from __future__ import annotations

import csv
import json

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import topo
from tests.oracles import check_fabric
from tests.topo.formats.same import cables_of, check_same
from tests.topo.formats.test_graph import FABRICS
from topo.fabric import Fabric, NodeKind, Tier
from topo.formats import FABRICS as FORMATS
from topo.formats import FormatError, node_link, text_of

SYMMETRIC = {"native": ".fabric.json", "node-link": ".node-link.json", "graphml": ".graphml"}
SUFFIX = {"node-link": ".node-link.json", "graphml": ".graphml", "edges": ".edges.csv"}
#: What an edge list cannot carry.
EDGES_LACK = ("name", "overhead", "relay", "radix", "group", "groups")


def there_and_back(fabric, format, tmp_path):
    path = tmp_path / f"f{SUFFIX[format]}"
    topo.write(fabric, path)
    return topo.read(path)


@pytest.mark.parametrize("format", SUFFIX)
@pytest.mark.parametrize("name", FABRICS)
def test_there_and_back_every_number_is_the_same(name, format, tmp_path):
    family, parameters = FABRICS[name]
    fabric = topo.generate(family, capacity=50e9, **parameters)
    back = there_and_back(fabric, format, tmp_path)
    check_fabric(back)
    check_same(back, fabric, but=EDGES_LACK if format == "edges" else ())


@pytest.mark.parametrize("format", SYMMETRIC)
@pytest.mark.parametrize("name", FABRICS)
def test_symmetries_come_back_and_with_them_the_orbits(name, format, tmp_path):
    """Nodes that a stated symmetry maps onto each other, directly or in steps, are the same after a file."""
    family, parameters = FABRICS[name]
    fabric = topo.generate(family, capacity=50e9, symmetry=True, **parameters)
    topo.write(fabric, tmp_path / f"f{SYMMETRIC[format]}")
    back = topo.read(tmp_path / f"f{SYMMETRIC[format]}")
    assert [move.tolist() for move in back.symmetry] == [move.tolist() for move in fabric.symmetry]
    assert not fabric.symmetry or np.array_equal(_orbit_of(back), _orbit_of(fabric))
    assert name != "planes and hosts" or len(fabric.symmetry) > 0


def _orbit_of(fabric):
    steps = nx.Graph()
    steps.add_nodes_from(range(fabric.n_nodes))
    steps.add_edges_from((node, int(to)) for move in fabric.symmetry for node, to in enumerate(move))
    lowest = {node: min(part) for part in nx.connected_components(steps) for node in part}
    return np.array([lowest[node] for node in range(fabric.n_nodes)])


@pytest.mark.parametrize("format", ["node-link", "graphml"])
def test_symmetries_go_where_the_reader_is_told_of_other_hosts(format, tmp_path):
    fabric = topo.generate("fat-tree-2", radix=4, capacity=50e9, endpoints_per_host=2, symmetry=True)
    path = tmp_path / f"f{SUFFIX[format]}"
    topo.write(fabric, path)
    assert len(topo.read(path, endpoints_per_host=2).symmetry) == len(fabric.symmetry) > 0
    assert topo.read(path, endpoints_per_host=4).symmetry == ()


def test_symmetries_follow_nodes_that_are_listed_in_another_order(tmp_path):
    """The file lists switches first; a fabric has endpoints first."""
    fabric = topo.generate("fat-tree-2", radix=4, capacity=50e9, symmetry=True)
    data = json.loads(node_link.write(fabric))
    order = np.arange(fabric.n_nodes)[::-1]
    data["nodes"] = [data["nodes"][i] for i in order]
    data["graph"]["symmetry"] = [np.argsort(order)[move[order]].tolist() for move in fabric.symmetry]
    path = tmp_path / "f.node-link.json"
    path.write_text(json.dumps(data))
    back = topo.read(path)
    assert len(back.symmetry) == len(fabric.symmetry) > 0
    names = list(topo.read(tmp_path / "f.node-link.json").source.names)
    assert names[0] == json.loads(node_link.write(fabric))["nodes"][fabric.n_endpoints - 1]["id"]


@pytest.mark.parametrize(
    ("symmetry", "says"),
    [
        ([[0, 1]], "every number below 14 once"),
        ([[*range(13), 99]], "every number below 14 once"),
        ([[1, 0, *range(2, 14)], [2, 1, 0, *range(3, 14)]], "symmetry 1 does not map cables onto cables"),
        ([[0.5]], "lists of the numbers of nodes"),
        ("mirror", "lists of the numbers of nodes"),
        (7, "lists of the numbers of nodes"),
        ([[2**40]], "lists of the numbers of nodes"),
    ],
)
def test_what_is_no_symmetry_is_refused(symmetry, says, tmp_path):
    data = json.loads(node_link.write(topo.generate("fat-tree-2", radix=4, capacity=50e9)))
    data["graph"]["symmetry"] = symmetry
    path = tmp_path / "f.node-link.json"
    path.write_text(json.dumps(data))
    with pytest.raises(FormatError, match=says):
        topo.read(path)


@settings(max_examples=30, deadline=None)
@given(
    radix=st.sampled_from([4, 8, 12]),
    planes=st.sampled_from([1, 2]),
    nic=st.sampled_from(["single-plane", "multi-port"]),
    host=st.sampled_from([2, 4]),
    cut=st.integers(0, 2**31),
    format=st.sampled_from(["node-link", "graphml"]),
)
def test_random_fabrics_come_back(tmp_path_factory, *, radix, planes, nic, host, cut, format):
    """Planes, hosts, failed cables: what attributes can say comes back to the last bit."""
    fabric = topo.generate(
        "fat-tree-2", radix=radix, planes=planes, nic=nic, endpoints_per_host=host, capacity=1e11 / 3, scale_up=7e10
    )
    fabric = fabric.without(cables=np.random.default_rng(cut).choice(fabric.n_cables, 3, replace=False))
    check_same(there_and_back(fabric, format, tmp_path_factory.mktemp("f")), fabric)


@pytest.mark.parametrize("format", ["node-link", "graphml"])
def test_networkx_reads_what_is_written_and_the_other_way_round(format, tmp_path):
    """Oracle: networkx's own reader and writer of the format."""
    fabric = topo.generate("fat-tree-2", radix=8, endpoints=16, capacity=50e9)
    path = tmp_path / f"f{SUFFIX[format]}"
    topo.write(fabric, path)
    if format == "graphml":
        graph = nx.read_graphml(path, force_multigraph=True)
    else:
        graph = nx.node_link_graph(json.loads(path.read_text()), edges="edges")
    mine = fabric.to_networkx()
    assert nx.is_isomorphic(nx.Graph(mine), nx.Graph(graph))
    assert sorted(dict(graph.nodes(data="kind")).values()) == sorted(dict(mine.nodes(data="kind")).values())
    assert (graph.number_of_edges(), sum(c for *_, c in graph.edges(data="capacity"))) == (
        fabric.n_cables,
        fabric.n_cables * 50e9,
    )
    if format == "graphml":
        nx.write_graphml(mine, path)
    else:
        path.write_text(json.dumps(nx.node_link_data(mine, edges="edges")))
    again = topo.read(path)  # networkx writes edges in an order of its own
    check_same(again, fabric, but=("cable", "medium"))
    assert sorted(again.medium) == sorted(fabric.medium)


def bare(fabric):
    """Return a networkx graph of names and edges, in random order, from which nobody can tell what is a leaf."""
    rng = np.random.default_rng(1)
    graph = nx.MultiGraph()
    rows = fabric.cables()
    for i in rng.permutation(fabric.n_cables):
        graph.add_edge(f"x{rows['a'][i]}", f"x{rows['b'][i]}")
    return graph


@pytest.mark.parametrize(
    "parameters",
    [
        {"family": "fat-tree-2", "radix": 8},
        {"family": "fat-tree-3", "radix": 4},
        {"family": "fat-tree-2", "radix": 8, "planes": 2, "nic": "multi-port"},
        {"family": "slim-fly", "q": 5},
        {"family": "dragonfly", "a": 4},
    ],
    ids=lambda p: "-".join(map(str, p.values())),
)
def test_kinds_tiers_and_planes_of_names_and_edges_alone(parameters):
    fabric = topo.generate(**parameters, capacity=50e9)
    found = Fabric.from_networkx(bare(fabric), capacity=50e9)
    check_fabric(found)
    assert np.bincount(found.kind).tolist() == np.bincount(fabric.kind).tolist()
    direct = {Tier.LOCAL, Tier.GLOBAL}
    tiers = [{Tier.LOCAL if t in direct else Tier(t) for t in f.tier.tolist()} for f in (fabric, found)]
    assert tiers[0] == tiers[1]
    assert (found.n_planes, found.size.oversubscription) == (fabric.n_planes, fabric.size.oversubscription)
    if (fabric.weight == 1).all():  # names and edges say nothing of the metric of a Dragonfly's global cables
        theta = [topo.solve(f, d, topo.route(f, d)).overall_theta for f in (fabric, found) for d in [uniform(f)]]
        assert theta[0] == pytest.approx(theta[1], rel=1e-9)


def uniform(fabric):
    import traffic

    return traffic.offer("uniform", n_ranks=fabric.n_endpoints)


def write(tmp_path, text, name="links.csv"):
    path = tmp_path / name
    path.write_text(text)
    return path


def test_an_edge_list_as_people_write_it(tmp_path):
    text = "a,b,capacity,count,medium,length_m\nleaf1,spine1,400Gb/s,2,singlemode,100\nleaf2,spine1,50e9,2,,\n"
    text += "".join(f"gpu{i},leaf{1 + i // 2},,,copper,\n" for i in range(4))
    fabric = topo.read(write(tmp_path, text), capacity=25e9)
    check_fabric(fabric)
    assert (fabric.n_endpoints, fabric.n_switches, fabric.n_cables) == (4, 3, 8)
    assert fabric.source.names == ("gpu0", "gpu1", "gpu2", "gpu3", "leaf1", "leaf2", "spine1")
    assert sorted(set(fabric.capacity)) == [25e9, 50e9]
    # 100 m of fibre at the speed of light over 1.468
    assert fabric.latency.max() == pytest.approx(489.7e-9, rel=1e-3)
    assert fabric.source.notes[-1] == "4 cables state no speed: the rate given is theirs"


def test_a_list_without_header_and_hosts_by_name(tmp_path):
    text = "".join(f"dgx{h}:mlx5_{n},rail{n}\n" for h in range(3) for n in range(2))
    fabric = topo.read(write(tmp_path, text, "x.edges"), capacity=50e9, scale_up=9e11)
    assert fabric.host.tolist() == [0, 0, 1, 1, 2, 2]
    assert (fabric.n_planes, fabric.n_domains, fabric.has_scale_up) == (2, 3, True)


def test_switches_alone_get_endpoints_where_one_asks_for_them(tmp_path):
    path = write(tmp_path, "\n".join(f"r{i},r{(i + 1) % 5}" for i in range(5)), "ring.edges")
    with pytest.raises(FormatError, match="no device is an endpoint"):
        topo.read(path, capacity=1e9)
    fabric = topo.read(path, capacity=1e9, per_switch=2)
    assert (fabric.n_endpoints, fabric.n_hosts, np.count_nonzero(fabric.kind == NodeKind.LEAF)) == (10, 5, 5)


def test_few_endpoints_that_the_graph_alone_tells_of_are_said(tmp_path):
    """A map of sites: those with one cable are no endpoints, and nothing tells that they are not."""
    text = "\n".join(["Lyon,Paris", "Paris,Lille", "Lille,Metz", "Metz,Paris", "Metz,Nancy"])
    fabric = topo.read(write(tmp_path, text, "sites.edges"), capacity=1e9)
    said = "taken for endpoints: 2 devices of 5, those with the fewest cables; ends=REGEX names others"
    assert any(note.startswith(said) for note in fabric.source.notes)
    assert topo.read(write(tmp_path, text, "sites.edges"), capacity=1e9, per_switch=2).n_endpoints == 10


def test_expressions_say_what_is_an_endpoint_and_which_take_part(tmp_path):
    text = "a,b\n" + "".join(f"x{i},sw\n" for i in range(3)) + "x3,sw\nx3,sw2\nsw,sw2\nx4,sw2"
    fabric = topo.read(write(tmp_path, text), capacity=1e9, ends=r"^x\d")
    assert fabric.source.names[: fabric.n_endpoints] == ("x0", "x1", "x2", "x3", "x4")
    fabric = topo.read(write(tmp_path, text), capacity=1e9, ends=r"^x\d", nic="x[03]")
    assert fabric.source.names[: fabric.n_endpoints] == ("x0", "x3")
    assert "3 endpoints do not match nic=x[03] and are left out" in fabric.source.notes
    with pytest.raises(FormatError, match="is no regular expression"):
        topo.read(write(tmp_path, text), ends="(")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a,b\nx,", r"links\.csv:2: a cable has two ends"),
        ("a,b\nx,y,z", r"links\.csv:2: has 3 cells where the header has 2"),
        ("a,b,speed\nx,y,1", r"links\.csv:1: column 'speed' is unknown; known: a, b"),
        ("a,b,capacity\nx,y,400G", r"links\.csv:2: capacity: .*400G"),
        ("a,b,capacity\nx,y,-1", "capacity"),
        ("a,b,count\nx,y,0", r"links\.csv:2: count: a whole number from 1"),
        ("a,b,count\nx,y,1e99", r"links\.csv:2: count"),
        ("a,b,medium\nx,y,string", "medium 'string' is unknown"),
        ("a,b,weight\nx,y,1.5", r"links\.csv:2: weight"),
        ('a,b\n"x', r"links\.csv:2: not CSV"),
        ("a,b\n" + "x" * 70_000, r"links\.csv:2: a line of over"),
        ("a,b\n", "holds no cable"),
        ("", "links.csv"),
        ("a,b\nx,x", "no capacity|no endpoint|no device"),
    ],
)
def test_an_edge_list_that_is_none_is_refused_with_its_line(text, says, tmp_path):
    with pytest.raises(FormatError, match=says):
        topo.read(write(tmp_path, text))


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("g.graphml", "<graphml><graph>", r"g\.graphml:1:17: is not XML"),
        ("g.graphml", '<!DOCTYPE g [<!ENTITY a "b">]>\n<graphml/>', r"g\.graphml:1: declares an entity"),
        ("g.graphml", "<graphml>" + "<graph>" * 100, r"nest too deep"),
        ("g.graphml", "<graphml/>", "one graph is needed"),
        ("g.graphml", "<graphml>\n<graph>\n<node/></graph></graphml>", r"g\.graphml:3: <node> has no id"),
        (
            "g.graphml",
            '<graphml><graph edgedefault="directed"><edge source="a" target="b"/></graph></graphml>',
            "directed",
        ),
        (
            "g.graphml",
            '<graphml><graph><node id="a"><data key="k"/></node></graph></graphml>',
            "'k' that is not declared",
        ),
        ("g.node-link.json", "{", r"g\.node-link\.json:1:2: is not JSON"),
        ("g.node-link.json", '{"nodes": 1, "edges": []}', "no node-link graph"),
        ("g.node-link.json", '{"nodes": [{"id": 1}, {"id": 1}], "edges": []}', "two nodes have one id"),
        ("g.node-link.json", '{"nodes": [7], "edges": []}', "node 0: an object with an id"),
        ("g.node-link.json", '{"nodes": [], "edges": [{"source": []}]}', "edge 0: an object with source"),
        ("g.node-link.json", '{"directed": true, "nodes": [], "edges": []}', "directed"),
        ("g.node-link.json", '{"nodes": ' + "[" * 100_000, "is not JSON"),
        ("g.xyz", "what is this", "in no format that is read here"),
    ],
)
def test_a_graph_that_is_none_is_refused_with_its_place(name, text, says, tmp_path):
    with pytest.raises(FormatError, match=says):
        topo.read(write(tmp_path, text, name))


def test_packed_and_binary_files(tmp_path):
    import gzip

    (tmp_path / "l.csv.gz").write_bytes(gzip.compress(b"a,b\nh1,leaf1\nh2,leaf1\n"))
    assert topo.read(tmp_path / "l.csv.gz", capacity=1e9).n_endpoints == 2
    with pytest.raises(FormatError, match=r"^x:2: is not UTF-8"):
        text_of(b"a\n\xff", "x")
    with pytest.raises(FormatError, match=r"^x:2: is a binary file"):
        text_of(b"a\n\0", "x")
    with pytest.raises(FormatError, match="no whole gzip"):
        text_of(gzip.compress(b"a,b\n" * 100)[:-9], "x")


def test_the_page_is_that_of_the_registries():
    """docs/formats.md lists every format; where it does not: python -m benchmarks.formats."""
    from benchmarks import formats

    assert formats.page() == formats.PAGE.read_text()


def test_formats_have_modules_marks_and_suffixes():
    """What a format says of itself is there: the functions that it promises, and a mark that its own text bears."""
    fabric = topo.generate("fat-tree-2", radix=4, capacity=50e9, cable_latency=1e-6)
    for name, entry in FORMATS.items():
        assert entry.suffixes and all("." in suffix for suffix in entry.suffixes), name
        if entry.reads:
            assert callable(entry.function("read")), name
        if entry.writes and entry.reads:
            text = entry.function("write")(fabric)
            assert entry.fits(text if isinstance(text, str) else text_of(text, name)), name


def test_names_that_are_csv_themselves_come_back(tmp_path):
    graph = nx.Graph([('h,1 "a"', "leaf;1"), ("h 2", "leaf;1")])
    fabric = Fabric.from_networkx(graph, capacity=1e9)
    path = tmp_path / "f.edges.csv"
    topo.write(fabric, path)
    assert next(csv.reader(path.open())) == [
        "a",
        "b",
        "capacity",
        "medium",
        "latency",
        "weight",
        "tier",
        "a_port",
        "b_port",
    ]
    assert cables_of(topo.read(path, ends="^h")) == cables_of(fabric)
