"""A fabric as schedulers see it: switches above switches above nodes, and blocks of nodes.  A node is a host."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from typing import NamedTuple

from topo.fabric import Fabric, NodeKind, Tier
from topo.formats.ends import hosts_of
from topo.formats.errors import FormatError
from topo.formats.labels import source_of, unique
from topo.formats.plant import Node, Reading, natural


class Switch(NamedTuple):
    """A switch with what is below it: nodes, or other switches."""

    name: str
    nodes: list[str]
    children: list[str]


def switches_of(fabric: Fabric) -> list[Switch]:
    """Return every switch of ``fabric``, leaves first.

    Raises FormatError where switches of one level are joined, and where one has nodes and switches below it.
    """
    if (fabric.tier == Tier.LOCAL).any() or (fabric.tier == Tier.GLOBAL).any():
        raise FormatError(f"{fabric.name}: is no tree, and Slurm takes trees alone; cables join switches of one level")
    names, hosts = _names(fabric)
    nodes: dict[int, set[str]] = defaultdict(set)
    children: dict[int, set[str]] = defaultdict(set)
    for a, b in zip(fabric.tail.tolist(), fabric.head.tolist(), strict=True):
        if b < fabric.n_endpoints:
            nodes[a].add(hosts[fabric.host[b]])
        elif fabric.kind[a] > fabric.kind[b] >= NodeKind.LEAF:
            children[a].add(names[b])
    base = fabric.n_nodes - fabric.n_switches
    found = [
        Switch(names[i], *(sorted(below[i], key=natural) for below in (nodes, children)))
        for i in range(base, fabric.n_nodes)
    ]
    both = next((one for one in found if one.nodes and one.children), None)
    if both is not None:
        raise FormatError(f"{fabric.name}: {both.name} has nodes and switches below it; Slurm takes one or the other")
    return found


def blocks_of(fabric: Fabric) -> list[tuple[str, list[str]]]:
    """Return name and nodes of each scale-up domain; none where no domain has several hosts, or a host several."""
    hosts = _names(fabric)[1]
    pairs = sorted({*zip(fabric.domain.tolist(), fabric.host.tolist(), strict=True)})
    if len(pairs) != fabric.n_hosts or fabric.n_domains == fabric.n_hosts:
        return []
    nodes: dict[int, list[str]] = defaultdict(list)
    for domain, host in pairs:
        nodes[domain].append(hosts[host])
    return [(f"block{domain}", names) for domain, names in nodes.items()]


def _names(fabric: Fabric) -> tuple[list[str], list[str]]:
    """Return the name of each device and of each host, in letters that Slurm takes; no two are equal."""
    source = source_of(fabric)
    names = [re.sub(r"[^A-Za-z0-9_.-]+", "-", name) for name in unique(source.names, source.guid)]
    told = hosts_of([Node(name) for name in names[: fabric.n_endpoints]], Reading())
    servers: dict[int, set[str]] = defaultdict(set)
    for host, (server, _) in zip(fabric.host.tolist(), told, strict=True):
        servers[host].add(server)
    hosts = [servers[h].pop() if len(servers[h]) == 1 else f"host{h}" for h in range(fabric.n_hosts)]
    switches = names[fabric.n_endpoints :]
    if len({*hosts}) < len(hosts) or {*hosts} & {*switches}:
        hosts = [f"host{h}" for h in range(fabric.n_hosts)]
    count = Counter([*switches, *hosts])
    known = [name if count[name] == 1 else f"{name}.{i}" for i, name in enumerate(names)]
    return known, hosts
