"""topograph's model files: ``switches: {S1: {switches: [S2]}}`` and ``blocks: [{switch: S2, nodes: ["n[1-8]"]}]``."""

from __future__ import annotations

from typing import Any

from topo.fabric import Fabric
from topo.formats.errors import FormatError
from topo.formats.hostlist import expand
from topo.formats.plant import Reading
from topo.formats.slurm import Tree
from topo.formats.yaml import parse_yaml


def read(text: str, shown: str, how: Reading | None = None) -> Fabric:
    """Return the fabric of a topograph model.  Raises FormatError for what is none."""
    data = parse_yaml(text, shown)
    if not isinstance(data, dict) or not isinstance(data.get("switches"), dict):
        raise FormatError(f"{shown}: is no topograph model; it needs a mapping of switches")
    tree = Tree(shown)
    for name, said in data["switches"].items():
        tree.node(str(name), end=False)
        tree.join(str(name), _names(said, "switches", shown), ends=False)
        tree.join(str(name), _names(said, "nodes", shown), ends=True)
    blocks = data.get("blocks") or []
    if not isinstance(blocks, list) or not all(isinstance(block, dict) for block in blocks):
        raise FormatError(f"{shown}: blocks must be a list of mappings")
    for block in blocks:
        _add_block(tree, block, shown)
    return tree.fabric(how)


def _add_block(tree: Tree, block: dict[str, Any], shown: str) -> None:
    nodes = _names(block, "nodes", shown)
    if "switch" in block:
        tree.join(str(block["switch"]), nodes, ends=True)
    said = block.get("annotations")
    pairs = said.items() if isinstance(said, dict) else ()
    domain = next((str(value) for key, value in pairs if str(key).endswith("/domain")), "")
    if domain:
        tree.block(domain, nodes)


def _names(said: Any, key: str, shown: str) -> list[str]:
    if said is None:
        return []
    found = said.get(key) or [] if isinstance(said, dict) else None
    if not isinstance(found, list):
        raise FormatError(f"{shown}: {key} must be a list of names")
    return [name for item in found for name in expand(str(item), shown)]
