"""htsim's ``.topo``: fat-trees of two or three tiers, told by radix, speed and latency of each tier.

A packet waits for ``Downlink_Latency_ns`` on a cable and for ``Switch_Latency_ns`` in a switch.  A cable here has the
latency of both, half of each switch at its ends, so the latency of every path is the same.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from topo.fabric import Fabric, Groups, NodeKind, Tier
from topo.formats.errors import FormatError
from topo.formats.htsim_tree import KINDS, TIERS, Tree, is_tree
from topo.formats.infer import fabric_of
from topo.formats.plant import Cable, Node, Plant, Reading
from topo.formats.text import fail, lines
from topo.units import BITS_PER_BYTE

_GBPS = 1e9 / BITS_PER_BYTE
_HEAD = ("nodes", "tiers", "podsize")
#: Keys of a tier -> what they are where they do not stand; the first three must.
_KEYS = {
    "downlink_speed_gbps": 0, "radix_down": 0, "downlink_latency_ns": 0,
    "radix_up": 0, "switch_latency_ns": 0, "bundle": 1, "oversubscribed": 0, "queue_up": 0, "queue_down": 0,
}  # fmt: skip


def read(text: str, shown: str, how: Reading | None = None) -> Fabric:
    """Return the fat-tree of a ``.topo``.  Raises FormatError, with the line, for numbers that make none."""
    head, tiers = _numbers(text, shown)
    tree = _tree(head, tiers, shown)
    plant = Plant(shown.rpartition("/")[2], groups=Groups.POD if len(tiers) == 3 else Groups.NONE)
    pods, deep = tree.nodes // tree.pod, len(tiers) == 3
    plant.nodes = [Node(f"h{i}", NodeKind.ENDPOINT, True, str(i), plane=0) for i in range(tree.nodes)]
    for kind, n in zip(KINDS, tree.counts, strict=False):
        word = kind.name.lower()
        plant.nodes += [Node(f"{word}{i}", kind, False, plane=0) for i in range(n)]
    if deep:
        each = np.concatenate([np.arange(n) // (n // pods) for n in (tree.nodes, *tree.counts[:2])])
        plant.nodes = [node._replace(group=int(each[i]) if i < len(each) else -1) for i, node in enumerate(plant.nodes)]
    plant.cables = [
        Cable(a, b, capacity=tree.rate[t], latency=tree.latency[t], tier=TIERS[t])
        for a, b, t in zip(*(column.tolist() for column in tree.cables()), strict=True)
    ]
    if any(tier["queue_up"] or tier["queue_down"] for tier in tiers):
        plant.notes.append("sizes of queues are no part of a fabric: passed over")
    return fabric_of(plant, how)


def _numbers(text: str, shown: str) -> tuple[dict[str, int], list[dict[str, int]]]:
    """Return what the header says, and each tier."""
    head: dict[str, int] = {}
    tiers: list[dict[str, int]] = []
    for number, raw in lines(text, shown):
        words = raw.split()
        if not words or words[0].startswith("#"):
            continue
        key = words[0].lower()
        if len(words) != 2 or not (words[1].isascii() and words[1].isdigit()) or len(words[1]) > 9:
            fail(shown, number, f"a key and a whole number, such as Radix_Down 16; got {raw.strip()[:60]!r}")
        value = int(words[1])
        if key == "tier":
            if value != len(tiers):
                fail(shown, number, f"tiers stand in order, and {len(tiers)} is next; got {value}")
            tiers.append({})
            continue
        known, into = (_KEYS, tiers[-1]) if tiers else (_HEAD, head)
        if key not in known or key in into:
            what = "stands twice" if key in into else f"is unknown here; known: {', '.join(known)}"
            fail(shown, number, f"{words[0][:40]} {what}")
        into[key] = value
    lacking = [key for key in _HEAD if not head.get(key)]
    lacking += [f"{key} of tier {i}" for i, tier in enumerate(tiers) for key in [*_KEYS][:3] if not tier.get(key)]
    lacking += [f"radix_up of tier {i}" for i, tier in enumerate(tiers[:-1]) if not tier.get("radix_up")]
    if lacking or len(tiers) != head["tiers"] or len(tiers) not in (2, 3):
        why = f"lacks {lacking[0]}" if lacking else "a tree has two or three tiers, as many as Tiers says"
        raise FormatError(f"{shown}: {why}")
    return head, [{**_KEYS, **tier} for tier in tiers]


def _tree(head: dict[str, int], tiers: list[dict[str, int]], shown: str) -> Tree:
    switch = [0, *(tier["switch_latency_ns"] for tier in tiers)]  # at the lower end of each cable, then at its upper
    tree = Tree(
        head["nodes"],
        head["podsize"],
        tuple(tier["radix_down"] for tier in tiers),
        tuple(tier["radix_up"] for tier in tiers[:-1]),
        tuple(max(tier["bundle"], 1) for tier in tiers),
        tuple(tier["downlink_speed_gbps"] * _GBPS for tier in tiers),
        tuple((t["downlink_latency_ns"] + (switch[i] + switch[i + 1]) / 2) / 1e9 for i, t in enumerate(tiers)),
    )
    fault = tree.fault()
    if not fault and tree.bundle[0] > 1:
        fault = "Bundle of tier 0 must be 1: htsim gives a node one port"
    for i, tier in enumerate(tiers[:-1]):
        if not fault and tier["oversubscribed"] not in (0, _ratio(tree, i)):
            fault = (
                f"Oversubscribed of tier {i} is {_ratio(tree, i):g} by ports and speeds; got {tier['oversubscribed']}"
            )
    if fault:
        raise FormatError(f"{shown}: {fault}")
    return tree


def _ratio(tree: Tree, tier: int) -> float:
    return round(tree.down[tier] * tree.rate[tier] / (tree.up[tier] * tree.rate[tier + 1]), 9)


def write(fabric: Fabric) -> str:
    """Return ``fabric`` as text of this format.

    Raises FormatError where it is not the fat-tree that htsim would make of it, node for node.
    """
    tree = _tree_of(fabric)
    for tier in range(len(tree.up)):
        if _ratio(tree, tier) % 1:
            raise FormatError(
                f"{fabric.name}: is oversubscribed {_ratio(tree, tier):g} to 1; htsim takes whole numbers"
            )
    if tree.fault() or not is_tree(fabric, tree):
        raise FormatError(
            f"{fabric.name}: is not cabled as htsim cables such a tree: nodes leaf by leaf, all leaves of a pod to all "
            "of its spines, one spine of each pod to a core"
        )
    return "\n".join(_written(tree)) + "\n"


def _written(tree: Tree) -> Iterator[str]:
    yield f"Nodes {tree.nodes}\nTiers {len(tree.down)}\nPodsize {tree.pod}"
    for tier, rate in enumerate(tree.rate):
        yield f"\nTier {tier}\nDownlink_speed_Gbps {round(rate / _GBPS)}\nRadix_Down {tree.down[tier]}"
        if tier < len(tree.up):
            yield f"Radix_Up {tree.up[tier]}\nOversubscribed {_ratio(tree, tier):g}"
        yield f"Downlink_Latency_ns {round(tree.latency[tier] * 1e9)}"
        if tier:
            yield f"Bundle {tree.bundle[tier]}"


def _tree_of(fabric: Fabric) -> Tree:
    """Return the numbers of ``fabric``, whose switches of a tier must be alike."""
    if fabric.n_planes > 1 or not (fabric.kind == NodeKind.SPINE).any() or (fabric.tier > Tier.SPINE_CORE).any():
        raise FormatError(f"{fabric.name}: is no fat-tree of one plane, and htsim's .topo holds nothing else")
    tiers = range(3 if (fabric.kind == NodeKind.CORE).any() else 2)
    rates = tuple(_one(fabric.capacity[fabric.tier == TIERS[t]], "speeds", fabric) for t in tiers)
    latency = tuple(_one(fabric.latency[fabric.tier == TIERS[t]], "latencies", fabric) for t in tiers)
    for rate, seconds in zip(rates, latency, strict=True):
        if abs(rate / _GBPS - round(rate / _GBPS)) > 1e-9:
            raise FormatError(f"{fabric.name}: htsim takes whole Gb/s; got {rate / _GBPS:g} Gb/s")
        if round(seconds * 1e9) < 1:
            raise FormatError(
                f"{fabric.name}: htsim takes latencies of 1 ns or more; got {seconds * 1e9:g} ns: give it those of its "
                "hardware, such as hardware=infiniband"
            )
    return Tree(
        fabric.n_endpoints,
        _pod(fabric) if len(tiers) == 3 else fabric.n_endpoints,
        tuple(_ports(fabric, KINDS[t], up=False) for t in tiers),
        tuple(_ports(fabric, KINDS[t], up=True) for t in tiers[:-1]),
        (1, *(_bundle(fabric, TIERS[t]) for t in tiers[1:])),
        rates,
        latency,
    )


def _pod(fabric: Fabric) -> int:
    pods = len(np.unique(fabric.group[fabric.kind == NodeKind.LEAF]))
    if fabric.groups != Groups.POD or fabric.n_endpoints % pods:
        raise FormatError(f"{fabric.name}: its leaves are in no pods of equal size, which three tiers of htsim need")
    return fabric.n_endpoints // pods


def _ports(fabric: Fabric, kind: NodeKind, *, up: bool) -> int:
    here = fabric.kind[fabric.tail] == kind
    there = fabric.kind[fabric.head]
    out = here & ((there > kind) if up else (there < kind) & (there != NodeKind.SCALE_UP))
    count = np.bincount(fabric.tail[out], minlength=fabric.n_nodes)
    return int(_one(count[np.flatnonzero(fabric.kind == kind)], "ports", fabric))


def _bundle(fabric: Fabric, tier: Tier) -> int:
    rises = (fabric.tier == tier) & (fabric.tail < fabric.head)
    _, count = np.unique(fabric.tail[rises].astype(np.int64) * fabric.n_nodes + fabric.head[rises], return_counts=True)
    return int(_one(count, "bundles", fabric))


def _one(values: NDArray[np.generic], what: str, fabric: Fabric) -> float:
    found = np.unique(np.asarray(values, dtype=np.float64))
    if len(found) == 0 or found[-1] - found[0] > 1e-9 * found[-1]:
        span = f"({found[0]:g}, {found[-1]:g})" if len(found) else "(there are none)"
        raise FormatError(f"{fabric.name}: {what} of one tier differ {span}; htsim has one a tier")
    return float(found[0])
