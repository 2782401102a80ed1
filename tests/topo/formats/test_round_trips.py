"""There and back through every format that is both read and written: what it says it carries is carried.

Nothing here knows a format by name: a fabric or demand is drawn that has none of what the format lacks, and what comes
back is it.
"""

from __future__ import annotations

from functools import cache

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import topo
import traffic
from tests.oracles import check_fabric
from tests.test_registries import FABRICS as FAMILIES
from tests.topo.formats.same import ARRAYS, check_same
from topo.config.demand_file import read_demand
from topo.fabric import Fabric, Tier
from topo.formats import DEMANDS, FABRICS, LOADS, TABLES, FormatError, Reading, lost, text_of
from topo.formats.graph import from_networkx
from topo.packet import Packet
from topo.routing.tables import Tables, by_position

RATE = 25e9
#: [B/s] that InfiniBand has too.
RATES = (12.5e9, 25e9, 50e9)
BOTH = [name for name, entry in FABRICS.items() if entry.reads and entry.writes]
#: What only the native format carries.
PAST = "what it was before failures"
LOSSLESS = [name for name in BOTH if not {*FABRICS[name].lacks} - {PAST}]
#: What a drawn fabric always has or may have, and the arrays that may differ where it is not carried.
ALWAYS = {PAST: (), "groups": ("group", "groups"), "radix": ("radix",), "relay": ("relay",), "rates": ()}

#: What goes by the order in which a file lists its cables, or by the unit that it has for time.
ORDER = ("cable", "medium", "latency")


def through(fabric, name):
    """Return ``fabric`` after the format ``name``, or after networkx."""
    if name == "networkx":
        return Fabric.from_networkx(fabric.to_networkx())
    written = FABRICS[name].function("write")(fabric)
    text = text_of(written if isinstance(written, bytes) else written.encode(), "f")
    return FABRICS[name].function("read")(text, "f", Reading(capacity=RATE))


@cache
def family(name):
    """Return a small fabric of a family with every number that a fabric may state, and its symmetries."""
    given = {"cable_latency": 3.7e-8, "switch_latency": 1 / 3e6, "overhead": 1e-6, "launch": 1e-7}
    given |= {"packet": Packet(4096, 66, 20), "symmetry": True, "endpoints_per_host": 4}
    return topo.generate(name.split()[0], capacity=1e11 / 3, **(given | FAMILIES[name]))


@cache
def measured(name):
    return figures(family(name))


def figures(fabric):
    """Return what ``topo analyze`` measures of two kinds of traffic, one path and many."""
    found = {}
    for pattern, policy in (("uniform", "ecmp"), ("permutation", "ecmp-hash")):
        demand = traffic.offer(pattern, n_ranks=fabric.n_endpoints, ranks_per_host=4)
        solution = topo.solve(fabric, demand, topo.route(fabric, demand, policy), "completion")
        found |= {f"{pattern}.{key}": value for key, value in topo.measure(solution).items()}
    return found | topo.structure(fabric)


def orbits(fabric):
    """Return (N,) the lowest node that stated symmetries map each onto, directly or in steps."""
    steps = nx.empty_graph(fabric.n_nodes)
    steps.add_edges_from((node, int(to)) for move in fabric.symmetry for node, to in enumerate(move))
    lowest = {node: min(part) for part in nx.connected_components(steps) for node in part}
    return [lowest[node] for node in range(fabric.n_nodes)]


@pytest.mark.parametrize("format", [*LOSSLESS, "networkx"])
@pytest.mark.parametrize("name", FAMILIES)
def test_a_lossless_format_changes_no_figure_and_no_orbit(name, format):
    """Every family through every format that lacks nothing: equal arrays, equal figures to 1e-12, equal orbits."""
    fabric = family(name)
    back = through(fabric, format)
    check_same(back, fabric)
    assert orbits(back) == orbits(fabric)
    wanted, got = measured(name), figures(back)
    assert wanted.keys() == got.keys()
    assert [numbers(got[key]) for key in wanted] == [pytest.approx(numbers(wanted[key]), rel=1e-12) for key in wanted]


def numbers(value):
    """Return the numbers in a figure, in order; names of nodes are those of the file, where it has any."""
    if isinstance(value, dict | list):
        return [n for one in (value.values() if isinstance(value, dict) else value) for n in numbers(one)]
    return [value] if isinstance(value, int | float) else []


def test_there_are_symmetries_to_keep():
    assert sum(bool(family(name).symmetry) for name in FAMILIES) >= 5


@st.composite
def drawn(draw, lacks):
    """Draw a tree, whole or less a cable, with nothing of ``lacks`` but symmetry and ``ALWAYS``."""
    planes = 1 if "planes" in lacks else draw(st.sampled_from([1, 2]))
    host = 1 if {"hosts", "NICs of a host"} & {*lacks} else draw(st.sampled_from([1, 2, 4]))
    layers = draw(st.sampled_from([2, 3]))
    radix = draw(st.sampled_from([4, 6] if layers == 2 else [4]))
    latency = 0.0 if "latencies" in lacks else draw(st.integers(1, 10**6)) / 1e9
    scale_up = None if "scale-up networks" in lacks else draw(st.sampled_from([None, 2e11]))
    nic = "multi-port" if planes > host else draw(st.sampled_from(["single-plane", "multi-port"]))
    fabric = topo.generate(
        f"fat-tree-{layers}", radix=radix, planes=planes, nic=nic if planes > 1 else "single-plane",
        endpoints_per_host=host, capacity=RATE, cable_latency=latency, scale_up=scale_up,
    )  # fmt: skip
    rows = fabric.cables()
    if "rates" not in lacks:
        rows["capacity"] = np.array(RATES)[draw(st.lists(st.integers(0, 2), min_size=4, max_size=4))][rows["tier"] % 4]
    whole = Fabric.from_cables(
        name=fabric.name, **rows, **{key: getattr(fabric, key) for key in (*ARRAYS[:5], "radix", "groups")}
    )
    spare = np.flatnonzero(rows["tier"] > Tier.ENDPOINT).tolist()  # one of these leaves every device and plane whole
    return whole.without(cables=draw(st.sampled_from([[], [draw(st.sampled_from(spare))]])))


