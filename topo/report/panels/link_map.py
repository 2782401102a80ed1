"""Where the load lies, switch by switch: leaves by their uplinks, or groups by groups."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isnan
from typing import TYPE_CHECKING, Any

from topo.report import labels, load, words
from topo.report.figures.axes import Figure, Variant
from topo.report.figures.fields import square
from topo.report.layouts import components
from topo.report.names import Case
from topo.report.panels.view import View
from topo.report.tables import Column, Table, name, table

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from topo.report.load import Columns

#: Rows and columns of a map; more switches share a cell, which shows the fullest link among theirs.
MOST_CELLS = 64
#: Maps to pick among; each costs the page up to 20 kB.
MOST_MAPS = 20
#: Rows of each map that the table tells.
_ROWS = 8
#: Fullest over mean up to which a spread counts as even.
_EVEN = 1.01


@dataclass(frozen=True)
class LinkMap:
    """The map of one case."""

    case: Case
    kind: str  # what a row is: leaf or group
    values: NDArray[np.float64]  # (R, C) utilization, NaN where nothing lies

    @property
    def title(self) -> str:
        """What the reader picks it by."""
        return f"{self.case.network} under {self.case.traffic}"

    @property
    def spread(self) -> float:
        """The fullest cell over the mean of all; 1 where all are alike or idle."""
        import numpy as np

        mean = float(np.nanmean(self.values))
        return float(np.nanmax(self.values)) / mean if mean > 0 else 1.0


def link_map(view: View) -> Figure | None:
    """Return a map of utilization for each uneven case of the comparison, None where there is none."""
    maps: list[LinkMap] = []
    for case in sorted(view.grid, key=lambda c: view.traffics.index(c.traffic)):
        columns = load.links(case.record) if len(maps) < MOST_MAPS else None
        grid = cells(columns) if columns is not None else None
        if grid is not None:
            maps.append(LinkMap(case, *grid))
    uneven = sorted((one for one in maps if one.spread > _EVEN), key=lambda one: -one.spread)
    if not uneven:
        return None
    variants = tuple(Variant(one.title, _spec(one)) for one in uneven)
    how = (
        "Trees: one row for each leaf, planes one after the other, and one column for each of its uplinks, the fuller "
        "direction. Direct networks: from group to group, and within one on the diagonal. The least even comes first; "
        f"{_left_out(len(maps) - len(uneven))}Above {MOST_CELLS} rows or columns neighbours share a cell, which shows "
        "their fullest link."
    )
    return Figure("fig-map-links", _finding(uneven[0]), how + view.of_the_first, variants, _table(uneven), "case")


def _left_out(n: int) -> str:
    verb = "is" if n == 1 else "are"
    return f"{words.plural(n, 'case')} with one utilization throughout {verb} left out. " if n else ""


def cells(columns: Columns) -> tuple[str, NDArray[np.float64]] | None:
    """Return what is mapped, and the utilization (R, C) of the fullest link of each cell, NaN where there is none.

    ``columns`` is a link table.  None where it has no link between switches.
    """
    import numpy as np

    tiers = columns["tier"]
    if "local" in tiers or "global" in tiers:
        return "group", _shrink(_groups(columns))
    rows = np.flatnonzero(tiers == "leaf-spine")
    if not len(rows):
        return None
    return "leaf", _shrink(_leaves(columns, rows))


def _leaves(columns: Columns, rows: NDArray[np.intp]) -> NDArray[np.float64]:
    """Return (leaf, uplink) -> the fuller of the two directions; leaves by plane, then by number."""
    import numpy as np

    tail, head, value = (columns[key][rows] for key in ("tail", "head", "utilization"))
    ends = columns["tier"] == "endpoint"
    is_leaf = np.isin(tail, np.concatenate([columns["tail"][ends], columns["head"][ends]]))
    leaf, upper = np.where(is_leaf, tail, head), np.where(is_leaf, head, tail)
    plane = columns["plane"][rows] if "plane" in columns else np.zeros(len(rows), dtype=np.int64)
    _, row = np.unique(np.stack([plane, leaf]), axis=1, return_inverse=True)
    # Uplinks are numbered leaf by leaf, in the order of the switches that they lead to; parallel cables share one.
    pairs, at = np.unique(np.stack([row, upper]), axis=1, return_inverse=True)
    first = np.searchsorted(pairs[0], pairs[0])
    number = np.arange(pairs.shape[1]) - first
    out = np.full((int(row.max()) + 1, int(number.max()) + 1), np.nan)
    np.fmax.at(out, (pairs[0][at], number[at]), value)
    return out


def _groups(columns: Columns) -> NDArray[np.float64]:
    """Return (group, group) -> the fullest link from one to the other; groups are what local cables join."""
    import numpy as np

    rows = np.isin(columns["tier"], ("local", "global"))
    nodes, ends = np.unique(np.stack([columns["tail"][rows], columns["head"][rows]]), return_inverse=True)
    tail, head = ends.reshape(2, -1)
    group = components(len(nodes), tail, head, columns["tier"][rows] == "local")
    out = np.full((int(group.max()) + 1,) * 2, np.nan)
    np.fmax.at(out, (group[tail], group[head]), columns["utilization"][rows])
    return out


def _shrink(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return ``values`` with at most MOST_CELLS rows and columns: the largest of each block of neighbours."""
    import numpy as np

    for axis in (0, 1):
        step = -(-values.shape[axis] // MOST_CELLS)
        values = np.fmax.reduceat(values, np.arange(0, values.shape[axis], step), axis=axis)
    return values


def _spec(one: LinkMap) -> dict[str, Any]:
    rows = [[None if isnan(v) else float(v) for v in row] for row in one.values.tolist()]
    titles = ("to group [number]", "from group [number]")
    if one.kind == "leaf":
        titles = ("uplink of the leaf [number]", "leaf, plane after plane [number]")
    spec = square(rows, *titles, one.kind)
    spec["layout"]["meta"] = {"case": one.title}  # by which the page finds it
    return spec


def _finding(worst: LinkMap) -> str:
    cell = "pair of groups" if worst.kind == "group" else "uplink"
    return (
        f"Least even: {worst.title}, whose fullest {cell} carries "
        f"{words.number(worst.spread)} times the mean of all mapped."
    )


def _table(maps: Sequence[LinkMap]) -> Table:
    """Return the fullest rows of every map: what a reader would look for in it."""
    import numpy as np

    columns = [name("Case"), name("Row"), labels.column("links_by_tier.*.max", bar=True)]
    columns += [labels.column("links_by_tier.*.mean"), Column("Above 1", words.count, "cells of the row")]
    rows = []
    for one in maps:
        most = np.fmax.reduce(one.values, axis=1)
        for row in np.argsort(-np.nan_to_num(most), kind="stable")[:_ROWS]:
            loads = one.values[row][~np.isnan(one.values[row])]
            if loads.size:
                over = int((loads > 1 + 1e-9).sum())
                rows.append((one.title, f"{one.kind} {row}", float(loads.max()), float(loads.mean()), over))
    return table("map-rows", f"The {_ROWS} fullest rows of each map", columns, rows, filterable=len(rows) > 12)
