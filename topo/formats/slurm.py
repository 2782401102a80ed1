"""Slurm ``topology.conf`` and ``topology.yaml``: which nodes hang on which switch, tree and block.

``SwitchName=leaf1 Nodes=n[1-16]``, ``SwitchName=spine1 Switches=leaf[1-4]``; blocks of nodes are scale-up domains.
One line stands for one cable however many there are: speeds and bundles are not in such a file.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

from topo.fabric import Fabric, NodeKind, Tier
from topo.formats.errors import FormatError
from topo.formats.hostlist import expand, squeezed
from topo.formats.infer import fabric_of
from topo.formats.labels import source_of, unique
from topo.formats.plant import Cable, Node, Plant, Reading
from topo.formats.text import fail, lines
from topo.formats.yaml import parse_yaml

_PAIR = re.compile(r"(\w+)=((?:\[[^\]]*\]|[^\s\[\]])+)")
_KEYS = {"switchname", "switches", "nodes", "linkspeed", "blockname", "blocksizes", "topologyparam", "topologyplugin"}


class Tree:
    """Switches and nodes as they are named, in order; the plant is made of them at the end."""

    def __init__(self, shown: str) -> None:
        self.plant = Plant(shown.rpartition("/")[2])
        self.number: dict[str, int] = {}
        self.pairs: set[tuple[int, int]] = set()
        self.parent_of_node: dict[str, str] = {}

    def node(self, name: str, *, end: bool) -> int:
        """Return the number of a device, a new one where the name is."""
        if name not in self.number:
            self.number[name] = len(self.number)
            self.plant.nodes.append(Node(name, end=end, host=name if end else ""))
        return self.number[name]

    def join(self, above: str, below: Iterable[str], *, ends: bool) -> None:
        """Add a cable from ``above`` to each of ``below``; one that stands already is not added again."""
        top = self.node(above, end=False)
        for name in below:
            pair = (top, self.node(name, end=ends))
            if pair not in self.pairs and pair[::-1] not in self.pairs:
                self.pairs.add(pair)
                self.plant.cables.append(Cable(*pair))

    def block(self, name: str, nodes: Iterable[str]) -> None:
        """Say that ``nodes`` share one scale-up network."""
        for node in nodes:
            i = self.node(node, end=True)
            self.plant.nodes[i] = self.plant.nodes[i]._replace(domain=name)

    def fabric(self, how: Reading | None) -> Fabric:
        """Return the fabric; blocks without a tree hang on one switch, which is said."""
        if not self.plant.cables and self.plant.nodes:
            self.join("network", [node.name for node in self.plant.nodes], ends=True)
            self.plant.notes.append("blocks alone say nothing of the network between them: read as one switch")
        self.plant.notes.append("one cable is read for each line of the tree; bundles and speeds are not in the file")
        return fabric_of(self.plant, how)


def read(text: str, shown: str, how: Reading | None = None) -> Fabric:
    """Return the fabric of a ``topology.conf`` or ``topology.yaml``.  Raises FormatError, with the line."""
    tree = Tree(shown)
    if re.search(r"(?im)^\s*(?:switchname|blockname|topologyparam|blocksizes)\s*=", text):
        _of_conf(tree, text, shown)
    else:
        _of_yaml(tree, parse_yaml(text, shown), shown)
    return tree.fabric(how)


def _of_conf(tree: Tree, text: str, shown: str) -> None:
    for number, raw in lines(text.replace("\\\n", " "), shown):
        line = raw.split("#", 1)[0].strip()
        if not line:
            continue
        found = {key.lower(): value for key, value in _PAIR.findall(line)}
        if not found or not set(found) <= _KEYS:
            fail(shown, number, f"{line[:60]!r} is no line of topology.conf")
        switch = found.get("switchname")
        if switch is not None:
            tree.node(switch, end=False)
            tree.join(switch, expand(found.get("switches", ""), f"{shown}:{number}"), ends=False)
            tree.join(switch, expand(found.get("nodes", ""), f"{shown}:{number}"), ends=True)
        elif "blockname" in found:
            tree.block(found["blockname"], expand(found.get("nodes", ""), f"{shown}:{number}"))


def _of_yaml(tree: Tree, data: Any, shown: str) -> None:
    """Take ``tree: switches: [{switch, children | nodes}]`` and ``block: blocks: [{block, nodes}]`` of every entry."""
    entries = data if isinstance(data, list) else [data]
    for entry in entries:
        parts = entry if isinstance(entry, dict) else {}
        for row in _rows(parts.get("tree"), "switches", shown):
            name = str(row.get("switch", ""))
            tree.node(name, end=False)
            tree.join(name, expand(str(row.get("children") or ""), shown), ends=False)
            tree.join(name, expand(str(row.get("nodes") or ""), shown), ends=True)
        for row in _rows(parts.get("block"), "blocks", shown):
            tree.block(str(row.get("block", "")), expand(str(row.get("nodes") or ""), shown))
    if not tree.plant.nodes:
        raise FormatError(f"{shown}: has no topology with tree: switches: or block: blocks: in it")


def _rows(part: Any, key: str, shown: str) -> list[dict[str, Any]]:
    found = part.get(key) if isinstance(part, dict) else None
    if found is None:
        return []
    if not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
        raise FormatError(f"{shown}: {key} must be a list of mappings")
    return found


def write(fabric: Fabric) -> str:
    """Return the tree of ``fabric`` as ``topology.conf``: a switch has the switches below it, a leaf its nodes.

    Raises FormatError where switches of one level are joined, of which Slurm knows nothing.
    """
    return "\n".join(_written(fabric)) + "\n"


def _written(fabric: Fabric) -> Iterator[str]:
    if (fabric.tier == Tier.LOCAL).any() or (fabric.tier == Tier.GLOBAL).any():
        raise FormatError(
            f"{fabric.name}: is no tree, and topology.conf holds trees; cables join switches of one level"
        )
    source = source_of(fabric)
    names = [re.sub(r"[^\w.-]+", "-", name) for name in unique(source.names, source.guid)]
    nodes = _nodes(fabric, names)
    below: dict[int, set[int]] = defaultdict(set)
    for a, b in zip(fabric.tail.tolist(), fabric.head.tolist(), strict=True):
        if fabric.kind[b] < fabric.kind[a] and fabric.kind[a] >= NodeKind.LEAF:
            below[a].add(b)
    for switch in range(fabric.n_nodes):
        if fabric.kind[switch] >= NodeKind.LEAF:
            ends = sorted({nodes[fabric.host[b]] for b in below[switch] if b < fabric.n_endpoints})
            rest = [names[b] for b in sorted(below[switch]) if b >= fabric.n_endpoints]
            key, children = ("Nodes", ends) if ends else ("Switches", rest)
            yield f"SwitchName={names[switch]}" + (f" {key}={squeezed(children)}" if children else "")
    if fabric.has_scale_up and fabric.endpoints_per_domain > fabric.endpoints_per_host:
        pairs = sorted({(int(d), nodes[h]) for d, h in zip(fabric.domain, fabric.host, strict=True)})
        for domain, group in groupby(pairs, key=lambda pair: pair[0]):
            yield f"BlockName=block{domain} Nodes={squeezed([node for _, node in group])}"


def _nodes(fabric: Fabric, names: list[str]) -> list[str]:
    """Return the name of each host: what the names of its endpoints say, or its number."""
    from topo.formats.ends import hosts_of

    told = hosts_of([Node(name) for name in names[: fabric.n_endpoints]], Reading())
    servers: dict[int, set[str]] = defaultdict(set)
    for host, (server, _) in zip(fabric.host.tolist(), told, strict=True):
        servers[host].add(server)
    own = [next(iter(servers[h])) if len(servers[h]) == 1 else f"host{h}" for h in range(fabric.n_hosts)]
    return own if len(set(own)) == len(own) else [f"host{h}" for h in range(fabric.n_hosts)]