@pytest.mark.parametrize("name", BOTH)
def test_what_a_format_carries_comes_back(name):
    entry, whole = FABRICS[name], []

    @settings(max_examples=12, deadline=None, derandomize=True, database=None)
    @given(drawn(entry.lacks))
    def there_and_back(fabric):
        gone = {word.strip() for word in lost(fabric, entry).split(",")} - {""}
        assert gone <= {*ALWAYS}, gone
        try:
            entry.function("write")(fabric)
        except FormatError:  # it says what it does not hold
            return
        back = through(fabric, name)
        check_fabric(back)
        check_same(back, fabric, but=("name", *ORDER, *(key for word in gone for key in ALWAYS[word])))
        if PAST not in entry.lacks and fabric.intact:
            check_same(back.intact, fabric.intact)
        assert np.array_equal(back.medium[back.cable], fabric.medium[fabric.cable])
        np.testing.assert_allclose(back.latency, fabric.latency, rtol=1e-15)
        whole.append(fabric)

    there_and_back()
    assert whole


#: Names that formats may take for something else: numbers, words, lists, their own marks.
ODD = ("1101", "1102", "null", "y", "a: b", "it's", 'say "x"', "[x]", "é", "-", "a.b,c", "#1", "# c")


@pytest.mark.parametrize("name", ["native", "node-link", "graphml", "networkx", "slurm-yaml", "infragraph", "edges"])
def test_one_switch_and_names_that_may_be_something_else(name):
    """The smallest network, whose cables all end at one device, and names that are numbers and words."""
    graph = nx.Graph([(end, "sw") for end in (ODD[:4] if name == "slurm-yaml" else ODD)])
    graph.graph["name"] = 'it\'s a "net": 1'
    fabric = from_networkx(graph, capacity=RATE)
    back = through(fabric, name)
    assert (back.n_endpoints, back.n_switches, back.n_cables) == (fabric.n_endpoints, 1, fabric.n_cables)
    if name != "infragraph":  # which names by number
        assert sorted(back.source.names) == sorted(fabric.source.names)
    if name in ("native", "node-link", "graphml", "networkx", "infragraph"):
        assert back.name == fabric.name


@settings(max_examples=15, deadline=None, derandomize=True, database=None)
@given(fabric=drawn(("scale-up networks",)), seed=st.integers(0, 2**31))
def test_tables_and_loads_come_back(fabric, seed):
    """Any table, sound or not, and any load."""
    rng = np.random.default_rng(seed)
    usual = by_position(fabric)
    other = fabric.first[fabric.tail[usual.link]] + rng.integers(0, 2, usual.link.shape)
    tables = Tables.of(fabric, np.where(usual.link < 0, -1, other).astype(np.int32))
    for entry in TABLES.values():
        back = entry.function("read")(entry.function("write")(fabric, tables), "t", fabric)
        assert np.array_equal(back.link, tables.link)
    load = rng.uniform(0, 1e11, fabric.n_links) * rng.integers(0, 2, fabric.n_links)
    for entry in LOADS.values():
        assert np.array_equal(entry.function("read")(entry.function("write")(fabric, load), "l", fabric), load)


@pytest.mark.parametrize("name", [name for name, entry in DEMANDS.items() if entry.reads and entry.writes])
@settings(max_examples=15, deadline=None, derandomize=True, database=None)
@given(
    phases=st.lists(
        st.dictionaries(
            st.permutations(range(6)).map(lambda ranks: (ranks[0], ranks[1])), st.integers(1, 10**9), min_size=1
        ),
        min_size=1,
        max_size=4,
    ),
    parts=st.sampled_from([1, 3, 7]),
)
def test_flows_and_their_phases_come_back(tmp_path_factory, *, name, phases, parts):
    entry, ends = DEMANDS[name], [(*pair, i) for i, phase in enumerate(phases) for pair in phase]
    size = np.array([float(size) for phase in phases for size in phase.values()])
    size = size if "parts of bytes" in entry.lacks else size / parts
    src, dst, phase = (list(column) for column in zip(*ends, strict=True))
    demand = traffic.Demand.of("drawn", 6, src=src, dst=dst, size=size, phase=phase, repeat=[1] * len(phases))
    path = tmp_path_factory.mktemp("d") / f"d{entry.suffixes[0]}"
    path.write_text(entry.function("write")(demand))
    back = read_demand(str(path), n_ranks=6)
    for key in ("src", "dst", "size", "phase"):
        assert np.array_equal(getattr(back, key), getattr(demand, key)), key
