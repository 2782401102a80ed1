"""Names, ports and InfiniBand numbers of a fabric that was not read from a file, and the plant of any fabric."""

from __future__ import annotations

import numpy as np

from topo.fabric import Fabric, Medium, NodeKind, Source, Tier
from topo.formats.plant import Cable, Node, Plant

#: First GUID of generated numbers; 2 in the byte that says "locally administered" (IEEE EUI-64).
FIRST_GUID = 0x0200_0000_0000_0000
#: GUIDs that a node has: its own, and one for each port.
GUIDS_EACH = 64

_WORDS = {NodeKind.LEAF: "leaf", NodeKind.SPINE: "spine", NodeKind.CORE: "core", NodeKind.SCALE_UP: "scale-up"}


def source_of(fabric: Fabric) -> Source:
    """Return what nodes and ports of ``fabric`` are called: as in its file, or by kind and number.

    Endpoint 5 of a host 3 with several is ``h3-n5``.  Ports count from 1 in the order of a node's links; LIDs
    too, switches first.
    """
    return fabric.source or _generated(fabric)


def names_of(fabric: Fabric) -> tuple[str, ...]:
    """Return what nodes of ``fabric`` are called, as ``source_of`` has it."""
    return _names(fabric) if fabric.source is None else fabric.source.names


def _generated(fabric: Fabric) -> Source:
    rows = fabric.cables()
    a, b = rows["a"], rows["b"]
    port = np.empty(fabric.n_links, dtype=np.int64)
    network = fabric.tier != Tier.SCALE_UP
    port[network] = _ranks(fabric.tail[network])
    port[~network] = 0
    at_tail = np.empty(fabric.n_cables, dtype=np.int64)
    at_head = np.empty(fabric.n_cables, dtype=np.int64)
    forth = fabric.tail < fabric.head
    at_tail[fabric.cable[forth]] = port[forth]
    at_head[fabric.cable[~forth]] = port[~forth]
    switch = fabric.kind >= NodeKind.LEAF
    guid = np.uint64(FIRST_GUID) + np.arange(fabric.n_nodes, dtype=np.uint64) * np.uint64(GUIDS_EACH)
    ends = rows["tier"] == Tier.ENDPOINT
    port_lid = np.zeros(fabric.n_cables, dtype=np.int64)
    # By endpoint and port, so that equal fabrics get equal numbers in whatever order their cables are listed.
    order = np.flatnonzero(ends)[np.lexsort((at_tail[ends], a[ends]))]
    port_lid[order] = 1 + np.count_nonzero(switch) + np.arange(len(order))
    port_guid = np.where(ends, guid[np.minimum(a, b)] + at_tail.astype(np.uint64), 0).astype(np.uint64)
    return Source(
        names=_names(fabric),
        ports=tuple(
            (str(p) if p else "", str(q) if q else "") for p, q in zip(at_tail.tolist(), at_head.tolist(), strict=True)
        ),
        guid=guid,
        lid=np.where(switch, np.cumsum(switch), 0).astype(np.int64),
        port_guid=port_guid,
        port_lid=port_lid,
    )


def _ranks(sorted_values: np.ndarray) -> np.ndarray:
    """Return how many equal values come before each, plus one; ``sorted_values`` ascend."""
    first = np.searchsorted(sorted_values, sorted_values)
    return np.arange(len(sorted_values)) - first + 1


def _names(fabric: Fabric) -> tuple[str, ...]:
    host, kind = fabric.host, fabric.kind[fabric.n_endpoints :]
    several = (np.bincount(host, minlength=fabric.n_hosts) > 1)[host]
    rows = zip(host.tolist(), _before(host).tolist(), several.tolist(), strict=True)
    ends = [f"h{own}-n{place}" if more else f"h{own}" for own, place, more in rows]
    word = {int(one): text for one, text in _WORDS.items()}
    switches = [f"{word[one]}{place}" for one, place in zip(kind.tolist(), _before(kind).tolist(), strict=True)]
    return (*ends, *switches)


def _before(values: np.ndarray) -> np.ndarray:
    """Return how many equal ``values`` (n,) come before each."""
    order = np.argsort(values, kind="stable")
    place = np.empty(len(values), dtype=np.int64)
    place[order] = _ranks(values[order]) - 1
    return place


def unique(names: tuple[str, ...], guid: np.ndarray) -> tuple[str, ...]:
    """Return ``names``, each that occurs twice with its GUID or number behind it."""
    count: dict[str, int] = {}
    for name in names:
        count[name] = count.get(name, 0) + 1
    return tuple(
        name if name and count[name] == 1 else f"{name or 'node'}#{int(g):x}" if g else f"{name or 'node'}#{i}"
        for i, (name, g) in enumerate(zip(names, guid.tolist(), strict=True))
    )


def plant_of(fabric: Fabric) -> Plant:
    """Return the plant of ``fabric``, with all that is known of it stated."""
    source = source_of(fabric)
    none = [-1] * (fabric.n_nodes - fabric.n_endpoints)
    columns = zip(
        unique(source.names, source.guid),
        fabric.kind.tolist(),
        [*fabric.host.tolist(), *none],
        [*fabric.domain.tolist(), *none],
        fabric.plane.tolist(),
        fabric.group.tolist(),
        source.guid.tolist(),
        source.lid.tolist(),
        strict=True,
    )
    nodes = [
        Node(
            name,
            NodeKind(kind),
            kind == NodeKind.ENDPOINT,
            "" if host < 0 else str(host),
            name,
            "" if domain < 0 else str(domain),
            plane,
            group,
            guid,
            lid,
        )
        for name, kind, host, domain, plane, group, guid, lid in columns
    ]
    keys = ("name", "overhead", "launch", "packet", "relay", "radix", "groups", "symmetry")
    return Plant(nodes=nodes, cables=_cables(fabric, source), **{key: getattr(fabric, key) for key in keys})


def _cables(fabric: Fabric, source: Source) -> list[Cable]:
    rows = {key: column.tolist() for key, column in fabric.cables().items()}
    guid, lid = source.port_guid.tolist(), source.port_lid.tolist()
    return [
        Cable(
            rows["a"][i],
            rows["b"][i],
            *source.ports[i],
            capacity=rows["capacity"][i],
            latency=rows["latency"][i],
            weight=rows["weight"][i],
            tier=Tier(rows["tier"][i]),
            medium=Medium(rows["medium"][i]),
            port_guid=guid[i],
            port_lid=lid[i],
        )
        for i in range(fabric.n_cables)
    ]
