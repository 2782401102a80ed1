"""What goes out to other programs: SimGrid agrees on every flow, and each format holds what it says."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import networkx as nx
import numpy as np
import pytest

import topo
import traffic
from tests.debian import find, need
from topo.fabric import Fabric
from topo.formats import DEMANDS, FABRICS, LOADS, ROUTES, FormatError
from topo.formats.simgrid import write as write_platform

PEER = Path(__file__).parents[2] / "simgrid_platform.py"


def random_graph():
    graph = nx.random_regular_graph(4, 12, seed=3)
    named = nx.MultiGraph((f"leaf{a}", f"leaf{b}") for a, b in graph.edges)
    named.add_edges_from((f"h{2 * n + i}", f"leaf{n}") for n in graph for i in (0, 1))
    return Fabric.from_networkx(named, capacity=25e9)


FABRIC = {
    "tree": lambda: topo.generate("fat-tree-2", radix=8, capacity=50e9),
    "three layers": lambda: topo.generate("fat-tree-3", radix=4, capacity=50e9),
    "slim fly": lambda: topo.generate("slim-fly", q=5, capacity=50e9, endpoints_per_host=1),
    "dragonfly": lambda: topo.generate("dragonfly", a=4, capacity=50e9, endpoints_per_host=1),
    "random graph": random_graph,
}


@pytest.mark.parametrize("name", FABRIC)
def test_simgrid_gives_the_completion_time_of_every_flow(name, tmp_path):
    """Oracle: SimGrid reads the platform, its routes and the demand, and agrees to 1e-9."""
    fabric = FABRIC[name]()
    demand, routing = flows_on(fabric)
    finish = topo.solve(fabric, demand, routing, "completion").finish
    np.testing.assert_allclose(finish, by_simgrid(fabric, demand, routing, tmp_path), rtol=1e-9)


def flows_on(fabric):
    """Return two permutations of random sizes, and a path for each flow."""
    rng = np.random.default_rng(7)
    n = fabric.n_endpoints
    src = np.concatenate([rng.permutation(n), rng.permutation(n)])
    dst = np.concatenate([rng.permutation(n), rng.permutation(n)])
    pairs = sorted({(int(s), int(d)) for s, d in zip(src, dst, strict=True) if s != d})
    size = rng.integers(10**6, 10**8, len(pairs)).astype(float)
    demand = traffic.Demand.of("random", n, src=[s for s, _ in pairs], dst=[d for _, d in pairs], size=size)
    return demand, topo.route(fabric, demand, "ecmp-hash", seed=1)


def by_simgrid(fabric, demand, routing, folder, **how):
    python, path = need("python3-simgrid"), folder / "p.xml"
    path.write_text(write_platform(fabric, demand, routing))
    given = {"platform": str(path), **{key: getattr(demand, key).tolist() for key in ("src", "dst", "size")}, **how}
    done = subprocess.run([python, str(PEER)], input=json.dumps(given), capture_output=True, text=True, check=True)
    return json.loads(done.stdout)["finish"]


def late(fabric):
    """Return ``fabric`` with a latency for each tier, that of a spine's cable least."""
    rows = fabric.cables()
    rows["latency"] = np.array([0.0, 1.3e-6, 0.4e-6, 0.7e-6, 2.1e-6, 5.9e-6])[rows["tier"]]
    keys = ("name", "kind", "plane", "group", "groups", "host", "domain")
    return Fabric.from_cables(**rows, **{key: getattr(fabric, key) for key in keys})


@pytest.mark.parametrize("name", FABRIC)
def test_simgrid_gives_the_completion_time_of_every_flow_with_latencies(name, tmp_path):
    """Oracle: SimGrid, flow after flow on paths of every length, and all at once where their paths take one time.

    SimGrid gives a flow with twice the latency half the rate, and none before its latency is over; so flows that
    share links agree where all have the latency of one another.
    """
    fabric = late(FABRIC[name]())
    demand, routing = flows_on(fabric)
    path = routing.sum_along(fabric.latency)
    alone = path + demand.size / routing.min_along(fabric.capacity)
    np.testing.assert_allclose(by_simgrid(fabric, demand, routing, tmp_path, alone=True), alone, rtol=1e-9)
    times, count = np.unique(np.round(path, 12), return_counts=True)
    alike = abs(path - times[count.argmax()]) < 1e-11
    columns = {key: getattr(demand, key)[alike] for key in ("src", "dst", "size")}
    demand = traffic.Demand.of("alike", fabric.n_endpoints, **columns)
    routing = topo.route(fabric, demand, "ecmp-hash", seed=1)
    assert demand.n_commodities > 10 and len(times) > 1
    finish = topo.solve(fabric, demand, routing, "completion").finish
    np.testing.assert_allclose(routing.sum_along(fabric.latency), times[count.argmax()], rtol=1e-9)
    np.testing.assert_allclose(finish, by_simgrid(fabric, demand, routing, tmp_path), rtol=1e-9)


