"""Where switches stand in a drawing: trees by tier with planes side by side, groups on a circle, columns in two rows.

Everything is read off a link table: which tier joins what.  Switches joined by
the cables of a pod or group are one member each of it; past ``MOST_SWITCHES``
the group is drawn as one mark.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from topo.report.load import between_switches

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from topo.report.load import Columns

#: Switches drawn one by one; above, a pod, group or column is one mark.
MOST_SWITCHES = 128


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
    square: bool  # both axes on one scale: a circle stays round
    compact: str  # what a mark stands for; empty where it is one switch


def drawing(columns: Columns, *, blocks: bool = False) -> Drawing | None:
    """Return the drawing of the switches of a link table, None where it has no link between switches.

    ``blocks`` draws groups as two facing blocks, the form of a Slim Fly, instead of a circle.
    """
    import numpy as np

    tiers = columns["tier"]
    between = between_switches(columns)
    if not between.any():
        return None
    nodes = np.unique(np.concatenate([columns["tail"][between], columns["head"][between]]))
    links = {key: columns[key][between] for key in ("tail", "head", "tier", "utilization", "capacity")}
    links["a"], links["b"] = np.searchsorted(nodes, links["tail"]), np.searchsorted(nodes, links["head"])
    level = levels(columns, nodes)
    plane = planes_of(columns, nodes)
    has_groups = "local" in tiers
    within = links["tier"] == ("local" if has_groups else "leaf-spine")
    group = components(len(nodes), links["a"], links["b"], within)
    marks, mark, compact = _marks(nodes, group, level, has_groups=has_groups)
    first = np.array([int(np.argmax(mark == i)) for i in range(len(marks))])
    places = (level[first], plane[first], group[first])
    x, y = _blocks(places[2]) if blocks and has_groups else _circle(places[2]) if has_groups else _tiers(*places)
    names = _group_names(places[2]) if has_groups else _tier_names(*places, marks=np.bincount(mark))
    number = dict(zip(nodes.tolist(), mark.tolist(), strict=True))
    return Drawing(
        x, y, names, *_lines(links, mark, len(marks)), mark=number, square=has_groups and not blocks, compact=compact
    )


def levels(columns: Columns, nodes: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return 0 for a switch with endpoints or local cables, 1 for a spine, 2 for a core."""
    import numpy as np

    def meets(*tiers: str) -> NDArray[np.bool_]:
        rows = np.isin(columns["tier"], tiers)
        return np.isin(nodes, columns["tail"][rows])

    low = meets("endpoint", "local", "global")
    return np.where(low, 0, np.where(meets("leaf-spine"), 1, 2))


def planes_of(columns: Columns, nodes: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the plane of each switch, 0 where the table has none."""
    import numpy as np

    if "plane" not in columns:
        return np.zeros(len(nodes), dtype=np.int64)
    order = np.argsort(columns["tail"], kind="stable")
    tail = columns["tail"][order]
    return np.asarray(columns["plane"][order][np.searchsorted(tail, nodes)], dtype=np.int64)


def components(n: int, a: NDArray[Any], b: NDArray[Any], within: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return the number (n,) of the group of each of ``n`` switches; links ``within`` a group, from a to b, join it."""
    import numpy as np

    from topo.islands import islands

    return islands(a[within], b[within], n).astype(np.int64)


def _marks(
    nodes: NDArray[Any], group: NDArray[Any], level: NDArray[Any], *, has_groups: bool
) -> tuple[NDArray[Any], NDArray[Any], str]:
    """Return (distinct marks, mark of each switch, what a mark stands for): as many marks as a drawing can hold."""
    import numpy as np

    own = np.arange(len(nodes))
    if len(nodes) <= MOST_SWITCHES:
        return own, own, ""
    if has_groups:
        return *np.unique(group, return_inverse=True), "a group of switches"
    upper = np.where(level == 2, -1, -2 - group)
    marks, mark = np.unique(np.where(level == 0, own, upper), return_inverse=True)
    if len(marks) <= MOST_SWITCHES:
        return marks, mark, "a leaf, all spines of a pod, all cores"
    marks, mark = np.unique(np.where(level == 2, -1, group * 2 + level), return_inverse=True)
    return marks, mark, "all leaves of a pod, all spines of a pod, all cores"


def _tiers(
    level: NDArray[Any], plane: NDArray[Any], group: NDArray[Any]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return tiers as rows, planes side by side."""
    import numpy as np

    x, y = np.zeros(len(level)), level.astype(float)
    planes = np.unique(plane)
    for i, one in enumerate(planes):
        for tier in range(3):
            rows = np.flatnonzero((plane == one) & (level == tier))
            rows = rows[np.argsort(group[rows], kind="stable")]
            x[rows] = (i + (np.arange(len(rows)) + 0.5) / max(1, len(rows)) * 0.88 + 0.06) / len(planes)
    return x, y


def _blocks(group: NDArray[Any]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the first half of the groups facing the second: columns of two blocks, or two rows of single marks."""
    import numpy as np

    groups, mine, sizes = np.unique(group, return_inverse=True, return_counts=True)
    half = max(1, len(groups) // 2)
    if sizes.max() == 1:
        return (mine % half + 0.5) / half, (mine // half).astype(float)
    seat = np.array([int((mine[:i] == mine[i]).sum()) for i in range(len(mine))])
    # Neighbours in a column would hide the cables between them on one straight line.
    column = (mine % half + 0.5 + 0.25 * (seat % 2)) / half
    return mine // half * 1.2 + column, seat / max(1, sizes.max() - 1)


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


def _group_names(group: NDArray[Any]) -> list[str]:
    alone = len(set(group.tolist())) == len(group)
    counts: dict[int, int] = {}
    out = []
    for one in group.tolist():
        counts[one] = counts.get(one, -1) + 1
        out.append(f"group {one}" if alone else f"group {one} switch {counts[one]}")
    return out


def _tier_names(level: NDArray[Any], plane: NDArray[Any], group: NDArray[Any], *, marks: NDArray[Any]) -> list[str]:
    """Return a name a mark; ``marks`` (V,) is how many switches each stands for."""
    several, pods = len(set(plane.tolist())) > 1, len(set(group.tolist())) > 1
    counts: dict[tuple[int, int], int] = {}
    out = []
    for i, (one, tier) in enumerate(zip(plane.tolist(), level.tolist(), strict=True)):
        counts[one, tier] = counts.get((one, tier), -1) + 1
        kind = ("leaf", "spine", "core")[tier] if marks[i] == 1 else f"all {('leaves', 'spines', 'cores')[tier]}"
        number = f" {counts[one, tier]}" if marks[i] == 1 else ""
        pod = f" of pod {group[i]}" if pods and tier < 2 and not several else ""
        out.append((f"plane {one} " if several else "") + kind + number + pod)
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
