"""Seats: which endpoints the ranks of a communicator ran on, from what its log says and what has to be inferred.

A log names hosts and says which GPU of a host a rank had, or it numbers ranks through the whole job, or it does
neither.  What had to be inferred is said in sentences.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from topo.fabric import Fabric
from traffic.demand import DemandError
from traffic.measured import Communicator


class Seats(NamedTuple):
    """Where communicators ran."""

    members: list[NDArray[np.int64]]  # one a communicator: (n,) endpoint of each rank
    host: dict[str, int]  # name in the log -> host of the fabric
    notes: list[str]


def seats(groups: Sequence[Communicator], fabric: Fabric) -> Seats:
    """Return the endpoints of ``groups`` on ``fabric``.

    Raises DemandError where a host of the log has more ranks than one of the fabric has endpoints, or the fabric has
    too few hosts or endpoints.
    """
    ends = _by_host(fabric)
    named = sorted({name for one in groups for name in one.host.values()}, key=_natural)
    host, notes = _hosts(named, fabric, len(ends))
    unnamed = [h for h in range(len(ends)) if h not in set(host.values())]
    members = []
    for one in groups:
        found, said = _members(one, host, unnamed, ends)
        members.append(found)
        notes += said
    return Seats(members, host, list(dict.fromkeys(notes)))


def _by_host(fabric: Fabric) -> list[NDArray[np.int64]]:
    order = np.argsort(fabric.host, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(fabric.host[order])) + 1)


def _natural(name: str) -> list[tuple[bool, int, str]]:
    return [(not part.isdecimal(), int(part) if part.isdecimal() else 0, part) for part in re.split(r"(\d+)", name)]


def _hosts(named: Sequence[str], fabric: Fabric, count: int) -> tuple[dict[str, int], list[str]]:
    """Return the host of the fabric for each name, and how they were found."""
    if not named:
        return {}, []
    known = _names(fabric)
    found = {name: known.get(name, known.get(name.split(".")[0], -1)) for name in named}
    if min(found.values()) >= 0:
        return found, []
    if len(named) > count:
        raise DemandError(f"the logs name {len(named):,} hosts, and {fabric.name} has {count:,}; give a larger fabric")
    if len(named) == 1:
        return {named[0]: 0}, [f"host {named[0]} of the log is taken for the first of the fabric, which names none so"]
    taken = f"hosts {named[0]} to {named[-1]} of the logs are taken for the first {len(named):,} of the fabric"
    return {name: i for i, name in enumerate(named)}, [f"{taken}, in order of their names: it does not name all so"]


def _names(fabric: Fabric) -> dict[str, int]:
    """Return beginning of a name -> host of the fabric, for what its file calls the endpoints."""
    found: dict[str, int] = {}
    names = fabric.source.names[: fabric.n_endpoints] if fabric.source is not None else ()
    for name, host in zip(names, fabric.host.tolist(), strict=False):
        for end in [match.start() for match in re.finditer(r"[^\w.]", name)] + [len(name)]:
            found.setdefault(name[:end], host)
            found.setdefault(name[:end].split(".")[0], host)
    found.pop("", None)
    return found


def _members(
    one: Communicator, host: dict[str, int], unnamed: Sequence[int], ends: Sequence[NDArray[np.int64]]
) -> tuple[NDArray[np.int64], list[str]]:
    n = sum(map(len, ends))
    if one.n > n or max(one.world, default=0) >= n:
        most = max(one.n, 1 + max(one.world, default=0))
        raise DemandError(f"communicator {one.name} has {most:,} ranks, and the fabric {n:,} endpoints")
    if one.world:
        return np.array(one.world, dtype=np.int64), [
            "rank r of a job is taken to be endpoint r: the log names no hosts"
        ]
    if not one.host:
        return np.arange(one.n, dtype=np.int64), [
            f"communicator {one.name} is taken to be the first {one.n:,} endpoints"
        ]
    if len(one.host) == one.n:
        return _all_known(one, host, ends), []
    return _completed(one, host, unnamed, ends)


def _all_known(one: Communicator, host: dict[str, int], ends: Sequence[NDArray[np.int64]]) -> NDArray[np.int64]:
    """Return the endpoints of ranks that all say where they ran; two on one GPU take the places of their order."""
    places = [(host[one.host[rank]], one.slot.get(rank, -1)) for rank in range(one.n)]
    if len(set(places)) < one.n or any(slot < 0 or slot >= len(ends[h]) for h, slot in places):
        places = _in_order([h for h, _ in places])
    return _endpoints(one, places, ends)


def _completed(
    one: Communicator, host: dict[str, int], unnamed: Sequence[int], ends: Sequence[NDArray[np.int64]]
) -> tuple[NDArray[np.int64], list[str]]:
    """Return the endpoints where some ranks did not log: hosts hold equally many ranks in a row."""
    each = -(-one.n // max(one.hosts, len(set(one.host.values())), 1))
    block = {rank // each: host[name] for rank, name in one.host.items()}
    free = iter(h for h in unnamed if h not in set(block.values()))
    for i in range(-(-one.n // each)):
        if i not in block:
            block[i] = next(free, -1)
    if min(block.values()) < 0:
        raise DemandError(f"communicator {one.name} is on {len(block):,} hosts, and the fabric has {len(ends):,}")
    said = (
        f"{one.n - len(one.host):,} of {one.n:,} ranks of communicator {one.name} did not log: they are placed as if "
        f"each host had {each:,} ranks in a row"
    )
    return _endpoints(one, _in_order([block[rank // each] for rank in range(one.n)]), ends), [said]


def _in_order(hosts: Sequence[int]) -> list[tuple[int, int]]:
    """Return host and place on it where ranks of a host take its places in their order."""
    taken: dict[int, int] = {}
    places = []
    for h in hosts:
        places.append((h, taken.get(h, 0)))
        taken[h] = taken.get(h, 0) + 1
    return places


def _endpoints(
    one: Communicator, places: Sequence[tuple[int, int]], ends: Sequence[NDArray[np.int64]]
) -> NDArray[np.int64]:
    for h, slot in places:
        if slot >= len(ends[h]):
            raise DemandError(
                f"communicator {one.name} has more than {len(ends[h]):,} ranks on a host, which is what a host of the "
                "fabric has endpoints; give it another endpoints_per_host"
            )
    return np.array([ends[h][slot] for h, slot in places], dtype=np.int64)
