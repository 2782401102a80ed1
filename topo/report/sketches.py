"""Networks in few lines, small enough to stand beside each other: neighbours bundled, as full as the fullest of them.

Trees are rows of switches over the ports of their endpoints, planes and pods side by
side.  Direct networks are their groups, on a circle or in two facing rows.  Switches
that are neighbours in the drawing become one mark until ``MOST_LINES`` suffice.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from topo.report.layouts import components, levels, planes_of
from topo.report.load import between_switches

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from topo.report.load import Columns

#: Lines of a drawing above which switches are bundled.
MOST_LINES = 300
#: Marks that may be left of the switches of one tier, plane and pod: the first number that gives few enough lines.
_ROWS = (64, 48, 32, 24, 16, 12, 8, 6, 4, 3, 2, 1)
#: Marks on a circle: with a line between any two there are 276.
_MOST_ON_CIRCLE = 24
#: Pods and planes side by side, of a row of marks each; more are bundled.
_MOST_STANDS = 8
#: Least marks of a tier of a pod before pods are bundled.
_LEAST_ROW = 4
_TIERS = ("leaf", "spine", "core")


@dataclass(frozen=True)
class Sketch:
    """Marks for switches, lines between them, and the ports of the endpoints below each."""

    x: NDArray[np.float64]  # (V,) 0 to 1; on a circle -1 to 1
    y: NDArray[np.float64]  # (V,) tier, 0 to 2; on a circle -1 to 1
    ends: NDArray[np.int64]  # (D, 2) marks that a line joins
    line: NDArray[np.float64]  # (D,) utilization of the fullest link of the line
    ports: NDArray[np.float64]  # (V,) that of the fullest cable to an endpoint; NaN where none is below
    inner: NDArray[np.float64]  # (V,) that of the fullest link within the mark; NaN where there is none
    outward: NDArray[np.float64]  # (V, 2) direction of the ports, of length 1
    utilization: NDArray[np.float64]  # (L,) of every link that is drawn: between switches, and to endpoints
    what: str  # how many planes, pods or groups; empty of a single one
    tiers: tuple[tuple[float, str], ...] = ()  # y and name of each tier of a tree
    stands: tuple[tuple[float, str], ...] = ()  # x and name of planes or pods, where each has its own place
    round: bool = False  # both axes on one scale, about 0

    def n_above(self, limit: float) -> int:
        """Return how many links are fuller than ``limit``."""
        return int((self.utilization > limit).sum())


@dataclass(frozen=True)
class _Net:
    """The switches of a link table (N,), and the links between them (B,) as pairs of their numbers."""

    nodes: NDArray[np.int64]  # (N,)
    ends: NDArray[np.int64]  # (B, 2)
    value: NDArray[np.float64]  # (B,) utilization
    level: NDArray[np.int64]  # (N,) 0 for a leaf or a switch of a direct network, 1 for a spine, 2 for a core
    plane: NDArray[np.int64]  # (N,)
    group: NDArray[np.int64]  # (N,) pod, or group of a direct network

    def lines(self, mark: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
        """Return pairs (D, 2) of marks that a line joins, the line of each link that has one, and which links have."""
        import numpy as np

        both = np.sort(mark[self.ends], axis=1)
        apart = both[:, 0] != both[:, 1]
        pairs, line = np.unique(both[apart], axis=0, return_inverse=True)
        return pairs, line.ravel(), apart


def sketch(columns: Columns, *, facing: bool = False) -> Sketch | None:
    """Return the sketch of a link table, None where it has no link between switches.

    ``facing`` draws the groups of a direct network as two rows, the form of a Slim Fly, instead of a circle.
    """
    import numpy as np

    if not between_switches(columns).any():
        return None
    direct = bool(np.isin(("local", "global"), columns["tier"]).any())
    net = _net(columns, "local" if direct else "leaf-spine")
    return _direct(columns, net, facing=facing) if direct else _tree(columns, net)


def _net(columns: Columns, within: str) -> _Net:
    """Return the switches of a link table; cables of the tier ``within`` hold a group together."""
    import numpy as np

    between = between_switches(columns)
    ends = np.stack([columns["tail"][between], columns["head"][between]], axis=1)
    nodes, ends = np.unique(ends, return_inverse=True)
    ends = ends.reshape(-1, 2)
    group = components(len(nodes), ends[:, 0], ends[:, 1], columns["tier"][between] == within)
    utilization = columns["utilization"][between]
    return _Net(nodes, ends, utilization, levels(columns, nodes), planes_of(columns, nodes), group)


def _tree(columns: Columns, net: _Net) -> Sketch:
    """Return tiers as rows; spines stand above the leaves of their pod or plane, cores above all of their plane."""
    import numpy as np

    low = net.level < 2
    pods, planes = len(np.unique(net.group[low])), len(np.unique(net.plane))
    stand = np.where(low, _rank(net.plane, net.group if pods > planes else net.plane * 0, low), -1 - net.plane)
    mark, stand = _few(net, stand)
    first = np.unique(mark, return_index=True)[1]
    level, stand = net.level[first], stand[first]
    n = int(stand.max()) + 1
    x = np.zeros(len(first))
    for one in np.unique(stand).tolist():
        own = np.unique(stand[(net.plane[first] == -1 - one) & (stand >= 0)]) if one < 0 else np.array([one])
        own = own if own.size else np.arange(n)  # cores whose plane has no leaf left
        foot, width = own.min() / n, (own.max() + 1 - own.min()) / n
        for tier in range(3):
            rows = np.flatnonzero((stand == one) & (level == tier))
            x[rows] = foot + width * (0.06 + 0.88 * (np.arange(len(rows)) + 0.5) / max(1, len(rows)))
    tiers = tuple((float(tier), _TIERS[tier]) for tier in np.unique(level).tolist())
    noun = "plane" if pods == planes else "pod"
    own_place = 1 < pods == n and planes in (1, pods)
    stands = tuple(((one + 0.5) / n, f"{noun} {one}") for one in range(n)) if own_place else ()
    what = "" if pods < 2 else f"{pods} {noun}s" if planes in (1, pods) else f"{planes} planes, {pods} pods"
    down = np.tile([0.0, -1.0], (len(first), 1))
    return _sketch(columns, net, mark, (x, level.astype(float), down), tiers=tiers, stands=stands, what=what)


def _rank(major: NDArray[np.int64], minor: NDArray[np.int64], among: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return the place of each (major, minor) in the order of those ``among``."""
    import numpy as np

    key = major * (int(minor.max()) + 1) + minor
    rank: NDArray[np.int64] = np.searchsorted(np.unique(key[among]), key)
    return rank


