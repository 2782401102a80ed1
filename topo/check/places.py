"""Endpoints in the wrong place: on a leaf that holds another rail, other hosts, or another stretch of hosts.

How a fabric is meant to be cabled is read off what most of it does:

    rails     leaf r holds endpoint r of every host
    whole     all endpoints of a host are on one leaf
    runs      hosts in the order of their names fill one leaf after another
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from topo.check.fault import Fault, ends_of
from topo.fabric import Fabric, NodeKind
from topo.source import called

Ints = NDArray[np.int64]
#: Share of endpoints that keep to a way of cabling before the others are faults.
MOST = 0.75


@dataclass(frozen=True)
class _Seats:
    """Endpoints with one port: where each is plugged in, and where it should be by the way most follow."""

    end: Ints  # endpoints
    cable: Ints
    leaf: Ints
    host: Ints
    rail: Ints  # position in the host

    def only(self, rows: Ints) -> _Seats:
        """Return the seats ``rows``."""
        return _Seats(self.end[rows], self.cable[rows], self.leaf[rows], self.host[rows], self.rail[rows])


def place_faults(fabric: Fabric) -> list[Fault]:
    """Return endpoints on the wrong leaf; two that each sit in the other's place are one fault."""
    seats = _seats(fabric)
    if len(seats.end) < 4:
        return []
    wanted, says = seats.leaf.copy(), [""] * len(seats.end)
    plane = _plane_of_rail(fabric, seats)
    for number in np.unique(plane):
        here = np.flatnonzero(plane == number)
        some = seats.only(here)
        for way, what in ((_by_rail, "another rail"), (_by_run, "another stretch of hosts"), (_by_host, "other hosts")):
            if (found := way(some)) is not None:
                wanted[here] = found
                for k in here.tolist():
                    says[k] = what
                break
    wrong = np.flatnonzero((wanted >= 0) & (wanted != seats.leaf))
    return _paired(fabric, seats, wanted, wrong.tolist(), says)


def _plane_of_rail(fabric: Fabric, seats: _Seats) -> Ints:
    """Return the plane that most endpoints of each one's rail are on; one plane where rails keep to none."""
    own = fabric.plane[seats.leaf].astype(np.int64)
    main = _mode_by(seats.rail, own)
    plane = np.array([main[rail] for rail in seats.rail.tolist()])
    return plane if np.mean(plane == own) >= MOST else np.zeros(len(own), dtype=np.int64)


def _seats(fabric: Fabric) -> _Seats:
    link = np.flatnonzero((fabric.tail < fabric.n_endpoints) & (fabric.kind[fabric.head] >= NodeKind.LEAF))
    end = fabric.tail[link].astype(np.int64)
    once = np.bincount(end, minlength=fabric.n_endpoints)[end] == 1
    link, end = link[once], end[once]
    host = fabric.host.astype(np.int64)
    order = np.argsort(host, kind="stable")
    rail = np.empty(len(host), dtype=np.int64)
    rail[order] = np.arange(len(host)) - np.searchsorted(host[order], host[order])
    seats = _Seats(end, fabric.cable[link].astype(np.int64), fabric.head[link].astype(np.int64), host[end], rail[end])
    return seats.only(np.lexsort((seats.rail, seats.host)))


def _by_rail(seats: _Seats) -> Ints | None:
    """Return the leaf of each endpoint's rail and stretch of hosts, where leaves hold one rail each."""
    rails = np.unique(seats.rail)
    main = _mode_by(seats.leaf, seats.rail)
    own = np.array([main[leaf] for leaf in seats.leaf.tolist()])
    if len(rails) < 2 or len(set(main.values())) < 2 or np.mean(own == seats.rail) < MOST:
        return None
    wanted = np.full(len(seats.leaf), -1, dtype=np.int64)
    for rail in rails:
        here = np.flatnonzero(seats.rail == rail)
        fits = [leaf for leaf, r in main.items() if r == rail]
        stretch = _stretches(seats.leaf[here])
        only = fits[0] if len(fits) == 1 else -1
        kept = np.where(np.isin(seats.leaf[here], fits), seats.leaf[here], only)
        wanted[here] = kept if stretch is None else stretch
    return wanted


def _by_run(seats: _Seats) -> Ints | None:
    """Return the leaf of each stretch of hosts, where hosts fill one leaf after another."""
    return _stretches(seats.leaf)


def _by_host(seats: _Seats) -> Ints | None:
    """Return the leaf that most endpoints of each host are on, where hosts are on one leaf whole."""
    if len(np.unique(seats.rail)) < 3:
        return None
    main = _mode_by(seats.host, seats.leaf)
    wanted = np.array([main[host] for host in seats.host.tolist()])
    return wanted if np.mean(wanted == seats.leaf) >= MOST else None


def _stretches(leaf: Ints) -> Ints | None:
    """Return the leaf of each place in a row that leaves share in stretches of equal length; None where it is no such.

    >>> _stretches(np.array([7, 7, 8, 7, 7, 8, 8, 8, 9, 9, 9, 9])).tolist()
    [7, 7, 7, 7, 8, 8, 8, 8, 9, 9, 9, 9]
    """
    _, count = np.unique(leaf, return_counts=True)
    lengths, times = np.unique(count, return_counts=True)
    for each in lengths[np.argsort(-times, kind="stable")][:3].tolist():
        block = np.arange(len(leaf)) // each
        main = _mode_by(block, leaf)
        found = np.array([main[b] for b in block.tolist()])
        if each > 1 and len(set(main.values())) == len(main) and np.mean(found == leaf) >= MOST:
            return found
    return None


def _mode_by(key: Ints, value: Ints) -> dict[int, int]:
    """Return for each key the value that it has most often."""
    pairs, count = np.unique(np.stack([key, value]), axis=1, return_counts=True)
    order = np.lexsort((-pairs[1], count))
    return {int(pairs[0][i]): int(pairs[1][i]) for i in order}


def _paired(fabric: Fabric, seats: _Seats, wanted: Ints, wrong: list[int], says: list[str]) -> list[Fault]:
    found, left = [], list(wrong)
    while left:
        i = left.pop(0)
        j = next((k for k in left if seats.leaf[k] == wanted[i] and wanted[k] == seats.leaf[i]), None)
        if j is not None:
            left.remove(j)
        found.append(_fault(fabric, seats, wanted, [i] if j is None else [i, j], says[i]))
    return found


def _fault(fabric: Fabric, seats: _Seats, wanted: Ints, rows: list[int], says: str) -> Fault:
    name = [called(fabric.source, fabric.kind, int(seats.end[i])) for i in rows]
    there = [called(fabric.source, fabric.kind, int(wanted[i])) for i in rows]
    cables = tuple(int(seats.cable[i]) for i in rows)
    here = called(fabric.source, fabric.kind, int(seats.leaf[rows[0]]))
    said = f"{name[0]} sits on {here}, which holds {says}, and belongs on {there[0]}"
    if len(rows) > 1:
        said += f"; {name[1]} sits there in its place: the two cables are swapped"
    add = tuple((int(seats.end[i]), int(wanted[i]), c) for i, c in zip(rows, cables, strict=True))
    return Fault("swapped-cables" if len(rows) > 1 else "wrong-leaf", ends_of(fabric, cables), said, cables, add)
