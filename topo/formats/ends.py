"""Which devices of a plant are endpoints, which of those take part, and in which host each sits.

A file may say so (InfiniBand tells adapters from switches), names may (``gpu3``, ``leaf1``), or the graph
does: a device with one neighbour is an end.  Where every device has several, endpoints with a port on each of
p planes are those of least degree whose removal leaves p parts.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from topo.fabric import NodeKind
from topo.formats.errors import FormatError
from topo.formats.plant import Cable, Node, Plant, Reading
from topo.islands import islands
from topo.units import several

#: How names of endpoints and of switches begin, where all names of a file do.
_END = re.compile(r"(?:e|h|n|host|node|server|compute|gpu|nic|hca|ep|endpoint|rank|worker|dgx|pod\d*-?host)s?[-_ ]?\d")
_SWITCH = re.compile(r"(?:scale-up|nvswitch|sw|switch|leaf|spine|core|tor|agg|edge|root|router|r|s)(?:es)?[-_ ]?\d")
#: Server and device of an endpoint's name: ``dgx1 mlx5_0``, ``dgx1:eth4``, ``h3-nic5``.
_HOST = re.compile(
    r"(?P<host>\S+?)(?:[ :/](?P<nic>[A-Za-z]\S*\d\S*)|[-_.](?P<device>(?:nic|gpu|hca|mlx5|ib|eth|n|p)_?\d+))"
)
#: A switch that bears less than this share of what the switches beside it do is a spine with guests.
_GUESTS = 0.25


def ends_of(plant: Plant, how: Reading) -> NDArray[np.bool_]:
    """Return (N,) which devices are endpoints; none where neither file, names nor graph tell."""
    nodes = plant.nodes
    if how.ends:
        found = _expression(how.ends, "ends")
        return np.array([bool(found.search(node.name)) for node in nodes], dtype=bool)
    if any(node.kind is not None or node.end is not None for node in nodes):
        return np.array([bool(node.end) or node.kind == NodeKind.ENDPOINT for node in nodes], dtype=bool)
    if how.per_switch:
        return np.zeros(len(nodes), dtype=bool)
    named = [(bool(_END.match(node.name.lower())), bool(_SWITCH.match(node.name.lower()))) for node in nodes]
    if all(end or switch for end, switch in named) and any(end and not switch for end, switch in named):
        return np.array([end and not switch for end, switch in named], dtype=bool)
    end = _by_degree(plant)
    if 0 < 2 * np.count_nonzero(end) < len(end):  # more switches than endpoints: maybe all are sites or switches
        few = several(int(np.count_nonzero(end)), "device", "devices")
        plant.notes.append(
            f"taken for endpoints: {few} of {len(end)}, those with the fewest cables; ends=REGEX names others, "
            "per_switch=N hangs N on each device"
        )
    return end


def _by_degree(plant: Plant) -> NDArray[np.bool_]:
    n = len(plant.nodes)
    pairs = {(min(c.a, c.b), max(c.a, c.b)) for c in plant.cables}
    a, b = np.array(sorted(pairs), dtype=np.int64).reshape(-1, 2).T
    degree = np.bincount(a, minlength=n) + np.bincount(b, minlength=n)
    end: NDArray[np.bool_] = degree == 1
    end[a[end[a] & end[b]]] = False  # two devices and nothing else: one of them is the switch
    if end.any():
        return end
    least = int(degree[degree > 0].min(initial=n))
    end = degree == least
    apart: bool = not (end[a] & end[b]).any() and not end.all()
    kept = ~end[a] & ~end[b]
    parts = _parts(n, a[kept], b[kept])[~end]
    if apart and len(np.unique(parts)) == least:
        return end
    return np.zeros(n, dtype=bool)


def _parts(n: int, a: NDArray[np.int64], b: NDArray[np.int64]) -> NDArray[np.int64]:
    return islands(a, b, n).astype(np.int64)


def hung(plant: Plant, each: int) -> None:
    """Add ``each`` endpoints to every device of ``plant``, all of which are switches.

    Raises FormatError where ``each`` is 0: a network of switches alone carries nothing.
    """
    if not each:
        raise FormatError(
            f"{plant.name}: no device is an endpoint: each has several neighbours. Name the endpoints by an "
            "expression, ends=REGEX, or hang some on every switch with per_switch=4"
        )
    switches = len(plant.nodes)
    plant.nodes[:] = [node._replace(end=False) for node in plant.nodes]
    for i in range(switches):
        for port in range(each):
            plant.cables.append(Cable(len(plant.nodes), i))
            plant.nodes.append(Node(f"{plant.nodes[i].name}/e{port}", end=True, host=plant.nodes[i].name))
    plant.notes.append(f"{each} endpoints were hung on every one of {switches} switches, as asked for")


def left_out(plant: Plant, end: NDArray[np.bool_], how: Reading) -> tuple[NDArray[np.bool_], list[str]]:
    """Return (N,) endpoints that do not take part, and why, in sentences: foreign, guests of spines, other NICs."""
    nodes, out, said = plant.nodes, np.zeros(len(plant.nodes), dtype=bool), []
    for what, group in _grouped((node.foreign, i) for i, node in enumerate(nodes) if node.foreign):
        out[group] = True
        said.append(f"{len(group)} {what}{'s are' if len(group) > 1 else ' is'} no host and left out")
    if how.nic:
        wanted = _expression(how.nic, "nic")
        others = [i for i in np.flatnonzero(end & ~out).tolist() if not wanted.search(_called(nodes[i]))]
        out[others] = True
        if others and len(others) == int(end.sum()):
            raise FormatError(f"{plant.name}: nic {how.nic!r} finds no endpoint, such as {_called(nodes[others[0]])!r}")
        said += [_without(others, how)] if others else []
        return out, said
    return _other_networks(plant, end, out, said)


def _without(others: list[int], how: Reading) -> str:
    nic = f"not match nic={how.nic} and"
    return several(len(others), f"endpoint does {nic} is left out", f"endpoints do {nic} are left out")


def _other_networks(
    plant: Plant, end: NDArray[np.bool_], out: NDArray[np.bool_], said: list[str]
) -> tuple[NDArray[np.bool_], list[str]]:
    """Add guests of spines, and NICs of another speed than most where their hosts have NICs of that."""
    guests = _guests(plant, end & ~out)
    if guests:
        out[guests] = True
        names = ", ".join(plant.nodes[i].name for i in guests[:3])
        sit = several(len(guests), "endpoint sits", "endpoints sit")
        said.append(
            f"{sit} on switches above the leaves ({names}): left out; name what takes part with nic=REGEX to keep them"
        )
    slow, most = _slow_devices(plant, end & ~out)
    if slow:
        out[slow] = True
        said.append(
            f"{several(len(slow), 'NIC runs', 'NICs run')} at another speed than the {most} others of their hosts, as "
            f"storage and management do: left out ({plant.nodes[slow[0]].name} the first); nic=REGEX chooses otherwise"
        )
    return out, said


def _slow_devices(plant: Plant, end: NDArray[np.bool_]) -> tuple[list[int], int]:
    """Return NICs of a device, mlx5_8 say, that runs at another speed than most NICs in most hosts that have it.

    A single one that does is a fault of its cable.  The second value counts the NICs of the usual speed.
    """
    speed = _speeds(plant, end)
    count = Counter(speed.values())
    if len(count) < 2:
        return [], 0
    most = max(count, key=lambda rate: (count[rate], rate))
    named = {i: _host(plant.nodes[i], None) for i in speed}
    at = {named[i][0] for i, rate in speed.items() if rate == most}
    devices = Counter(nic for _, nic in named.values())
    other = Counter(named[i][1] for i, rate in speed.items() if rate != most)
    slow = [i for i, rate in speed.items() if rate != most and named[i][0] in at]
    return [i for i in slow if named[i][1] and 2 * other[named[i][1]] > devices[named[i][1]]], count[most]


def _speeds(plant: Plant, end: NDArray[np.bool_]) -> dict[int, float]:
    """Return the capacity of each endpoint's fastest port, where it has one that states it."""
    speed: dict[int, float] = {}
    for c in plant.cables:
        for node in (c.a, c.b):
            if end[node] and c.capacity:
                speed[node] = max(speed.get(node, 0.0), c.capacity)
    return speed


