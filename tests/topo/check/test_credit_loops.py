"""Deadlock of tables that OpenSM filled, beside ibdmchk's search for credit loops and the lanes of DFSSSP."""

from __future__ import annotations

import re
import subprocess

import networkx as nx
import pytest

import topo
from tests.debian import need
from tests.opensm import bring_up
from topo.check.deadlock import deadlock
from topo.fabric import Fabric
from topo.flow import POLICIES
from topo.formats.ibnetdiscover import read, write
from topo.formats.lfts import read as read_tables

FAMILIES = {
    "two layers": {"family": "fat-tree-2", "radix": 8, "endpoints_per_host": 4},
    "three layers": {"family": "fat-tree-3", "radix": 4, "endpoints_per_host": 2},
    "slim fly": {"family": "slim-fly", "q": 5},
    "dragonfly": {"family": "dragonfly", "a": 4},
}
GRAPHS = {
    "ring of 5": nx.cycle_graph(5),
    "ring of 6": nx.cycle_graph(6),
    "torus of 4 x 4": nx.grid_graph((4, 4), periodic=True),
    "mesh of 3 x 3": nx.grid_graph((3, 3)),
    "Petersen": nx.petersen_graph(),
    "cube": nx.hypercube_graph(3),
}
#: Network, routing engine, whether one lane is enough.
RUNS = [
    ("two layers", "ftree", True), ("three layers", "updn", True), ("two layers", "minhop", True),
    ("ring of 5", "minhop", False), ("ring of 6", "lash", False), ("ring of 6", "nue", True),
    ("torus of 4 x 4", "dfsssp", False), ("torus of 4 x 4", "lash", True), ("mesh of 3 x 3", "minhop", False),
    ("Petersen", "nue", True), ("Petersen", "dfsssp", False), ("cube", "lash", True),
    ("slim fly", "dfsssp", False), ("dragonfly", "dfsssp", False),
]  # fmt: skip


def fabric_of(name):
    if name in FAMILIES:
        return topo.generate(**FAMILIES[name], capacity=1e9)
    graph = nx.convert_node_labels_to_integers(GRAPHS[name])
    edges = [(f"s{a}", f"s{b}") for a, b in graph.edges] + [(f"h{i}", f"s{i}") for i in graph]
    return Fabric.from_networkx(nx.MultiGraph(edges), capacity=1e9)


@pytest.mark.parametrize(("name", "engine", "free"), RUNS)
def test_verdicts_are_those_of_ibdmchk(name, engine, free, tmp_path):
    """Tables that OpenSM fills have a credit loop by ibdmchk where they can deadlock; DFSSSP takes no fewer lanes."""
    check = need("ibutils")
    (tmp_path / "fabric.ibnet").write_text(write(fabric_of(name)))
    dumps = bring_up(tmp_path / "fabric.ibnet", tmp_path / "osm", engine)
    fabric = read(dumps["ibnetdiscover"], "dump")
    tables = read_tables(dumps["opensm-lfts.dump"], "tables", fabric)
    found = deadlock(fabric, POLICIES["static"], "static", tables)
    files = {"-s": "opensm-subnet.lst", "-f": "opensm.fdbs", "-m": "opensm.mcfdbs"}
    words = [word for option, file in files.items() for word in (option, str(tmp_path / "osm" / file))]
    told = subprocess.run([check, *words], capture_output=True, text=True, check=False).stdout
    assert ("no credit loops found" in told, "Found credit loop" in told) == (free, not free)
    assert found.free == free
    if match := re.search(r"Virtual Lanes needed: (\d+)", dumps["log"]):
        assert found.lanes_lower <= found.lanes_upper <= int(match[1])
    assert free or found.lanes_upper >= 2
