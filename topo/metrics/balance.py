"""How evenly planes and rails carry what leaves its scale-up domain.

A balance is the largest share over the mean: 1 where all carry alike, the number of planes
where one carries everything and the others idle.  A plane counts the bytes that enter it.  A
rail is the position of an endpoint within its host; ports send and receive, so its balance is
the worse of the two directions.  Bytes are those of the network: with a relay they count where
the NIC is, not where the commodity started.

Limits.  Sums over all phases: planes that take turns look even.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from topo.fabric import Fabric
from topo.metrics.load import Loads

Floats = NDArray[np.float64]

#: Largest plane over the mean above which a result warns.
UNEVEN = 2.0
#: Share of all bytes above which one plane is said to carry all.
ALL = 1 - 1e-9


def balance_metrics(loads: Loads) -> dict[str, Any]:
    """Return shares of bytes by plane and by rail, their balance (largest / mean), and ``warnings`` in sentences.

    Shares are None where nothing leaves its domain; a balance is None with a single plane or rail as well.
    """
    fabric, moved, rail = loads.fabric, loads.moved, rail_of(loads.fabric)
    into, out = fabric.end_links()
    rails = int(rail.max()) + 1
    by_plane = np.tile(_sums(loads.plane[into], moved[into], fabric.n_planes), loads.planes)
    sent = _sums(rail[fabric.tail[into]], moved[into], rails)
    received = _sums(rail[fabric.head[out]], moved[out], rails)
    sides = [balance for side in (sent, received) if (balance := balance_of(side)) is not None]
    return {
        "plane_share": _shares(by_plane),
        "plane_balance": balance_of(by_plane),
        "rail_share_sent": _shares(sent),
        "rail_share_received": _shares(received),
        "rail_balance": max(sides, default=None),
        "warnings": _warnings(by_plane, fabric.domain_word),
    }


def balance_of(bytes_: Floats) -> float | None:
    """Return the largest of ``bytes_`` (n,) over their mean, 1 to n; None for a single one or where all are 0."""
    total = bytes_.sum()
    return float(bytes_.max() * len(bytes_) / total) if len(bytes_) > 1 and total else None


def rail_of(fabric: Fabric) -> NDArray[np.int64]:
    """Return (E,) the rail of each endpoint: its position among those of its host."""
    order = np.argsort(fabric.host, kind="stable")
    _, first, count = np.unique(fabric.host[order], return_index=True, return_counts=True)
    rail = np.empty(fabric.n_endpoints, dtype=np.int64)
    rail[order] = np.arange(fabric.n_endpoints) - np.repeat(first, count)
    return rail


def _sums(index: NDArray[np.signedinteger[Any]], weight: Floats, n: int) -> Floats:
    return np.asarray(np.bincount(index, weight, minlength=n), dtype=np.float64)


def _shares(bytes_: Floats) -> dict[str, float] | None:
    total = bytes_.sum()
    return {str(i): float(b / total) for i, b in enumerate(bytes_)} if total else None


def _warnings(by_plane: Floats, word: str) -> list[str]:
    balance = balance_of(by_plane)
    if balance is None:
        return []
    fullest, planes = int(by_plane.argmax()), len(by_plane)
    cure = "senders on other planes, or multi-port NICs, would use the rest"
    if by_plane[fullest] >= ALL * by_plane.sum():
        return [f"plane {fullest} of {planes} carries all bytes between {word}s, the others none; {cure}"]
    if balance > UNEVEN:
        return [f"plane {fullest} of {planes} carries {balance:.3g} times the mean of all planes; {cure}"]
    return []
