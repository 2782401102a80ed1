"""SimGrid platforms that describe a cluster: ``<cluster topology="FAT_TREE" topo_parameters="2;4,4;1,2;1,2" ..>``.

FAT_TREE, ``levels;down,..;up,..;cables,..`` from the bottom::

    level l holds the switches labelled  (a_levels .. a_l+1, b_l .. b_1),  a_i < down_i,  b_i < up_i;
    one of l - 1 and one of l are joined, by cables_l, where their labels differ in digit l alone.

DRAGONFLY, ``groups,blue;chassis,black;blades,green;nodes``: routers of a chassis are joined by green links, those of
one blade number in a group by black ones, and groups i and j by a blue one from router j of i to router i of j.
A number of green, black or blue links is one link of so many times the bandwidth, as SimGrid makes it.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from math import prod

from topo import units
from topo.fabric import Fabric
from topo.formats.errors import FormatError
from topo.formats.infer import fabric_of
from topo.formats.plant import Cable, Node, Plant, Reading
from topo.formats.text import Element, fail, parse_xml

#: Hosts and cables that a description may stand for.
MOST = 2_000_000
MOST_LEVELS = 16
_HOW = "hosts, links and routes are no cables: read the fabric that it was written of"


def read(text: str, shown: str, how: Reading | None = None) -> Fabric:
    """Return the network of the one cluster of a platform.  Raises FormatError for what has none that is read."""
    root = parse_xml(text, shown)
    clusters = list(_below(root, "cluster"))
    if root.tag != "platform" or len(clusters) != 1:
        raise FormatError(f"{shown}: is no SimGrid platform with one cluster, but {len(clusters)}; {_HOW}")
    (cluster,) = clusters
    said = cluster.attributes
    topology = said.get("topology", "FLAT")
    if topology not in ("FAT_TREE", "DRAGONFLY"):
        fail(shown, cluster.line, f"topology {topology[:20]!r} is not read; FAT_TREE and DRAGONFLY are")
    if said.get("sharing_policy", "SPLITDUPLEX") != "SPLITDUPLEX":
        fail(shown, cluster.line, "sharing_policy must be SPLITDUPLEX: a cable carries its rate each way")
    try:
        rate, latency = units.rate(said.get("bw", "").replace("Bps", "B/s")), units.duration(said.get("lat", "0"))
    except units.UnitError as error:
        fail(shown, cluster.line, f"bw and lat: {error}")
    plant = Plant(shown.rpartition("/")[2])
    make = _fat_tree if topology == "FAT_TREE" else _dragonfly
    numbers = _parameters(cluster, shown)
    ends, switches, cables = make(numbers, shown, cluster.line)
    _named(plant, cluster, ends, switches, shown)
    plant.cables = [Cable(a, b, capacity=rate * times, latency=latency) for a, b, times in cables]
    if said.get("limiter_link"):
        plant.notes.append("limiter_link, a bound on each host by itself, is no part of a fabric: passed over")
    return fabric_of(plant, how)


_Made = tuple[int, int, Iterator[tuple[int, int, int]]]  # hosts, switches, cables: ends and times the bandwidth


def _fat_tree(numbers: list[list[int]], shown: str, line: int) -> _Made:
    levels = numbers[0][0] if len(numbers) == 4 and len(numbers[0]) == 1 else 0
    if not 0 < levels <= MOST_LEVELS or any(len(row) != levels for row in numbers[1:]):
        fail(
            shown,
            line,
            "topo_parameters of a FAT_TREE are levels;down,..;up,..;cables,..: a number for each "
            f"of up to {MOST_LEVELS} levels",
        )
    down, up, cables = numbers[1:]
    count = [prod(up[:level]) * prod(down[level:]) for level in range(levels + 1)]
    total = sum(n * u * c for n, u, c in zip(count, up, cables, strict=False))
    if max(total, sum(count)) > MOST:
        fail(shown, line, f"the tree has {total} cables; up to {MOST} are read")
    return count[0], sum(count[1:]), _tree_cables(down, up, cables, count)


def _tree_cables(down: list[int], up: list[int], cables: list[int], count: list[int]) -> Iterator[tuple[int, int, int]]:
    base = 0
    for level, here in enumerate(count[:-1]):
        low = prod(up[:level])  # what the digits below digit ``level`` count
        for node in range(here):
            below, own = node % low, node // low // down[level]
            for digit in range(up[level]):
                parent = below + low * (digit + up[level] * own)
                for _ in range(cables[level]):
                    yield base + node, base + here + parent, 1
        base += here


def _dragonfly(numbers: list[list[int]], shown: str, line: int) -> _Made:
    if [len(row) for row in numbers] != [2, 2, 2, 1]:
        fail(shown, line, "topo_parameters of a DRAGONFLY are groups,blue;chassis,black;blades,green;nodes")
    (groups, blue), (chassis, black), (blades, green), (nodes,) = numbers
    each = chassis * blades
    if groups > each:
        fail(shown, line, f"{groups} groups take a router each in every group, which has {each}")
    total = groups * each * (nodes + blades + chassis) + groups**2
    if total > MOST:
        fail(shown, line, f"the dragonfly has about {total} cables; up to {MOST} are read")
    hosts = groups * each * nodes
    return hosts, groups * each, _dragonfly_cables(hosts, nodes, (groups, blue), (chassis, black), (blades, green))


def _dragonfly_cables(
    hosts: int, nodes: int, group: tuple[int, int], chassis: tuple[int, int], blade: tuple[int, int]
) -> Iterator[tuple[int, int, int]]:
    yield from ((host, hosts + host // nodes, 1) for host in range(hosts))
    each = chassis[0] * blade[0]
    for first in range(hosts, hosts + group[0] * each, each):
        for c in range(chassis[0]):
            yield from ((first + c * blade[0] + i, first + c * blade[0] + j, blade[1]) for i, j in _pairs(blade[0]))
        for i, j in _pairs(chassis[0]):
            yield from ((first + i * blade[0] + b, first + j * blade[0] + b, chassis[1]) for b in range(blade[0]))
    yield from ((hosts + i * each + j, hosts + j * each + i, group[1]) for i, j in _pairs(group[0]))


def _pairs(n: int) -> Iterator[tuple[int, int]]:
    return combinations(range(n), 2)


def _named(plant: Plant, cluster: Element, ends: int, switches: int, shown: str) -> None:
    said = cluster.attributes
    numbers = _radical(said.get("radical", ""), shown, cluster.line)
    if len(numbers) != ends:
        fail(shown, cluster.line, f"radical names {len(numbers)} hosts where topo_parameters make {ends}")
    names = [f"{said.get('prefix', '')}{number}{said.get('suffix', '')}" for number in numbers]
    plant.nodes = [Node(name, end=True, host=name) for name in names]
    plant.nodes += [Node(f"switch{i}", end=False) for i in range(switches)]


def _radical(text: str, shown: str, line: int) -> list[int]:
    found: list[int] = []
    for part in text.split(","):
        first, _, last = part.strip().partition("-")
        if not all(word.isascii() and word.isdigit() and len(word) < 10 for word in (first, last or first)):
            fail(shown, line, f"radical names hosts as 0-15 or 0-3,8; got {text[:40]!r}")
        span = range(int(first), int(last or first) + 1)
        if len(span) + len(found) > MOST:
            fail(shown, line, f"radical names over {MOST} hosts, the most that are read")
        found += span
    return found


def _parameters(cluster: Element, shown: str) -> list[list[int]]:
    text = cluster.attributes.get("topo_parameters", "")
    rows = [row.split(",") for row in text.split(";")]
    if not all(word.isascii() and word.isdigit() and 0 < len(word) < 7 and int(word) for row in rows for word in row):
        fail(shown, cluster.line, f"topo_parameters are whole numbers from 1, with , and ; between; got {text[:60]!r}")
    return [[int(word) for word in row] for row in rows]


def _below(element: Element, tag: str) -> Iterator[Element]:
    for child in element.children:
        if child.tag == tag:
            yield child
        yield from _below(child, tag)
