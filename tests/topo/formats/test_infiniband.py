"""ibnetdiscover and forwarding tables: there and back, and ibsim with OpenSM as the oracle."""

from __future__ import annotations

import re

import numpy as np
import pytest

import topo
import traffic
from tests.opensm import bring_up
from tests.oracles import check_fabric, check_routing
from tests.topo.formats.same import cables_of, check_same
from topo.fabric import Fabric
from topo.formats import FormatError
from topo.formats.ibnetdiscover import read, write
from topo.formats.infiniband import LANE, WIDTHS, capacity, rate_of
from topo.formats.lfts import compiled, listed
from topo.formats.lfts import read as read_tables
from topo.formats.lfts import write as write_tables
from topo.routing.tables import by_position, ports_of

FABRICS = {
    "tree": {"family": "fat-tree-2", "radix": 8, "endpoints_per_host": 4},
    "three layers": {"family": "fat-tree-3", "radix": 4, "endpoints_per_host": 2},
    "parallel cables": {"family": "fat-tree-2", "radix": 8, "endpoints": 16},
    "planes": {"family": "fat-tree-2", "radix": 4, "planes": 2, "nic": "multi-port"},
    "rails": {"family": "fat-tree-2", "radix": 8, "planes": 2, "endpoints_per_host": 4},
    "slim fly": {"family": "slim-fly", "q": 5},
    "dragonfly": {"family": "dragonfly", "a": 4},
}
#: What ibnetdiscover does not print.
LACKS = ("name", "group", "groups", "weight", "medium", "relay", "tier")
SDR = 1e9


def fabric_of(name, rate=50e9):
    return topo.generate(**FABRICS[name], capacity=rate)


@pytest.mark.parametrize("name", FABRICS)
def test_there_and_back(name):
    fabric = fabric_of(name)
    back = read(write(fabric), "dump")
    check_fabric(back)
    check_same(back, fabric, but=(*LACKS, "cable"))
    assert write(back) == write(fabric)
    inferred = "tier" not in {"slim fly": "tier", "dragonfly": "tier"}.get(name, "")
    assert not inferred or np.array_equal(np.sort(back.tier), np.sort(fabric.tier))


def test_every_width_and_speed_comes_back():
    for width in WIDTHS:
        for speed in LANE:
            name, exact = rate_of(capacity(width, speed))
            assert exact and capacity(int(name.split("x")[0]), name.split("x")[1]) == capacity(width, speed)
    assert capacity(4, "XDR") == 100e9 and capacity(12, "SDR") == 3e9
    assert capacity(4, "FDR") == pytest.approx(54.54e9 / 8, rel=1e-3)
    assert rate_of(1.2e9)[1] is False


@pytest.mark.parametrize(
    ("name", "engine"),
    [
        ("tree", "minhop"), ("tree", "updn"), ("tree", "ftree"), ("tree", "dfsssp"), ("tree", "nue"),
        ("parallel cables", "ftree"), ("three layers", "updn"), ("slim fly", "dfsssp"), ("dragonfly", "nue"),
    ],
)  # fmt: skip
def test_opensm_brings_it_up_and_its_tables_come_back(name, engine, tmp_path):
    """OpenSM routes the fabric in ibsim; its dump is the same fabric, its tables reach every pair in its hops."""
    fabric = fabric_of(name, SDR)
    (tmp_path / "fabric.ibnet").write_text(write(fabric))
    found = bring_up(tmp_path / "fabric.ibnet", tmp_path / "osm", engine)
    back = read(found["ibnetdiscover"], "ibnetdiscover")
    check_same(back, fabric, but=(*LACKS, "cable"))
    three = [listed(found[dump], dump).ports for dump in ("dump_lfts", "opensm-lfts.dump", "opensm.fdbs")]
    assert three[0] == three[1] == three[2]
    tables = read_tables(found["opensm-lfts.dump"], "lfts", back)
    demand = traffic.offer("uniform", n_ranks=back.n_endpoints).listed()
    routing = topo.route(back, demand, "static", tables=tables)
    if engine != "nue":  # which leaves shortest paths where that keeps it free of deadlocks
        check_routing(back, demand, routing)
    assert np.array_equal(routing.sum_along(np.ones(back.n_links)), 1 + _hops(found["opensm.fdbs"], back, demand))
    solution = topo.solve(back, demand, routing, "max-min")
    assert solution.overall_theta > 0


