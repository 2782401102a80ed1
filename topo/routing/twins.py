"""Twins: scale-up domains, and switches, that can be exchanged without changing anything.

Two domains are twins where their endpoints have equal links to the same switches and equal ones inside, and
take part in the traffic alike.  Exchanging them, endpoint by endpoint, is then an automorphism of fabric
and traffic that leaves every switch where it is; so is exchanging two such endpoints of one domain, unless NICs of
two domains pair up by their place.
An endpoint without scale-up link is a domain of its own.  Two switches are twins where they have equal links to
the same nodes, as the spines of a plane have.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from topo.fabric import Fabric, NodeKind
from topo.kernels.multisets import hashed, mixed
from topo.routing.operator import Ints


def twins(fabric: Fabric, taking_part: Ints) -> Ints:
    """Return (N,) a number for each node, equal where they are twins, or endpoints or scale-up switches of twins.

    ``taking_part`` (n, E) is what an endpoint must have in common with its twin.
    """
    n_ends = fabric.n_endpoints
    unit, place, members = _units(fabric.joined)
    inside = _scale_up_place(fabric, unit)
    link = np.flatnonzero(fabric.tail < n_ends)
    tail, head = fabric.tail[link], fabric.head[link].astype(np.int64)
    own = hashed([place, *taking_part] if fabric.relay == "spread" else list(taking_part))
    heads = np.where(inside[head] >= 0, -1 - inside[head], head)
    np.add.at(own, tail, hashed([heads, *_properties(fabric, link)]))
    mark = np.zeros(members, dtype=np.uint64)
    np.add.at(mark, unit, mixed(own, own))
    of, mine = (np.unique(marks, return_inverse=True)[1].astype(np.int64) for marks in (mark, own))
    number = twin_switches(fabric)
    number[:n_ends] = _least(of[unit], mine, np.arange(n_ends))
    hubs = np.flatnonzero(inside >= 0)
    if len(hubs):
        owner = np.zeros(fabric.n_nodes, dtype=np.int64)
        owner[head[inside[head] >= 0]] = of[unit[tail[inside[head] >= 0]]]
        number[hubs] = _least(owner[hubs], inside[hubs], hubs)
    return number


def twin_switches(fabric: Fabric) -> Ints:
    """Return (N,) the least network switch that is a twin of each; other nodes are themselves."""
    number = np.arange(fabric.n_nodes, dtype=np.int64)
    base = int(np.searchsorted(fabric.kind, NodeKind.LEAF))
    link = np.flatnonzero(fabric.tail >= base)
    mark = np.zeros(fabric.n_nodes - base, dtype=np.uint64)
    np.add.at(mark, fabric.tail[link] - base, hashed([fabric.head[link], *_properties(fabric, link)]))
    of = np.unique(mark, return_inverse=True)[1].astype(np.int64)
    number[base:] = _least(of, fabric.kind[base:].astype(np.int64), number[base:])
    return number


def _properties(fabric: Fabric, link: Ints) -> list[NDArray[Any]]:
    """Return what cables of ``link`` are like, forth and back."""
    back = fabric.reverse[link]
    numbers = (fabric.capacity, fabric.latency, fabric.weight, fabric.tier)
    return [value[way] for value in numbers for way in (link, back)]


def _units(domain: Ints) -> tuple[Ints, Ints, int]:
    """Return the domain (E,) of each endpoint, its place there, and how many domains there are."""
    _, unit = np.unique(domain, return_inverse=True)
    order = np.argsort(unit, kind="stable")
    place = np.empty(len(unit), dtype=np.int64)
    place[order] = np.arange(len(unit)) - np.searchsorted(unit[order], unit[order])
    return unit.astype(np.int64), place, int(unit.max(initial=-1)) + 1


def _scale_up_place(fabric: Fabric, unit: Ints) -> Ints:
    """Return (N,) which scale-up switch of its domain each is; -1 for all other nodes."""
    result = np.full(fabric.n_nodes, -1, dtype=np.int64)
    link = np.flatnonzero((fabric.tail < fabric.n_endpoints) & (fabric.kind[fabric.head] == NodeKind.SCALE_UP))
    if len(link):
        key = np.unique(unit[fabric.tail[link]] * fabric.n_nodes + fabric.head[link])
        of, hub = np.divmod(key, fabric.n_nodes)
        result[hub] = np.arange(len(key)) - np.searchsorted(of, of)
    return result


def _least(of: Ints, place: Ints, node: Ints) -> Ints:
    """Return for each row the least ``node`` with the same ``of`` and ``place``."""
    key = of * (int(place.max(initial=0)) + 1) + place
    _, first, row = np.unique(key, return_index=True, return_inverse=True)
    return np.asarray(node[first][row], dtype=np.int64)
