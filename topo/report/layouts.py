"""Where switches stand in a drawing: trees by tier with planes side by side, groups on a circle, columns in two rows.

Everything is read off a link table: which tier joins what.  Switches joined by
the cables of a pod or group are one member each of it; past ``MOST_SWITCHES``
the group is drawn as one mark.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from topo.report.load import Columns

#: Switches drawn one by one; above, a pod, group or column is one mark.
MOST_SWITCHES = 128
_INSIDE = ("scale-up", "endpoint")


@dataclass(frozen=True)
class Drawing:
    """Marks with places, and lines between them."""

    x: NDArray[np.float64]  # (V,)
    y: NDArray[np.float64]  # (V,)
    names: list[str]  # (V,)
    ends: NDArray[np.int64]  # (D, 2) marks that a line joins
    tier: list[str]  # (D,)
    utilization: NDArray[np.float64]  # (D,) of the hottest link that the line stands for
    capacity: NDArray[np.float64]  # (D,) summed over cables, one way [B/s]
    mark: dict[int, int]  # node -> mark
    compact: str  # what a mark stands for; empty where it is one switch


def drawing(columns: Columns) -> Drawing | None:
    """Return the drawing of the switches of a link table, None where it has no link between switches."""
    import numpy as np

    tiers = columns["tier"]
    between = ~np.isin(tiers, _INSIDE)
    if not between.any():
        return None
    nodes = np.unique(np.concatenate([columns["tail"][between], columns["head"][between]]))
    links = {key: columns[key][between] for key in ("tail", "head", "tier", "utilization", "capacity")}
    links["a"], links["b"] = np.searchsorted(nodes, links["tail"]), np.searchsorted(nodes, links["head"])
    level = _levels(columns, nodes)
    plane = _by_node(columns, nodes)
    group = _components(len(nodes), links, "local" if "local" in tiers else "leaf-spine")
    if len(nodes) > MOST_SWITCHES:
        keys = group * 4 + level if "local" not in tiers else group
        keys = np.where(level == 2, -1, keys)
        kept, mark = np.unique(keys, return_inverse=True)
        compact = "all switches of a tier in a pod" if "local" not in tiers else "a group of switches"
    else:
        kept, mark, compact = nodes, np.arange(len(nodes)), ""
    first = np.array([int(np.argmax(mark == i)) for i in range(len(kept))])
    held = (level[first], plane[first], group[first])
    x, y = _places(set(tiers.tolist()), *held, count=len(kept))
    names = _names(*held, bool(compact), set(tiers.tolist()))
    number = dict(zip(nodes.tolist(), mark.tolist(), strict=True))
    return Drawing(x, y, names, *_lines(links, mark, len(kept)), mark=number, compact=compact)


def _levels(columns: Columns, nodes: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return 0 for a switch with endpoints or local cables, 1 for a spine, 2 for a core."""
    import numpy as np

    def meets(*tiers: str) -> NDArray[np.bool_]:
        rows = np.isin(columns["tier"], tiers)
        return np.isin(nodes, columns["tail"][rows])

    low = meets("endpoint", "local", "global")
    return np.where(low, 0, np.where(meets("leaf-spine"), 1, 2))


def _by_node(columns: Columns, nodes: NDArray[np.int64]) -> NDArray[np.int64]:
    import numpy as np

    if "plane" not in columns:
        return np.zeros(len(nodes), dtype=np.int64)
    order = np.argsort(columns["tail"], kind="stable")
    tail = columns["tail"][order]
    return np.asarray(columns["plane"][order][np.searchsorted(tail, nodes)], dtype=np.int64)


def _components(n: int, links: dict[str, Any], tier: str) -> NDArray[np.int64]:
    import numpy as np
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import connected_components

    rows = links["tier"] == tier
    ones = np.ones(int(rows.sum()), dtype=np.int8)
    joined = csr_array((ones, (links["a"][rows], links["b"][rows])), shape=(n, n))
    return np.asarray(connected_components(joined, directed=False)[1], dtype=np.int64)


def _places(
    tiers: set[str], level: NDArray[Any], plane: NDArray[Any], group: NDArray[Any], *, count: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    import numpy as np

    if "local" in tiers:
        return _circle(group)
    x, y = np.zeros(count), level.astype(float)
    planes = np.unique(plane)
    for i, one in enumerate(planes):
        for tier in range(3):
            rows = np.flatnonzero((plane == one) & (level == tier))
            x[rows] = (i + (np.arange(len(rows)) + 0.5) / max(1, len(rows)) * 0.88 + 0.06) / len(planes)
    return x, y


def _circle(group: NDArray[Any]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return groups around a circle, the members of a group on a small circle of their own."""
    import numpy as np

    groups, mine, sizes = np.unique(group, return_inverse=True, return_counts=True)
    angle = np.pi / 2 - 2 * np.pi * mine / len(groups)
    seat = np.zeros(len(group))
    for i in range(len(groups)):
        rows = np.flatnonzero(mine == i)
        seat[rows] = np.arange(len(rows))
    small = np.where(sizes[mine] > 1, min(0.22, 2.2 / max(1, len(groups))), 0.0)
    turn = 2 * np.pi * seat / np.maximum(1, sizes[mine])
    return np.cos(angle) + small * np.cos(turn), np.sin(angle) + small * np.sin(turn)


def _names(level: NDArray[Any], plane: NDArray[Any], group: NDArray[Any], compact: bool, tiers: set[str]) -> list[str]:
    if "local" in tiers:
        seen: dict[int, int] = {}
        out = []
        for one in group.tolist():
            seen[one] = seen.get(one, -1) + 1
            out.append(f"group {one}" if compact else f"group {one} switch {seen[one]}")
        return out
    several = len(set(plane.tolist())) > 1
    counted: dict[tuple[int, int], int] = {}
    out = []
    for one, tier in zip(plane.tolist(), level.tolist(), strict=True):
        key = (one, tier)
        counted[key] = counted.get(key, -1) + 1
        kind = ("leaf", "spine", "core")[tier]
        name = f"{('leaves', 'spines', 'cores')[tier]} of pod {counted[key]}" if compact else f"{kind} {counted[key]}"
        name = "cores" if compact and tier == 2 else name
        out.append(f"plane {one} {name}" if several else name)
    return out


def _lines(links: dict[str, Any], mark: NDArray[Any], count: int) -> tuple[Any, list[str], Any, Any]:
    """Return one line a pair of marks: its ends, tier, hottest utilization, and capacity of half its links."""
    import numpy as np

    a, b = mark[links["a"]], mark[links["b"]]
    apart = a != b
    low, high = np.minimum(a, b)[apart], np.maximum(a, b)[apart]
    pairs, line = np.unique(low * count + high, return_inverse=True)
    hottest, capacity = np.zeros(len(pairs)), np.zeros(len(pairs))
    np.maximum.at(hottest, line, links["utilization"][apart])
    np.add.at(capacity, line, links["capacity"][apart] / 2)
    tier = np.empty(len(pairs), dtype=object)
    tier[line] = links["tier"][apart]
    return np.stack([pairs // count, pairs % count], axis=1), [str(t) for t in tier], hottest, capacity
