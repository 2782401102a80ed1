"""Slurm ``topology.conf`` and ``topology.yaml``: which nodes hang on which switch, tree and block.

``SwitchName=leaf1 Nodes=n[1-16]``, ``SwitchName=spine1 Switches=leaf[1-4]``; blocks of nodes are scale-up domains.
One line stands for one cable however many there are: speeds and bundles are not in such a file.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from topo.fabric import Fabric
from topo.formats.errors import FormatError
from topo.formats.hostlist import expand, squeezed
from topo.formats.infer import fabric_of
from topo.formats.plant import Cable, Node, Plant, Reading
from topo.formats.switches import blocks_of, switches_of
from topo.formats.text import fail, lines
from topo.formats.yaml import parse_yaml, quoted

_PAIR = re.compile(r"(?<!\S)(\w{1,40})=((?:\[[^\]]*\]|[^\s\[\]])+)(?!\S)")
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
    if re.search(r"(?im)^[ \t]*(?:switchname|blockname|topologyparam|blocksizes)[ \t]*=", text):
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
        if not found or not set(found) <= _KEYS or _PAIR.sub("", line).strip():
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

    Raises FormatError for what is no tree as Slurm has them.
    """
    rows = [
        f"SwitchName={one.name}" + (f" {key}={squeezed(names)}" if names else "")
        for one in switches_of(fabric)
        for key, names in [("Nodes", one.nodes) if one.nodes else ("Switches", one.children)]
    ]
    return "\n".join(rows) + "\n"


def write_yaml(fabric: Fabric) -> str:
    """Return ``fabric`` as ``topology.yaml``: its tree, and its scale-up domains of several hosts as blocks.

    Raises FormatError for what is no tree as Slurm has them.
    """
    return "\n".join(_yaml(fabric)) + "\n"


def _yaml(fabric: Fabric) -> Iterator[str]:
    yield "---\n- topology: tree\n  cluster_default: true\n  tree:\n    switches:"
    for one in switches_of(fabric):
        key, names = ("nodes", one.nodes) if one.nodes else ("children", one.children)
        yield f"      - switch: {quoted(one.name)}" + (f"\n        {key}: {quoted(squeezed(names))}" if names else "")
    blocks = blocks_of(fabric)
    if blocks:
        least = min(len(nodes) for _, nodes in blocks)  # no block may have fewer nodes than the first size
        yield f"- topology: block\n  cluster_default: false\n  block:\n    block_sizes:\n      - {least}\n    blocks:"
        for name, nodes in blocks:
            yield f"      - block: {quoted(name)}\n        nodes: {quoted(squeezed(nodes))}"