def _hops(text: str, fabric: Fabric, demand) -> np.ndarray:
    """Return (F,) the cables from the first switch of each commodity to its destination, as opensm.fdbs counts them."""
    hops: dict[int, dict[int, int]] = {}
    for block in text.split("dump_ucast_routes: Switch ")[1:]:
        rows = re.findall(r"0x([0-9A-F]{4}) : \d+\s+: (\d+)", block)
        hops[int(block[:18], 16)] = {int(lid, 16): int(n) for lid, n in rows}
    port = ports_of(fabric)
    lid = fabric.source.port_lid[fabric.cable[port]]
    leaf = fabric.source.guid[fabric.head[port]]
    return np.array([hops[int(leaf[s])][int(lid[d])] for s, d in zip(demand.src, demand.dst, strict=True)])


@pytest.mark.parametrize("name", ["tree", "parallel cables", "three layers"])
def test_opensm_loads_exported_tables_and_reads_them_back_identical(name, tmp_path):
    fabric = fabric_of(name, SDR)
    tables = by_position(fabric)
    (tmp_path / "fabric.ibnet").write_text(write(fabric))
    (tmp_path / "own.lfts").write_text(write_tables(fabric, tables))
    found = bring_up(tmp_path / "fabric.ibnet", tmp_path / "osm", "file", "-U", str(tmp_path / "own.lfts"))
    wanted = listed((tmp_path / "own.lfts").read_text(), "own")
    assert "ERR" not in found["log"]
    assert listed(found["opensm-lfts.dump"], "osm").ports == wanted.ports
    assert np.array_equal(compiled(wanted, "own", fabric).link, tables.link)


@pytest.mark.parametrize("name", ["tree", "three layers", "parallel cables", "planes", "rails"])
def test_tables_of_positions_are_the_static_policy(name):
    """D-mod-k in a table walks as D-mod-k does, link by link, also after it was written and read."""
    fabric = topo.generate(**FABRICS[name], capacity=50e9, scale_up=200e9)
    demand = traffic.offer("uniform", n_ranks=fabric.n_endpoints).listed()
    wanted = topo.route(fabric, demand, "static").columns()
    tables = by_position(fabric)
    assert (tables.link >= 0).all() or name in ("planes", "rails")
    for one in (tables, read_tables(write_tables(fabric, tables), "own", fabric)):
        found = topo.route(fabric, demand, "static", tables=one)
        assert abs(found.columns() - wanted).max() < 1e-12


def test_tables_that_lead_nowhere_name_the_pair():
    """A hole, a circle, a wrong end, another fabric's tables: each is told with the names of the file."""
    fabric = read(write(fabric_of("tree")), "dump")
    text = write_tables(fabric, by_position(fabric))
    demand = traffic.offer("uniform", n_ranks=fabric.n_endpoints).listed()

    def error(changed):
        with pytest.raises(topo.NotConnected) as caught:
            topo.route(fabric, demand, "static", tables=read_tables(changed, "t", fabric))
        return str(caught.value)

    row = next(line for line in text.splitlines() if line.endswith("'h1-n0'"))
    assert "from h0-n0 to h1-n0: leaf0 has no entry" in error(text.replace(row + "\n", "", 1))
    up = int(row.split()[1])
    spine = next(s for s in text.split("Unicast lids")[1:] if f"spine{up - 5}" in s.splitlines()[0])
    back = next(line for line in spine.splitlines() if line.endswith("'h1-n0'"))
    circle = spine.replace(back, back.replace(f" {back.split()[1]} ", " 001 ", 1))
    assert "h1-n0: the way goes in a circle" in error(text.replace(spine, circle))
    wrong = row.replace(f" {row.split()[1]} ", " 002 ")
    assert "to h1-n0: the way ends at h0-n1" in error(text.replace(row, wrong, 1))
    with pytest.raises(FormatError, match="has no switch of"):
        read_tables(text.replace("guid 0x02", "guid 0x03"), "t", fabric)


