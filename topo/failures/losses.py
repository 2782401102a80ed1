"""Losses: the parts that are gone, drawn at random, given by name, or each in turn to find the worst."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Annotated, Literal

import numpy as np
from annotated_types import Ge, Gt, Le
from numpy.typing import NDArray

from topo.fabric import Fabric
from topo.failures.alike import representatives
from topo.failures.counted import check_tried, check_wanted, named_parts
from topo.failures.parts import Ints, LossError, Parts, parts_of, ports_out
from topo.formats.edit import cables_named
from topo.formats.errors import FormatError
from topo.formats.labels import names_of
from topo.near import hint
from topo.parameters import Seed
from topo.rules import NodeKind
from traffic.demand import Demand, GroupedDemand

#: Names of parts that a loss spells out; the rest is counted.
MOST_NAMED = 4

Part = Annotated[
    Literal["cable", "core", "group", "host", "leaf", "line-card", "nic", "plane", "port", "spine", "switch"],
    "what fails",
]
Tier = Annotated[
    Literal["leaf", "spine", "core", "endpoint", "leaf-spine", "spine-core", "local", "global"] | None,
    "of switches or of cables; without, any switch, or any cable between switches",
]
Together = Annotated[int, Ge(1), "parts in a row that fail as one: a rack, a power feed"]
One = int | str
Some = Annotated[int, Ge(0)] | str | list[One]
Numbers = Annotated[int, Ge(0)] | list[int]


@dataclass(frozen=True, eq=False)
class Loss:
    """Cables and nodes that are gone, and what people call them."""

    name: str
    cables: Ints
    nodes: Ints

    def of(self, fabric: Fabric) -> Fabric:
        """Return what is left of ``fabric``."""
        return fabric.without(cables=self.cables, nodes=self.nodes)

    def dead(self, fabric: Fabric) -> NDArray[np.bool_]:
        """Return (L,) which links of ``fabric`` are gone."""
        dead = np.zeros(fabric.n_links, dtype=bool)
        for lost, n, ends in (
            (self.nodes, fabric.n_nodes, (fabric.tail, fabric.head)),
            (self.cables, fabric.n_cables, (fabric.cable,)),
        ):
            if len(lost):
                gone = np.zeros(n, dtype=bool)
                gone[lost] = True
                for end in ends:
                    dead |= gone.take(end)
        return dead


def random(
    fabric: Fabric,
    *,
    part: Part = "cable",
    tier: Tier = None,
    count: Annotated[int, Ge(0), "parts that fail"] = 1,
    share: Annotated[Annotated[float, Gt(0), Le(1)] | None, "of the parts that fail, instead of a count"] = None,
    together: Together = 1,
    seed: Seed = 0,
) -> list[Loss]:
    """Return parts drawn at random, without putting back.

    Equal seeds draw in the same order, so that more failures contain fewer: a curve is not blurred by redrawing.

    Raises LossError where there are fewer parts.
    """
    _at_least(0, count=count, seed=seed)
    if share is not None and not 0 < share <= 1:
        raise LossError(f"share: {share!r} must be above 0 and at most 1")
    parts = _parts(fabric, part, tier, together)
    wanted = count if share is None else round(share * parts.count)
    check_wanted(wanted, parts.count, part)
    lost = np.random.default_rng(seed).permutation(parts.count)[:wanted]
    return [_loss(fabric, parts, np.sort(lost), part, names_of(fabric))]


def named(
    fabric: Fabric,
    *,
    switch: Annotated[Some, "switches, by node number or name"] = [],  # noqa: B006
    cable: Annotated[Some, "cables, by number or as leaf3 port 7, or leaf3 -- spine2"] = [],  # noqa: B006
    nic: Annotated[Some, "endpoints that lose all their ports, by number or name"] = [],  # noqa: B006
    host: Annotated[Numbers, "hosts, by number"] = [],  # noqa: B006
    plane: Annotated[Numbers, "planes, by number"] = [],  # noqa: B006
) -> list[Loss]:
    """Return the parts given by number or by name.

    Raises LossError for one that the fabric does not have, or where none is given.
    """
    said = named_parts({"switch": switch, "cable": cable, "nic": nic, "host": host, "plane": plane})
    cables, nodes = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    nodes.append(_numbers(fabric, switch, "switch"))
    ends = _numbers(fabric, nic, "nic")
    every = parts_of(fabric, "nic") if len(ends) else None
    if every is not None:
        cables.append(every.taken(np.searchsorted(_owners(fabric), ends))[0])
    cables.append(_cables(fabric, cable))
    for part, given in (("host", host), ("plane", plane)):
        wanted = _listed(given)
        if wanted:
            nodes.append(_whole(fabric, part, wanted))
    name = _joined(said)
    return [Loss(name, np.unique(np.concatenate(cables)), np.unique(np.concatenate(nodes)))]


def worst(
    fabric: Fabric,
    *,
    demand: Demand | GroupedDemand | None = None,
    alike: bool = False,
    part: Part = "cable",
    tier: Tier = None,
    count: Annotated[int, Ge(1), Le(2), "parts that fail at once"] = 1,
    together: Together = 1,
) -> list[Loss]:
    """Return every single part, or every pair of parts; the case is that of the worst of them.

    With ``alike``, one of those that a symmetry of fabric and ``demand`` maps onto each other stands for all.

    Raises LossError where there are more than MOST_TRIED to try.
    """
    if count not in (1, 2):
        raise LossError(f"count: {count!r} must be 1 or 2")
    parts = _parts(fabric, part, tier, together)
    first = representatives(fabric, parts, demand) if alike else np.arange(parts.count)
    if count == 1:
        tried: Sequence[Sequence[int]] = [[one] for one in first.tolist()]
    else:
        pairs = combinations(range(parts.count), 2) if len(first) == parts.count else _pairs(first, parts.count)
        n = parts.count * (parts.count - 1) // 2 if len(first) == parts.count else len(first) * (parts.count - 1)
        check_tried(n, part)
        tried = list(pairs)
    check_tried(len(tried), part)
    check_wanted(count, parts.count, part)
    names = names_of(fabric)
    return [_loss(fabric, parts, np.array(lost), part, names) for lost in tried]


def _parts(fabric: Fabric, part: str, tier: str | None, together: int) -> Parts:
    _at_least(1, together=together)
    return parts_of(fabric, part, tier).together(together)


def _at_least(least: int, **given: int) -> None:
    for key, value in given.items():
        if value < least:
            raise LossError(f"{key}: {value!r} must be at least {least}")


def _pairs(first: Ints, n: int) -> list[tuple[int, int]]:
    """Return pairs of one of ``first`` and any other, each pair once: some image of every pair is among them."""
    found = {(min(a, b), max(a, b)) for a in first.tolist() for b in range(n) if a != b}
    return sorted(found)


def _loss(fabric: Fabric, parts: Parts, lost: Ints, part: str, names: Sequence[str]) -> Loss:
    cables, nodes = parts.taken(lost)
    cables, nodes = np.unique(cables), np.unique(nodes)
    return Loss(_said(fabric, parts, lost, part, names), cables, nodes)


def _said(fabric: Fabric, parts: Parts, lost: Ints, part: str, names: Sequence[str]) -> str:
    """Return the names of the parts that are lost."""
    if not len(lost):
        return "nothing"
    taken = [parts.taken(np.array([one])) for one in lost[:MOST_NAMED]]
    return _joined([_name(fabric, *one, part, names) for one in taken], len(lost))


def _joined(names: Sequence[str], n: int | None = None) -> str:
    more = (len(names) if n is None else n) - min(len(names), MOST_NAMED)
    return ", ".join(names[:MOST_NAMED]) + (f" and {more} more" if more else "")


def _name(fabric: Fabric, cables: Ints, nodes: Ints, part: str, names: Sequence[str]) -> str:
    if part == "plane":
        return f"plane {fabric.plane[nodes[0]]}"
    if part == "group":
        return f"{fabric.groups.label} {fabric.group[nodes[0]]}"
    if part == "host":
        return f"host {fabric.host[nodes[0]]}"
    if len(nodes):
        return str(names[nodes[0]])
    link = int(np.flatnonzero(fabric.cable == cables[0])[0])
    a, b = names[fabric.tail[link]], names[fabric.head[link]]
    if part == "nic":
        return f"NIC of {a}"
    return f"{a} -- {b}" + (f" and {len(cables) - 1} more" if len(cables) > 1 else "")


def _listed(given: object) -> list[One]:
    return list(given) if isinstance(given, list) else [given]  # type: ignore[list-item]


def _numbers(fabric: Fabric, given: Some, what: str) -> Ints:
    """Return the nodes that ``given`` names: switches, or endpoints that have a port."""
    fits = fabric.kind >= NodeKind.LEAF if what == "switch" else np.isin(np.arange(fabric.n_nodes), _owners(fabric))
    names = names_of(fabric)
    number = {name: i for i, name in enumerate(names) if fits[i]}
    found = []
    for one in _listed(given):
        node = one if isinstance(one, int) else number.get(one)
        if node is None:
            raise LossError(f"{what}: there is no {one!r}{hint(str(one), number)}")
        if not (0 <= node < fabric.n_nodes and fits[node]):
            kind = f"is {names[node]}" if 0 <= node < fabric.n_nodes else "does not exist"
            raise LossError(f"{what}: node {node} {kind}; {_range(fits, what)}")
        found.append(node)
    return np.array(found, dtype=np.int64)


def _range(fits: np.ndarray, what: str) -> str:
    there = np.flatnonzero(fits)
    return f"{what} nodes go from {there[0]} to {there[-1]}" if len(there) else f"there is no {what}"


def _owners(fabric: Fabric) -> Ints:
    return np.unique(fabric.tail[ports_out(fabric)])


def _cables(fabric: Fabric, given: Some) -> Ints:
    numbers = [one for one in _listed(given) if isinstance(one, int)]
    texts = [one for one in _listed(given) if not isinstance(one, int)]
    for one in numbers:
        if not 0 <= one < fabric.n_cables:
            raise LossError(f"cable: {one} does not exist; cables go from 0 to {fabric.n_cables - 1}")
    try:
        found = cables_named(fabric, texts) if texts else []
    except FormatError as error:
        raise LossError(f"cable: {str(error).removeprefix('edit: ')}") from None
    return np.array([*numbers, *found], dtype=np.int64)


def _whole(fabric: Fabric, part: str, wanted: list[One]) -> Ints:
    numbers = fabric.host if part == "host" else fabric.plane[fabric.kind >= NodeKind.LEAF]
    there = np.unique(numbers)
    for one in wanted:
        if one not in there:
            raise LossError(f"{part}: {one} does not exist; {part}s go from {there[0]} to {there[-1]}")
    return parts_of(fabric, part).taken(np.searchsorted(there, np.array(wanted)))[1]