def _few(net: _Net, stand: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return mark and stand of each switch: as many marks as give no more than MOST_LINES lines."""
    import numpy as np

    n = int(stand.max()) + 1
    in_few = np.where(stand < 0, stand, stand * _MOST_STANDS // n)
    options = [(stand, most) for most in _ROWS if most >= _LEAST_ROW or n <= _MOST_STANDS]
    options += [(in_few, most) for most in _ROWS] if n > _MOST_STANDS else []
    for places, most in options:
        mark = _blocks(_rank(places - places.min(), net.level, np.ones(len(places), dtype=bool)), most)
        if len(net.lines(mark)[0]) <= MOST_LINES:
            break
    return mark, places


def _blocks(row: NDArray[np.int64], most: int) -> NDArray[np.int64]:
    """Return a mark for each switch: those of one ``row`` in order, neighbours sharing until a row has ``most``."""
    import numpy as np

    order = np.argsort(row, kind="stable")
    size = np.bincount(row)
    seat = np.empty(len(row), dtype=np.int64)
    seat[order] = np.arange(len(row)) - np.repeat(np.cumsum(size) - size, size)
    room = np.minimum(size, most)
    mark: NDArray[np.int64] = (np.cumsum(room) - room)[row] + seat * room[row] // size[row]
    return mark


def _direct(columns: Columns, net: _Net, *, facing: bool) -> Sketch:
    """Return switches on a circle, group by group; of many lines the groups, neighbours sharing a mark."""
    import numpy as np

    order = np.argsort(net.group, kind="stable")
    seat = np.empty(len(order), dtype=np.int64)
    seat[order] = np.arange(len(order))
    groups = len(np.unique(net.group))
    mark = seat
    if len(net.lines(seat)[0]) > MOST_LINES:
        mark, n = (net.group, groups) if groups > 2 else (seat, len(seat))
        # A mark has as many neighbours as any other, save the last.
        mark = mark // -(-n // _MOST_ON_CIRCLE)
    n = int(mark.max()) + 1
    if facing and n == groups:
        half = -(-n // 2)
        place = np.stack([(np.arange(n) % half + 0.5) / half, (np.arange(n) // half).astype(float)], axis=1)
        out = np.stack([np.zeros(n), 2.0 * place[:, 1] - 1], axis=1)
    else:
        angle = np.pi / 2 - 2 * np.pi * np.arange(n) / n
        place = out = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    what = f"{groups} groups" if groups > 1 else ""
    where = (place[:, 0], place[:, 1], out)
    return _sketch(columns, net, mark, where, round=not (facing and n == groups), what=what)


def _sketch(columns: Columns, net: _Net, mark: NDArray[np.int64], where: tuple[Any, Any, Any], **more: Any) -> Sketch:
    """Return the sketch of switches that are the marks ``mark`` (N,), which stand ``where`` (x, y, direction out)."""
    import numpy as np

    pairs, line, apart = net.lines(mark)
    value, inner, ports = np.zeros(len(pairs)), np.full(len(where[0]), np.nan), np.full(len(where[0]), np.nan)
    np.maximum.at(value, line, net.value[apart])
    np.fmax.at(inner, mark[net.ends[~apart, 0]], net.value[~apart])
    cable = columns["tier"] == "endpoint"
    for end in ("tail", "head"):
        at = np.searchsorted(net.nodes, columns[end][cable]).clip(0, len(net.nodes) - 1)
        here = net.nodes[at] == columns[end][cable]
        np.fmax.at(ports, mark[at[here]], columns["utilization"][cable][here])
    every = columns["utilization"][cable | between_switches(columns)]
    return Sketch(*where[:2], pairs, value, ports, inner, where[2], every, **more)