DUMP = """
vendid=0x2c9
sysimgguid=0x7
switchguid=0x7(7)
Switch 41 "S-0000000000000007"  # "leaf "A"; 1 # x" enhanced port 0 lid 9 lmc 0
[1] "H-0000000000000001"[1](11) # "n1 mlx5_0" lid 1 4xNDR s=4 w=2
[2] "H-0000000000000002"[1](12) # "n2 mlx5_0" lid 2 4xNDR
[3] "H-0000000000000003"[1](13) # "n2 mlx5_1" lid 3 2xNDR
[41] "H-0000000000000009"[1](19) # "Mellanox Technologies Aggregation Node" lid 5 4xHDR
[5] "S-0000000000000008"[2] # "leaf2" lid 8 4xNDR
[6] "S-0000000000000008"[3] # "leaf2" lid 8 4xNDR

switchguid=0x8(8)
Switch 40 "S-0000000000000008"  # "leaf2" base port 0 lid 8 lmc 0
[2] "S-0000000000000007"[5] # "leaf" lid 9 4xHDR
[1] "H-0000000000000004"[2](14) # "MT4129 ConnectX7   Mellanox Technologies" lid 4 4xNDR

sysimgguid=0xabc
caguid=0x4
Ca 2 "H-0000000000000004"  # "MT4129 ConnectX7   Mellanox Technologies"
[2](14) "S-0000000000000008"[1]  # lid 4 lmc 0 "leaf2" lid 8 4xNDR
"""


def test_a_dump_with_all_its_oddities():
    fabric = read(DUMP, "d")
    ends = fabric.source.names[: fabric.n_endpoints]
    assert ends == ("H-0000000000000004", "n1 mlx5_0", "n2 mlx5_0")
    assert fabric.source.names[fabric.n_endpoints :] == ("leaf2", 'leaf "A"; 1 # x')
    kinds = [fault["kind"] for fault in fabric.source.faults]
    assert sorted(kinds) == ["one-ended", "speeds-disagree"]
    one_ended = fabric.source.faults[kinds.index("one-ended")]
    assert one_ended["ports"] == ['leaf "A"; 1 # x port 6', "leaf2 port 3"]
    assert sorted(set(fabric.capacity)) == [25e9, 50e9]  # the slower of what both ends say
    said = " ".join(fabric.source.notes)
    assert "1 aggregation node is no host" in said
    assert "1 NIC runs at another speed" in said and "n2 mlx5_1 the first" in said
    everyone = read(DUMP, "d", topo.formats.Reading(nic="mlx|H-"))
    assert everyone.n_endpoints == 4


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("hello\n", r"d:1: 'hello' is no line of an ibnetdiscover dump"),
        ('[1] "S-1"[2]\n', r"d:1: a port before any Switch or Ca"),
        (
            DUMP + '\nSwitch 1 "S-0000000000000007"\n',
            r"d:\d+: 'S-0000000000000007' has two sections, the first in line 5",
        ),
        (DUMP.replace("[6]", "[5]"), r"d:11: port 5 of 'S-0000000000000007' stands twice, first in line 10"),
        ('Ca 1 "H-1" # "lonely"\n', "holds no cable; 'lonely'"),
        ("vendid=0x0\n", "holds no cable"),
    ],
)
def test_what_is_no_dump_is_refused_with_its_line(text, says):
    with pytest.raises(FormatError, match=says):
        read(text, "d")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("0x0001 001", "t:1: an entry before any switch"),
        ("what", "t:1: 'what' is no line of forwarding tables"),
        ("", "lists no switch"),
    ],
)
def test_what_is_no_table_is_refused(text, says):
    with pytest.raises(FormatError, match=says):
        listed(text, "t")


def test_a_cable_of_any_dump_is_there_once():
    fabric = fabric_of("three layers")
    text = write(fabric)
    switches = text.split("caguid")[0]  # sections of switches alone name every cable too
    assert cables_of(read(switches, "d")) == cables_of(read(text, "d"))