def _guests(plant: Plant, end: NDArray[np.bool_]) -> list[int]:
    """Return endpoints on switches that bear far fewer than the switches around them, if that makes it a tree."""
    bears: dict[int, list[int]] = defaultdict(list)
    beside: dict[int, set[int]] = defaultdict(set)
    for c in plant.cables:
        for here, there in ((c.a, c.b), (c.b, c.a)):
            if end[there] and not end[here]:
                bears[here].append(there)
            elif not end[there] and not end[here]:
                beside[here].add(there)
    count = {switch: len(ends) for switch, ends in bears.items()}
    high = {
        switch
        for switch, n in count.items()
        if beside[switch] and n <= _GUESTS * np.median([count.get(other, 0) for other in beside[switch]])
    }
    leaves = set(bears) - high
    tree = high and not any(beside[leaf] & leaves for leaf in leaves)
    return sorted(i for s in high for i in bears[s]) if tree else []


def hosts_of(nodes: Sequence[Node], how: Reading) -> list[tuple[str, str]]:
    """Return server and device of each endpoint: by ``how.host_pattern``, as the file says, or from its name."""
    pattern = _expression(how.host_pattern, "host_pattern") if how.host_pattern else None
    return [_host(node, pattern) for node in nodes]


def _host(node: Node, pattern: re.Pattern[str] | None) -> tuple[str, str]:
    if pattern is not None:
        match = pattern.search(node.name)
        return (node.name if match is None else match[1] if pattern.groups else match[0]), node.nic or node.name
    if node.host:
        return node.host, node.nic or node.name
    match = _HOST.fullmatch(node.name)
    return (match["host"], match["nic"] or match["device"]) if match else (node.name, "")


def _called(node: Node) -> str:
    return f"{node.name} {node.nic}".strip()


def _expression(text: str, key: str) -> re.Pattern[str]:
    try:
        return re.compile(text)
    except re.error as error:
        raise FormatError(f"{key}: {text!r} is no regular expression: {error}") from None


def _grouped(pairs: Iterator[tuple[str, int]]) -> list[tuple[str, list[int]]]:
    found: dict[str, list[int]] = defaultdict(list)
    for what, i in pairs:
        found[what].append(i)
    return list(found.items())
