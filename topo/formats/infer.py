"""From a plant to a Fabric: kinds and planes are inferred where the file does not state them, all is numbered.

Devices of a file that states kinds keep its order.  Others are ordered as people count: hosts, then NICs, then
switches, each by name with numbers in it taken as numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from topo.fabric import DEFAULT_MEDIUM, Fabric, FabricError, Medium, NodeKind, Source, Tier
from topo.formats.ends import ends_of, hosts_of, hung, left_out
from topo.formats.errors import FormatError
from topo.formats.kinds import domains_of, kinds_of, planes_of, tiers_of
from topo.formats.plant import Cable, Node, Plant, Reading, Wires, natural
from topo.formats.speeds import capacities, latencies
from topo.units import several

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


def fabric_of(plant: Plant, how: Reading | None = None) -> Fabric:
    """Return the fabric of ``plant``, read as ``how`` says.

    Raises FormatError where it holds no cable, no endpoint, a speed that neither it nor ``how`` states, or breaks
    a rule of fabrics.
    """
    how = how or Reading()
    if not plant.cables:
        alone = f"; {plant.nodes[0].name!r} and what else it names are not connected" if plant.nodes else ""
        raise FormatError(f"{plant.name}: holds no cable{alone}")
    stated = all(node.kind is not None for node in plant.nodes)
    end = ends_of(plant, how)
    if not end.any():
        hung(plant, how.per_switch)
        end = ends_of(plant, Reading())
    out, said = _left_out(plant, end, how, stated=stated)
    wires = _sorted(_kept(plant, end, out, stated=stated), how, by_name=not stated)
    try:
        return _assembled(plant, wires, how, said, stated=stated)
    except FabricError as error:
        raise FormatError(f"{plant.name}: {error}") from None
    except OverflowError:
        raise FormatError(
            f"{plant.name}: a number of a plane, group, host, LID or GUID is too large to be one"
        ) from None


def _left_out(plant: Plant, end: Bools, how: Reading, *, stated: bool) -> tuple[Bools, list[str]]:
    """Return (N,) the devices that are no part of the fabric, and why, in sentences."""
    out: Bools = np.zeros(len(end), dtype=bool)
    said: list[str] = []
    if not stated or how.nic:
        out, said = left_out(plant, end, how)
    wired = np.zeros(len(end), dtype=bool)
    wired[[i for c in plant.cables for i in (c.a, c.b)]] = True
    bare = np.flatnonzero(end & ~wired & ~out)
    if not stated and len(bare):
        out[bare] = True
        what = several(len(bare), "endpoint has no cable and is left out", "endpoints have no cable and are left out")
        said.append(f"{what}, {plant.nodes[bare[0]].name} the first")
    if not (end & ~out).any():
        raise FormatError(f"{plant.name}: no endpoint is left; see what nic and ends leave out")
    return out, said


def _kept(plant: Plant, end: Bools, out: Bools, *, stated: bool) -> Wires:
    """Return what is not left out, without loops and cables between two endpoints: these are faults."""
    kept = np.flatnonzero(~out)
    number = np.full(len(out), -1)
    number[kept] = np.arange(len(kept))
    nodes, end = [plant.nodes[i] for i in kept], end[kept]
    cables = [c for c in plant.cables if number[c.a] >= 0 and number[c.b] >= 0]
    a = number[np.array([c.a for c in cables], dtype=np.int64)]
    b = number[np.array([c.b for c in cables], dtype=np.int64)]
    wrong = (a == b) | (end[a] & end[b])
    for i in np.flatnonzero(wrong).tolist():
        what = "loopback" if a[i] == b[i] else "host-to-host"
        ends = [(nodes[a[i]].name, cables[i].a_port), (nodes[b[i]].name, cables[i].b_port)]
        plant.faults.append({"kind": what, "ports": [" port ".join(filter(None, one)) for one in ends]})
    cables, a, b = [cables[i] for i in np.flatnonzero(~wrong).tolist()], a[~wrong], b[~wrong]
    if stated:
        return Wires(nodes, cables, a, b, np.array([node.kind for node in nodes], dtype=np.int8))
    return Wires(nodes, cables, a, b, kinds_of(end, _inner(nodes, end, a, b, cables), a, b))


def _inner(nodes: list[Node], end: Bools, a: Ints, b: Ints, cables: list[Cable]) -> Bools:
    """Return (N,) which devices are switches of a scale-up network: their cables, or their names, say so."""
    inner = np.array([n.kind == NodeKind.SCALE_UP or n.name.startswith("scale-up") for n in nodes], dtype=bool)
    said = np.array([c.tier == Tier.SCALE_UP for c in cables], dtype=bool)
    inner[a[said]] = inner[b[said]] = True
    return np.asarray(inner & ~end)


def _sorted(wires: Wires, how: Reading, *, by_name: bool) -> Wires:
    """Return ``wires`` with devices in the order of their kinds, each endpoint with the host that it sits in."""
    ends = np.flatnonzero(wires.kind == NodeKind.ENDPOINT).tolist()
    nodes = list(wires.nodes)
    for i, (server, nic) in zip(ends, hosts_of([nodes[i] for i in ends], how), strict=True):
        nodes[i] = nodes[i]._replace(host=server, nic=nic)

    def key(i: int) -> tuple[Any, ...]:
        node, kind = nodes[i], int(wires.kind[i])
        server = (natural(node.host), natural(node.nic)) if kind == NodeKind.ENDPOINT else ()
        return kind, server, natural(node.name), node.guid

    order = sorted(range(len(nodes)), key=key if by_name else wires.kind.__getitem__)
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    return Wires([nodes[i] for i in order], wires.cables, place[wires.a], place[wires.b], wires.kind[order])


def _assembled(plant: Plant, wires: Wires, how: Reading, said: list[str], *, stated: bool) -> Fabric:
    host, domain = _inside(wires, how)
    if how.scale_up is not None and not (wires.kind == NodeKind.SCALE_UP).any():
        wires = _joined(wires, domain, how.scale_up)
    kind, a, b = wires.kind, wires.a, wires.b
    plane, parts = planes_of(kind, a, b)
    if stated and all(node.plane is not None for node in wires.nodes):
        plane = np.array([node.plane for node in wires.nodes], dtype=np.int16)
    elif parts > 1:
        said = [*said, f"the switches fall into {parts} parts that share no cable: read as planes"]
    inferred = tiers_of(kind, a, b).tolist()
    tier = np.array([t if c.tier is None else c.tier for c, t in zip(wires.cables, inferred, strict=True)], np.int8)
    capacity, assumed = capacities(plant.name, wires, tier, how)
    said = [*plant.notes, *said, *([] if stated else [_shape(kind, np.array(inferred))]), *assumed]
    return Fabric.from_cables(
        name=plant.name,
        kind=kind,
        a=a,
        b=b,
        capacity=capacity,
        latency=latencies(wires.cables, tier, how),
        weight=[c.weight for c in wires.cables],
        tier=tier,
        medium=[_medium(c, t) for c, t in zip(wires.cables, tier.tolist(), strict=True)],
        plane=plane,
        group=[node.group for node in wires.nodes],
        groups=plant.groups,
        host=host,
        domain=domain,
        overhead=plant.overhead if how.overhead is None else how.overhead,
        launch=plant.launch if how.launch is None else how.launch,
        packet=how.packet or plant.packet,
        relay=how.relay or plant.relay,
        radix=plant.radix or _radix(plant, wires),
        source=_source(plant, wires, said),
    )


def _medium(cable: Cable, tier: int) -> Medium:
    return DEFAULT_MEDIUM[Tier(tier)] if cable.medium is None else cable.medium


def _inside(wires: Wires, how: Reading) -> tuple[Ints, Ints]:
    """Return (E,) host and (E,) domain of each endpoint."""
    n = int(np.count_nonzero(wires.kind == NodeKind.ENDPOINT))
    nodes = wires.nodes[:n]
    host = _numbered([node.host for node in nodes])
    if how.endpoints_per_host:
        host = np.arange(n) // how.endpoints_per_host
    if how.scale_up_domain:
        return host, np.arange(n) // how.scale_up_domain
    if all(node.domain for node in nodes):
        return host, _numbered([node.domain for node in nodes])
    return host, domains_of(wires.kind, wires.a, wires.b, host)


def _numbered(names: list[str]) -> Ints:
    """Return names as numbers from 0: their own where all are such, else in the order in which they appear."""
    if all(name.isascii() and name.isdigit() and len(name) < 10 for name in names):
        own = np.array([int(name) for name in names], dtype=np.int64)
        if len(np.unique(own)) == int(own.max(initial=-1)) + 1:
            return own
    known: dict[str, int] = {}
    return np.array([known.setdefault(name, len(known)) for name in names], dtype=np.int64)


def _joined(wires: Wires, domain: Ints, rate: float) -> Wires:
    """Return ``wires`` with a scale-up switch for every domain, and a cable of ``rate`` from each endpoint to it."""
    n, more = len(domain), int(domain.max(initial=-1)) + 1
    a, b = (np.where(end < n, end, end + more) for end in (wires.a, wires.b))
    inside = [Node(f"scale-up{i}", kind=NodeKind.SCALE_UP, end=False, plane=-1) for i in range(more)]
    return replace(
        wires,
        nodes=[*wires.nodes[:n], *inside, *wires.nodes[n:]],
        cables=[*wires.cables, *(Cable(i, n + int(d), capacity=rate) for i, d in enumerate(domain.tolist()))],
        a=np.append(a, np.arange(n)),
        b=np.append(b, n + domain),
        kind=np.insert(wires.kind, n, np.full(more, NodeKind.SCALE_UP, dtype=np.int8)),
    )


def _radix(plant: Plant, wires: Wires) -> int:
    """Return the most ports that a switch states, 0 where one has more cables than that; each such is a fault."""
    n = len(wires.kind)
    degree = np.bincount(wires.a, minlength=n) + np.bincount(wires.b, minlength=n)
    switch = wires.kind >= NodeKind.LEAF
    for i in np.flatnonzero(switch).tolist():
        node = wires.nodes[i]
        if 0 < node.ports < degree[i]:
            said = f"has {degree[i]} cables and states {node.ports} ports"
            plant.faults.append({"kind": "radix-exceeded", "ports": [node.name], "evidence": said})
    radix = max((node.ports for node, is_one in zip(wires.nodes, switch, strict=True) if is_one), default=0)
    return radix if radix >= int(degree[switch].max(initial=0)) else 0


def _shape(kind: NDArray[np.int8], tier: Ints) -> str:
    words = {NodeKind.LEAF: ("leaf", "leaves"), NodeKind.SPINE: ("spine", "spines"), NodeKind.CORE: ("core", "cores")}
    count = {word: int(np.count_nonzero(kind == k)) for k, word in words.items()}
    found = ", ".join(several(n, *word) for word, n in count.items() if n)
    level = int(np.count_nonzero(tier == Tier.LOCAL))
    no_tree = (
        f"; {several(level, 'cable joins', 'cables join')} switches of one level, so it is no tree" if level else ""
    )
    return f"kinds were inferred: {found}{no_tree}"


def _source(plant: Plant, wires: Wires, said: list[str]) -> Source:
    swapped = (wires.a > wires.b).tolist()  # the lower node of a cable comes first in Fabric.cables
    ends = zip(wires.cables, swapped, strict=True)

    def column(rows: Sequence[Any], get: Callable[[Any], int], dtype: Any) -> Any:
        return np.array([get(row) for row in rows], dtype=dtype)

    return Source(
        names=tuple(node.name for node in wires.nodes),
        ports=tuple((c.b_port, c.a_port) if back else (c.a_port, c.b_port) for c, back in ends),
        guid=column(wires.nodes, lambda node: node.guid, np.uint64),
        lid=column(wires.nodes, lambda node: node.lid, np.int64),
        port_guid=column(wires.cables, lambda c: c.port_guid, np.uint64),
        port_lid=column(wires.cables, lambda c: c.port_lid, np.int64),
        notes=tuple(said),
        faults=tuple(plant.faults),
    )
