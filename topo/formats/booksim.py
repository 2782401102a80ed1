"""BookSim's anynet: ``router 0 node 0 node 1 router 2``, a line for each router.

A router is told once to whom it has channels; BookSim makes both directions.  A number behind a neighbour is the
latency of its channel in cycles, whose length the file does not state.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator

import numpy as np

from topo.fabric import Fabric, NodeKind, Tier
from topo.formats.errors import FormatError
from topo.formats.infer import fabric_of
from topo.formats.plant import Cable, Node, Plant, Reading
from topo.formats.text import fail, lines

_WORDS = {"router": "switch", "node": "h"}


def read(text: str, shown: str, how: Reading | None = None) -> Fabric:
    """Return the network of such a file.  Raises FormatError, with the line, for what is none."""
    plant, numbers = Plant(shown.rpartition("/")[2]), dict[tuple[str, int], int]()
    router: dict[int, int] = {}
    joined: set[tuple[int, int]] = set()
    slow = 0
    for line, raw in lines(text, shown):
        devices, cycles = _devices(raw.split(), line, shown)
        slow += cycles
        for word, number in devices:
            if (word, number) not in numbers:
                numbers[word, number] = len(numbers)
                plant.nodes.append(Node(f"{_WORDS[word]}{number}", end=word == "node"))
        for one in devices[1:]:
            a, b = sorted((devices[0], one))
            if a[0] == "node" and (b[0] == "node" or router.setdefault(a[1], b[1]) != b[1]):
                fail(shown, line, f"node {a[1]} is on {b[0]} {b[1]}; a node of anynet is on one router, and no other")
            pair = numbers[a], numbers[b]
            if a != b and pair not in joined:  # BookSim makes both directions of one, whoever tells of it
                joined.add(pair)
                plant.cables.append(Cable(*pair))
    if slow:
        plant.notes.append(f"latencies of {slow} channels are in cycles, whose length is not stated: passed over")
    return fabric_of(plant, how)


def _devices(words: list[str], line: int, shown: str) -> tuple[list[tuple[str, int]], int]:
    """Return the devices of a line, and how many have a latency behind them."""
    found: list[tuple[str, int]] = []
    i = cycles = 0
    while i < len(words):
        word, number = words[i], words[i + 1] if i + 1 < len(words) else ""
        if word not in _WORDS or not _whole(number):
            got = " ".join(words[i : i + 2])[:40]
            fail(shown, line, f"router or node and its number are needed, such as router 0 node 0; got {got!r}")
        found.append((word, int(number)))
        i += 2
        if i < len(words) and _whole(words[i]) and len(found) > 1:
            i, cycles = i + 1, cycles + 1
    return found, cycles


def _whole(word: str) -> bool:
    return word.isascii() and word.isdigit() and len(word) < 10


def write(fabric: Fabric) -> str:
    """Return ``fabric`` as text of this format.

    Raises FormatError for parallel cables and for endpoints of several ports, of which BookSim has none.
    """
    return "\n".join(_written(fabric)) + "\n"


def _written(fabric: Fabric) -> Iterator[str]:
    base = int(np.searchsorted(fabric.kind, NodeKind.LEAF))
    rows = fabric.cables()
    network = rows["tier"] != Tier.SCALE_UP
    pairs = list(zip(rows["a"][network].tolist(), rows["b"][network].tolist(), strict=True))
    twice = [pair for pair, n in Counter(pairs).items() if n > 1]
    if twice:
        raise FormatError(f"{fabric.name}: nodes {twice[0][0]} and {twice[0][1]} have parallel cables; anynet has none")
    ports = Counter(a for a, _ in pairs if a < fabric.n_endpoints)
    if ports and max(ports.values()) > 1:
        raise FormatError(f"{fabric.name}: endpoints have several ports; a node of anynet has one")
    ends: dict[int, list[int]] = defaultdict(list)
    above: dict[int, list[int]] = defaultdict(list)
    for a, b in pairs:
        if a < fabric.n_endpoints:
            ends[b].append(a)
        else:
            above[a].append(b)
    for router in range(base, fabric.n_nodes):
        nodes = [f" node {end}" for end in sorted(ends[router])]
        others = [f" router {other - base}" for other in sorted(above[router])]
        yield f"router {router - base}" + "".join(nodes + others)
