"""Topology text of ns-3 as HPCC's RDMA simulator reads it: counts, the switches, then a line for each cable.

``nodes switches links``; all numbers of switches; ``src dst rate delay error_rate``.  SimAI's puts more into the first
line, and is read and written by the same functions.  The simulator keeps one cable of several between two nodes
(``nbr2if`` in HPCC's ``third.cc`` has one entry a pair).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from topo import units
from topo.fabric import Fabric, NodeKind, Tier
from topo.formats.errors import FormatError
from topo.formats.infer import fabric_of
from topo.formats.plant import Cable, Node, Plant, Reading
from topo.formats.text import fail, lines


class Head(NamedTuple):
    """What the first line counts."""

    nodes: int
    switches: int  # those inside hosts included
    cables: int
    inside: int = 0  # of the switches, the first ones: NVSwitches
    per_host: int = 0  # endpoints of a host; 0 where it is not said


def read(text: str, shown: str, how: Reading | None = None) -> Fabric:
    """Return the fabric of such a text.  Raises FormatError, with the line, for what is none."""
    rows = words_of(text, shown)
    number, words = next(rows, (1, []))
    if len(words) != 3 or not all(map(_whole, words)):
        fail(shown, number, f"the first line is nodes switches links; got {' '.join(words)[:60]!r}")
    return fabric_of(plant_of_text(Head(*map(int, words)), rows, shown), how)


def words_of(text: str, shown: str) -> Iterator[tuple[int, list[str]]]:
    """Yield number and words of every line that has any."""
    return ((number, words) for number, line in lines(text, shown) if (words := line.split()))


def plant_of_text(head: Head, rows: Iterator[tuple[int, list[str]]], shown: str) -> Plant:
    """Return the plant of what follows the first line.  Raises FormatError, with the line."""
    plant = Plant(shown.rpartition("/")[2])
    switches = _switches(head, rows, shown)
    lossy = 0
    for number, words in rows:
        if len(words) != 5 or not all(map(_whole, words[:2])):
            fail(shown, number, f"src dst rate delay error_rate is needed; got {' '.join(words)[:60]!r}")
        a, b = int(words[0]), int(words[1])
        if max(a, b) >= head.nodes:
            fail(shown, number, f"node {max(a, b)} is not among the {head.nodes} of the first line, which count from 0")
        try:
            rate, delay, error = units.rate(words[2]), units.duration(words[3]), float(words[4])
        except ValueError as problem:
            fail(shown, number, str(problem))
        lossy += error != 0
        plant.cables.append(Cable(a, b, capacity=rate, latency=delay))
    if len(plant.cables) != head.cables:
        raise FormatError(f"{shown}: states {head.cables} links and holds {len(plant.cables)}; it is not whole")
    if head.nodes > len(switches) + 2 * head.cables:
        raise FormatError(f"{shown}: states {head.nodes} nodes, more than its links and switches can be")
    inside = set(list(switches)[: head.inside])
    plant.nodes = [_node(i, head, i in switches, i in inside) for i in range(head.nodes)]
    if lossy:
        plant.notes.append(f"{lossy} cables lose packets in the file; losses are no part of a fabric: passed over")
    return plant


def _switches(head: Head, rows: Iterator[tuple[int, list[str]]], shown: str) -> dict[int, None]:
    """Return the numbers of switches in the order of the file; they may take several lines."""
    found: dict[int, None] = {}
    while len(found) < head.switches:
        number, words = next(rows, (0, []))
        if not words:
            raise FormatError(f"{shown}: states {head.switches} switches and names {len(found)}; it is not whole")
        wrong = [word for word in words if not _whole(word) or int(word) >= head.nodes or int(word) in found]
        if wrong or len(found) + len(words) > head.switches:
            said = f"{wrong[0][:20]!r} is no number of a switch, or stands twice" if wrong else "there are more"
            fail(shown, number, f"{head.switches} switches, by numbers below {head.nodes}, are needed; {said}")
        found |= dict.fromkeys(map(int, words))
    return found


def _node(number: int, head: Head, switch: bool, inside: bool) -> Node:
    if inside:
        return Node(f"scale-up{number}", NodeKind.SCALE_UP, end=False)
    if switch:
        return Node(f"switch{number}", end=False)
    host = str(number // head.per_host) if head.per_host else ""
    return Node(f"h{number}", end=True, host=host, nic=str(number))


def _whole(word: str) -> bool:
    return word.isascii() and word.isdigit() and len(word) < 10


def write(fabric: Fabric) -> str:
    """Return ``fabric`` as text of this format, scale-up networks left out: endpoints, then switches."""
    inside = int((fabric.kind == NodeKind.SCALE_UP).sum())
    rows = [row for row in cable_rows(fabric, inside) if row]
    switches = range(fabric.n_endpoints, fabric.n_nodes - inside)
    head = [f"{fabric.n_nodes - inside} {len(switches)} {len(rows)}", " ".join(map(str, switches))]
    return "\n".join([*head, *rows]) + "\n"


def cable_rows(fabric: Fabric, inside: int = 0) -> Iterator[str]:
    """Yield the line of each cable: rates in Gb/s, latencies in ms, no losses.

    Where the ``inside`` switches of scale-up networks are left out, so are their cables: empty lines.
    """
    rows = {key: column.tolist() for key, column in fabric.cables().items()}
    for a, b, rate, latency, tier in zip(*(rows[k] for k in ("a", "b", "capacity", "latency", "tier")), strict=True):
        ends = [node - inside if node >= fabric.n_endpoints else node for node in (a, b)]
        row = f"{ends[0]} {ends[1]} {units.gbps(rate):.12g}Gbps {latency * 1e3:.12g}ms 0"
        yield "" if inside and tier == Tier.SCALE_UP else row
