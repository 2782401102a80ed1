"""What flows between crowds put on sites and on links: ports of endpoints, and scale-up links on the way to them."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from topo.kernels import inner, jit
from topo.kernels.crowds import Inside, Keys, Members
from topo.kernels.relay import Nics


class Places(NamedTuple):
    """Where endpoints attach: their sites, their links, and what leaves a site by each port."""

    site: NDArray[np.int64]  # (E,) -1 without a port
    port: NDArray[np.int64]  # (E,) first network link
    up: NDArray[np.int64]  # (E,) link to the scale-up switch; -1 without one
    reverse: NDArray[np.int32]  # (L,)
    offset: NDArray[np.int64]  # (sites, ports) which of its endpoints' ports each port of a site is
    island: NDArray[np.int64]  # (sites, ports) -1 where there is none
    share: NDArray[np.float64]  # (sites, sites, ports), by receiver and sender; empty where each has one port


class Counts(NamedTuple):
    """How many members of each key use a NIC of each site: those of key i are at ``site[i, :n[i]]``."""

    of: NDArray[np.float64]  # (keys, sites)
    site: NDArray[np.int32]  # (keys, sites)
    n: NDArray[np.int64]  # (keys,) sites that there are any at


def counts(keys: int, sites: int) -> Counts:
    """Return room for the members of ``keys`` at ``sites``."""
    return Counts(np.zeros((keys, sites)), np.empty((keys, sites), np.int32), np.zeros(keys, np.int64))


@jit
def by_site(nics: Nics, members: Members, k: Keys, site: Any, count: Any) -> None:
    """Fill ``count`` with the members of each of keys ``k``."""
    for i in range(len(count.n)):
        crowd, place = k.listed[i] // nics.most, k.listed[i] % nics.most
        for m in range(members.first[crowd], members.first[crowd + 1]):
            at = site[nics.nics[nics.first[nics.domain[members.end[m]]] + place]]
            if at < 0:
                continue
            if count.of[i, at] == 0.0:
                count.site[i, count.n[i]] = at
                count.n[i] += 1
            count.of[i, at] += 1.0


@inner
def _weighed(weight: Any, count: Counts, result: Any, filled: Any) -> int:
    """Add ``count`` by the ``weight`` of keys to ``result`` (sites,), all 0 before; list the sites that get any."""
    found = 0
    for i in range(len(count.n)):
        for m in range(count.n[i] if weight[i] != 0.0 else 0):
            s = count.site[i, m]
            if result[s] == 0.0:
                filled[found] = s
                found += 1
            result[s] += weight[i] * count.of[i, s]
    return found


@jit
def put(table: Any, count: Counts, sign: float, more: Any) -> None:
    """Add to ``more`` (sites, sites), by receiver and sender, what keys send by ``table`` (keys, keys)."""
    sites = count.of.shape[1]  # those that there were, where ``more`` has new ones too
    brought, filled = np.zeros(sites), np.empty(sites, np.int64)
    for g in range(len(count.n)):
        n = _weighed(table[g], count, brought, filled)
        for j in range(count.n[g] if n else 0):
            d = count.site[g, j]
            for m in range(n):
                more[d, filled[m]] += sign * count.of[g, d] * brought[filled[m]]
        for m in range(n):
            brought[filled[m]] = 0.0


@jit
def put_inside(inside: Inside, used: int, which: int, site: Any, sign: float, more: Any) -> None:
    """Add to ``more`` what ``which`` of the first ``used`` legs carry, ``sign`` times."""
    for m in range(used):
        if inside.which[m] == which:
            more[site[inside.out[m]], site[inside.nic[m]]] += sign * inside.amount[m]


@inner
def _leaves(p: Places, receiver: int, sender: int, k: int) -> float:
    """Return what part of what ``sender`` sends to ``receiver`` leaves by its port k."""
    return float(p.share[receiver, sender, k]) if len(p.share) else 1.0


@inner
def _arrives(p: Places, receiver: int, sender: int, k: int) -> float:
    """Return what part arrives by port k of ``receiver``: it keeps to its island."""
    if not len(p.share):
        return 1.0
    island = p.island[receiver, k]
    if p.island[sender, k] == island:
        return float(p.share[receiver, sender, k])
    for m in range(p.island.shape[1]):
        if p.island[sender, m] == island:
            return float(p.share[receiver, sender, m])
    return 0.0


@inner
def _add_side(
    nics: Nics, members: Members, p: Places, key: int, at: Any, filled: Any, n: int, outward: bool, sign: float,
    load: Any, by: Any, known: Any,
) -> None:  # fmt: skip
    """Add to ``load`` what members of ``key`` exchange with the first ``n`` sites of ``filled``, ``at`` with each."""
    whole, crowd, place = 0.0, key // nics.most, key % nics.most
    for m in range(n):
        whole += sign * at[filled[m]]
    for m in range(members.first[crowd], members.first[crowd + 1]):
        end = members.end[m]
        nic = nics.nics[nics.first[nics.domain[end]] + place]
        if nic != end:
            one, other = (end, nic) if outward else (nic, end)
            load[p.up[one]] += whole
            load[p.reverse[p.up[other]]] += whole
        if not len(p.share):
            load[p.port[nic] if outward else p.reverse[p.port[nic]]] += whole
            continue
        s = p.site[nic]
        for k in range(by.shape[1]):
            if not known[s]:
                by[s, k] = 0.0
                for i in range(n):
                    far = filled[i]
                    part = _leaves(p, far, s, k) if outward else _arrives(p, s, far, k)
                    by[s, k] += sign * at[far] * part
            if by[s, k] != 0.0:
                link = p.port[nic] + p.offset[s, k]
                load[link if outward else p.reverse[link]] += by[s, k]
        known[s] = True


@jit
def put_on_links(
    nics: Nics, members: Members, p: Places, k: Keys, table: Any, count: Counts, sign: float, load: Any
) -> None:
    """Add to ``load`` (L,) what flows between crowds put on ports of endpoints and on scale-up links.

    Where every endpoint has one port at most, it does not matter what is at which site.
    """
    ports, sites = p.offset.shape[1], count.of.shape[1]
    at, filled, by = np.zeros(sites), np.empty(sites, np.int64), np.empty((sites, ports))
    for i in range(len(count.n)):
        for side in range(2):
            outward = side == 0
            n = _weighed(table[:, i] if outward else table[i], count, at, filled)
            if n:
                known = np.zeros(sites if len(p.share) else 0, np.bool_)
                _add_side(nics, members, p, k.listed[i], at, filled, n, outward, sign, load, by, known)
            for m in range(n):
                at[filled[m]] = 0.0


@jit
def put_on_links_inside(p: Places, inside: Inside, used: int, which: int, sign: float, load: Any) -> None:
    """Add to ``load`` (L,) what ``which`` of the first ``used`` legs put on ports of endpoints and scale-up links."""
    for m in range(used):
        if inside.which[m] != which:
            continue
        x, nic, out = sign * inside.amount[m], inside.nic[m], inside.out[m]
        for a, b in ((inside.src[m], nic), (out, inside.dst[m])):
            if a != b:
                load[p.up[a]] += x
                load[p.reverse[p.up[b]]] += x
        sender, receiver = p.site[nic], p.site[out]
        for k in range(p.offset.shape[1]):
            leaves, arrives = _leaves(p, receiver, sender, k), _arrives(p, receiver, sender, k)
            if leaves != 0.0:
                load[p.port[nic] + p.offset[sender, k]] += x * leaves
            if arrives != 0.0:
                load[p.reverse[p.port[out] + p.offset[receiver, k]]] += x * arrives
