"""What crowds of endpoints send to each other where some domains lost ports, and what that puts on sites and links.

Members of a crowd are alike: each sends to every member of another crowd in a different domain by NICs at the same
places of their domains.  So one pair stands for all of two crowds, and what they send is a table by *keys*, a crowd
and a place of a NIC in the domain of its member.  Pairs of members of one domain, which never leave it, are listed
and taken off (``Inside``).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from topo.kernels import inner, jit
from topo.kernels.relay import SPREAD, Found, Islands, Nics, legs_of_pair, meet

#: What a table holds: flows as they went, as they go, and as those went that have no way left.
BEFORE, AFTER, LOST = 0, 1, 2


class Members(NamedTuple):
    """K crowds; endpoints of crowd c are ``end[first[c]:first[c + 1]]``."""

    end: NDArray[np.int64]
    first: NDArray[np.int64]  # (K + 1,)
    number: NDArray[np.int64]  # (E,) crowd of each endpoint; -1 of those that take no part
    near: int  # crowds from here on are of domains that lost ports, and lie whole in these
    label: NDArray[np.int64]  # (K,) group: crowds of one group send to each other
    size: NDArray[np.float64]  # (K,) [bytes] that a member gets of each one that sends to it


class Keys(NamedTuple):
    """Keys ``crowd * most + place`` of those who send or get, numbered as they are met."""

    number: NDArray[np.int64]  # (K most,) of each key; -1 for none
    listed: NDArray[np.int64]  # (K most,) key of each number
    n: NDArray[np.int64]  # (1,) keys that are numbered
    lost: NDArray[np.float64]  # (1,) ordered pairs that have no way left


class Inside(NamedTuple):
    """Legs that tables count though they never leave a domain: ``which`` table, the ends, the NICs, bytes."""

    which: NDArray[np.int64]
    src: NDArray[np.int64]
    nic: NDArray[np.int64]
    out: NDArray[np.int64]
    dst: NDArray[np.int64]
    amount: NDArray[np.float64]


def keys(n: int) -> Keys:
    """Return room for ``n`` keys."""
    return Keys(np.full(n, -1), np.zeros(n, np.int64), np.zeros(1, np.int64), np.zeros(1))


def room_inside(n: int) -> Inside:
    """Return room for ``n`` legs."""
    which, src, nic, out, dst = np.empty((5, n), np.int64)
    return Inside(which, src, nic, out, dst, np.empty(n))


@inner
def _apart(nics: Nics, members: Members, a: int, b: int) -> tuple[int, int]:
    """Return a member of each of two crowds, in different domains; -1 where there are none."""
    domain = nics.domain
    src, dst = members.end[members.first[a]], members.end[members.first[b]]
    for m in range(members.first[b], members.first[b + 1]):
        if domain[members.end[m]] != domain[src]:
            return src, members.end[m]
    for m in range(members.first[a], members.first[a + 1]):
        if domain[members.end[m]] != domain[dst]:
            return members.end[m], dst
    return -1, -1


@inner
def _number(key: int, k: Keys, table: Any) -> None:
    """Number ``key``, which has sent and got nothing yet."""
    n = k.n[0]
    table[:, n, : n + 1] = 0.0
    table[:, :n, n] = 0.0
    k.number[key], k.listed[n], k.n[0] = n, key, n + 1


@inner
def _take(nics: Nics, members: Members, a: int, b: int, n: int, which: int, f: Found, k: Keys, table: Any) -> None:
    """Add ``n`` legs of ``f`` to ``table`` (3, keys, keys), by receiver and sender."""
    number, place = k.number, nics.place
    for m in range(n):
        sender, receiver = a * nics.most + place[f.nic[m]], b * nics.most + place[f.out[m]]
        for key in (sender, receiver):
            if number[key] < 0:
                _number(key, k, table)
        table[which, number[receiver], number[sender]] += f.share[m] * members.size[b]


@inner
def _mates(
    nics: Nics, members: Members, a: int, b: int, n: int, which: int, f: Found, inside: Inside, used: int
) -> tuple[int, int]:
    """Write to ``inside`` from ``used`` on what members of two crowds in one domain would send; return their end.

    Also how many pairs there are.  Nothing is written where there is no room.
    """
    pairs = 0
    for m in range(members.first[a], members.first[a + 1] if min(a, b) >= members.near else members.first[a]):
        src = members.end[m]
        own = nics.domain[src]
        for i in range(nics.first_end[own], nics.first_end[own + 1]):
            dst = nics.ends[i]
            if members.number[dst] != b:
                continue
            pairs += 1
            for leg in range(n):
                if used < len(inside.which):
                    inside.which[used], inside.src[used], inside.dst[used] = which, src, dst
                    inside.nic[used] = nics.nics[nics.first[own] + nics.place[f.nic[leg]]]
                    inside.out[used] = nics.nics[nics.first[own] + nics.place[f.out[leg]]]
                    inside.amount[used] = f.share[leg] * members.size[b]
                used += 1
    return used, pairs


@jit
def meetings(
    nics: Nics, members: Members, before: Islands, after: Islands, relay: int, hit: Any, f: Found, k: Keys,
    table: Any, inside: Inside,
) -> int:  # fmt: skip
    """Fill ``table`` (3, keys, keys) with what pairs of crowds send that may go by endpoints which lost a port.

    Only rows and columns of keys that are numbered are written to; there is room for many more.
    ``hit`` (E,) says who lost one.  Return how many legs ``inside`` there are, of which those are written that fit.
    """
    used, n_crowds = 0, len(members.first) - 1
    for a in range(n_crowds):
        for b in range(n_crowds):
            if max(a, b) < members.near or members.label[a] != members.label[b]:
                continue
            src, dst = _apart(nics, members, a, b)
            if src < 0:
                continue
            direct = before.of[dst] >= 0 and meet(before.meets, before.of[src], before.of[dst])
            if direct and not (hit[src] or hit[dst]) and relay != SPREAD:
                continue
            n = legs_of_pair(nics, before, relay, src, dst, f)
            _take(nics, members, a, b, n, BEFORE, f, k, table)
            used, _ = _mates(nics, members, a, b, n, BEFORE, f, inside, used)
            n = legs_of_pair(nics, after, relay, src, dst, f)
            _take(nics, members, a, b, n, AFTER, f, k, table)
            used, pairs = _mates(nics, members, a, b, n, AFTER, f, inside, used)
            if n == 0:
                n = legs_of_pair(nics, before, relay, src, dst, f)
                _take(nics, members, a, b, n, LOST, f, k, table)
                used, pairs = _mates(nics, members, a, b, n, LOST, f, inside, used)
                size = (members.first[a + 1] - members.first[a]) * (members.first[b + 1] - members.first[b])
                k.lost[0] += size - pairs
    return used
