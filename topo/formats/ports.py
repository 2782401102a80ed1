"""Names that tell hosts, and numbers of ports, for formats that need them."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
from numpy.typing import NDArray

from topo.fabric import Fabric, NodeKind, Tier
from topo.formats.ends import hosts_of
from topo.formats.labels import FIRST_GUID, GUIDS_EACH, source_of, unique
from topo.formats.plant import Node, Reading, natural


def telling_names(fabric: Fabric) -> list[str]:
    """Return the name of each node, from which a reader tells the hosts: its own where that is so, else ``h3 n0``."""
    source = source_of(fabric)
    names = list(unique(source.names, source.guid))
    n = fabric.n_endpoints
    told = hosts_of([Node(name) for name in names[:n]], Reading())
    number: dict[str, int] = {}
    hosts = [number.setdefault(server, len(number)) for server, _ in told]
    pairs = {*zip(hosts, fabric.host.tolist(), strict=True)}
    keys = [(natural(server), natural(nic), natural(name)) for (server, nic), name in zip(told, names[:n], strict=True)]
    if len(pairs) == len(number) == fabric.n_hosts and keys == sorted(keys):
        return names
    seen: dict[int, int] = defaultdict(int)
    for i, host in enumerate(fabric.host.tolist()):
        names[i] = f"h{host} n{seen[host]}"
        seen[host] += 1
    return names


def guids(fabric: Fabric) -> list[int]:
    """Return the GUID of each node: its file's where all are stated and differ, else generated ones."""
    own = source_of(fabric).guid
    if own.all() and len(np.unique(own)) == len(own):
        return [int(guid) for guid in own]
    return [FIRST_GUID + GUIDS_EACH * node for node in range(fabric.n_nodes)]


def port_numbers(fabric: Fabric) -> NDArray[np.int64]:
    """Return (C, 2) the number of the port at either end of each cable: the file's own, or counted from 1.

    A node whose file names ports by anything but distinct numbers from 1 to 254 is counted anew.
    """
    rows, source = fabric.cables(), source_of(fabric)
    at: dict[int, list[tuple[int, int, str]]] = defaultdict(list)
    for cable, (a, b, tier) in enumerate(zip(*(rows[key].tolist() for key in ("a", "b", "tier")), strict=True)):
        if tier != Tier.SCALE_UP:
            at[a].append((cable, 0, source.ports[cable][0]))
            at[b].append((cable, 1, source.ports[cable][1]))
    found = np.zeros((fabric.n_cables, 2), dtype=np.int64)
    for here in at.values():
        own = [int(port) if port.isascii() and port.isdigit() and len(port) < 4 else 0 for *_, port in here]
        if len({*own}) < len(own) or not 1 <= min(own) <= max(own) <= 254:
            own = list(range(1, len(here) + 1))
        for (cable, side, _), port in zip(here, own, strict=True):
            found[cable, side] = port
    return found


def endpoint_side(fabric: Fabric) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the numbers of cables between an endpoint and a switch, and the endpoint of each."""
    rows = fabric.cables()
    cable = np.flatnonzero(rows["tier"] == Tier.ENDPOINT)
    return cable, np.minimum(rows["a"], rows["b"])[cable].astype(np.int64)


def most_ports(fabric: Fabric, ports: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return (N,) the ports of each node: the radix of switches, or as many as the highest that is used."""
    rows = fabric.cables()
    most = np.zeros(fabric.n_nodes, dtype=np.int64)
    np.maximum.at(most, rows["a"], ports[:, 0])
    np.maximum.at(most, rows["b"], ports[:, 1])
    switch = fabric.kind >= NodeKind.LEAF
    most[switch] = np.maximum(most[switch], fabric.radix)
    return most