def test_a_split_has_no_route():
    fabric = FABRIC["tree"]()
    demand = traffic.offer("shift", n_ranks=fabric.n_endpoints, by=9)
    with pytest.raises(FormatError, match="splits flows over paths"):
        write_platform(fabric, demand, topo.route(fabric, demand, "ecmp"))


def test_dot_holds_nodes_and_cables(tmp_path):
    fabric = topo.generate("fat-tree-2", radix=8, endpoints=16, capacity=50e9)
    path = tmp_path / "f.dot"
    topo.write(fabric, path)
    text = path.read_text()
    assert len(re.findall(r"^  \S+ -- \S+ \[gbps=400\];$", text, re.MULTILINE)) == fabric.n_cables
    assert len(re.findall(r"kind=", text)) == fabric.n_nodes
    if find("graphviz"):
        done = subprocess.run([find("graphviz"), "-Tplain", str(path)], capture_output=True, text=True, check=True)
        assert done.stdout.count("\nedge ") == fabric.n_cables and done.stdout.count("\nnode ") == fabric.n_nodes
    quoted = Fabric.from_networkx(nx.Graph([('a"\\', "sw"), ("b", "sw")]), capacity=1e9)
    topo.write(quoted, path)
    assert r'"a\"\\" -- "sw"' in path.read_text()


def test_booksim_names_every_router_once():
    fabric = FABRIC["dragonfly"]()
    rows = [line.split() for line in FABRICS["booksim"].function("write")(fabric).splitlines()]
    assert [int(row[1]) for row in rows] == list(range(fabric.n_switches))
    assert sum(row[2:].count("node") for row in rows) == fabric.n_endpoints
    assert sum(row[2:].count("router") for row in rows) == fabric.size.switch_links
    with pytest.raises(FormatError, match="parallel cables"):
        FABRICS["booksim"].function("write")(topo.generate("fat-tree-2", radix=8, endpoints=16, capacity=1e9))
    with pytest.raises(FormatError, match="several ports"):
        FABRICS["booksim"].function("write")(
            topo.generate("fat-tree-2", radix=4, planes=2, nic="multi-port", capacity=1)
        )


def test_simai_counts_first():
    fabric = topo.generate("fat-tree-2", radix=8, capacity=50e9, scale_up=450e9, cable_latency=1e-6)
    head, switches, *rows = FABRICS["simai"].function("write")(fabric).splitlines()
    assert head.split()[:5] == [str(n) for n in (fabric.n_nodes, 8, 4, 12, fabric.n_cables)]
    assert len(switches.split()) == 16 and len(rows) == fabric.n_cables
    assert sum(row.endswith(" 400Gbps 0.001ms 0") for row in rows) == 64
    assert sum("3600Gbps" in row for row in rows) == 32


def test_loads_come_back():
    fabric = FABRIC["tree"]()
    load = np.random.default_rng(0).uniform(0, 1e9, fabric.n_links)
    text = LOADS["loads"].function("write")(fabric, load)
    assert np.array_equal(LOADS["loads"].function("read")(text, "l.csv", fabric), load)
    for wrong, says in (
        ("x,y,0,1,1\n", "l.csv:66: x,y,0"),
        (text.splitlines()[1].rsplit(",", 1)[0] + ",many\n", "many"),
    ):
        with pytest.raises(FormatError, match=says if "66" not in says else "no link of"):
            LOADS["loads"].function("read")(text + wrong, "l.csv", fabric)


def test_the_verb_writes_them_all(tmp_path, monkeypatch, capsys):
    from topo.cli import main

    monkeypatch.chdir(tmp_path)
    words = ("fat-tree-2:radix=4,endpoints_per_host=2,scale_up=none",)
    for entries in (DEMANDS, ROUTES, LOADS):
        for name, entry in entries.items():
            if not entry.writes:
                continue
            out = f"o{entry.suffixes[0]}"
            assert main(["convert", *words, out]) == 2, name
            more = ("--traffic", "permutation:seed=1", "--routing", "ecmp-hash")
            assert main(["convert", *words, out, *more]) == 0, (name, capsys.readouterr().err)
    assert main(["analyze", *words, "o.cm"]) == 0
    for name, entry in FABRICS.items():
        if entry.writes:
            code = main(
                [
                    "convert",
                    "fat-tree-3:radix=4,endpoints_per_host=1,scale_up=none,hardware=infiniband",
                    f"f{entry.suffixes[0]}",
                    "--to",
                    name,
                ]
            )
            assert code == 0, (name, capsys.readouterr().err)
