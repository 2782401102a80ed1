"""The rules of a fabric: what a network must obey to be one; the first offender is named."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, Any

from topo.islands import changes, distinct
from topo.lazy import numpy as np
from topo.size import Tier
from topo.units import LARGEST

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

#: How traffic reaches a plane that its endpoint has no port on (design.md, section 7).
RELAYS = ("source", "destination", "split", "spread", "none")
#: What routing makes of a failure: routes found anew on what is left, tables kept as they were, or the next link
#: skipped by a switch that sees it gone while all others go on as before.
REROUTES = ("ideal", "tables", "local")


class FabricError(ValueError):
    """A network that breaks a rule of the model; the message names the first offender."""


class NodeKind(IntEnum):
    """What a node is; nodes are numbered in this order.  Every endpoint-bearing switch is a leaf."""

    ENDPOINT = 0
    SCALE_UP = 1
    LEAF = 2
    SPINE = 3
    CORE = 4


def check_cables(
    kind: NDArray[np.int8],
    plane: NDArray[np.int16],
    a: NDArray[np.int64],
    b: NDArray[np.int64],
    by_cable: dict[str, NDArray[Any]],
) -> None:
    """Check nodes (N,) and cables (C,), numbers of cables in ``by_cable``, before links are made of them."""
    n = len(kind)
    if (np.diff(kind) < 0).any():
        node = int(np.argmax(np.diff(kind) < 0)) + 1
        raise FabricError(
            f"node {node}: nodes are numbered endpoints first, then scale-up switches, leaves, spines, cores"
        )
    astray = (kind >= NodeKind.LEAF) & (plane < 0)
    if astray.any():
        node = int(np.argmax(astray))
        raise FabricError(f"switch {node} is on plane {plane[node]}; a switch is on one plane, and they count from 0")
    if len(a) != len(b):
        raise FabricError(f"a and b must be equally long; got {len(a)} and {len(b)}")
    _refuse((a < 0) | (a >= n) | (b < 0) | (b >= n), a, b, f"joins a node that does not exist; there are {n}")
    _refuse(a == b, a, b, "joins a node to itself")
    one_endpoint = (kind[a] == NodeKind.ENDPOINT) ^ (kind[b] == NodeKind.ENDPOINT)
    both_endpoints = (kind[a] == NodeKind.ENDPOINT) & (kind[b] == NodeKind.ENDPOINT)
    _refuse(both_endpoints, a, b, "joins two endpoints; endpoints meet through a switch")
    scale_up = (kind[a] == NodeKind.SCALE_UP) | (kind[b] == NodeKind.SCALE_UP)
    _refuse(scale_up & ~one_endpoint, a, b, "joins a scale-up switch to something other than an endpoint")
    _check_tiers(by_cable["tier"], one_endpoint, scale_up, a, b)
    capacity, latency, weight = by_cable["capacity"], by_cable["latency"], by_cable["weight"]
    _refuse(~((capacity > 0) & (capacity <= LARGEST)), a, b, "needs a capacity that is positive and finite")
    _refuse(~((latency >= 0) & (latency <= LARGEST)), a, b, "needs a latency that is finite and not negative")
    _refuse(weight < 1, a, b, "needs a routing weight of at least 1")
    between = (plane[a] != plane[b]) & (plane[a] >= 0) & (plane[b] >= 0)
    _refuse(between, a, b, "joins two planes; planes share no switch")


def _check_tiers(
    tier: NDArray[np.int8],
    one_endpoint: NDArray[np.bool_],
    scale_up: NDArray[np.bool_],
    a: NDArray[np.int64],
    b: NDArray[np.int64],
) -> None:
    """Check that tiers (C,) say what the kinds of the ends say: links are told apart by them."""
    known = np.isin(tier, [*Tier])
    _refuse(~known, a, b, f"needs a tier from {min(Tier):d} to {max(Tier):d}")
    _refuse(scale_up & (tier != Tier.SCALE_UP), a, b, "joins a scale-up switch, so its tier must be scale-up")
    outside = one_endpoint & ~scale_up
    _refuse(outside & (tier != Tier.ENDPOINT), a, b, "joins an endpoint and a switch, so its tier must be endpoint")
    _refuse(~one_endpoint & (tier <= Tier.ENDPOINT), a, b, "joins two switches, so its tier must be one of theirs")


def _refuse(wrong: NDArray[np.bool_], a: NDArray[np.int64], b: NDArray[np.int64], rule: str) -> None:
    if wrong.any():
        cable = int(np.argmax(wrong))
        raise FabricError(f"cable {cable} ({a[cable]} -- {b[cable]}) {rule}")


def check_nodes(
    kind: NDArray[np.int8],
    host: NDArray[np.int32],
    first: NDArray[np.int64],
    *,
    relay: str,
    overhead: float,
    launch: float,
    radix: int,
) -> None:
    """Check hosts (E,) and what is known once the links of node n are ``first[n]:first[n + 1]``: ports, settings."""
    if relay not in RELAYS:
        raise FabricError(f"relay {relay!r} is unknown; known: {', '.join(RELAYS)}")
    for what, seconds in (("overhead", overhead), ("launch", launch)):
        if not (np.isfinite(seconds) and seconds >= 0):
            raise FabricError(f"{what} {seconds!r} must be finite and not negative")
    if (host < 0).any():
        raise FabricError(f"endpoint {int(np.argmax(host < 0))}: host numbers start at 0")
    degree = np.diff(first)
    over = (degree > radix) & (kind >= NodeKind.LEAF)
    if radix and over.any():
        node = int(np.argmax(over))
        raise FabricError(f"switch {node} needs {degree[node]} ports; the radix is {radix}")


def check_domains(
    kind: NDArray[np.int8], domain: NDArray[np.int32], tail: NDArray[np.int32], head: NDArray[np.int32]
) -> None:
    """Check that scale-up switches and the domains (E,) of the endpoints on them go one to one; links as (L,)."""
    if (domain < 0).any():
        raise FabricError(f"endpoint {int(np.argmax(domain < 0))}: domain numbers start at 0")
    link = np.flatnonzero((tail < len(domain)) & (kind[head] == NodeKind.SCALE_UP))
    link = link[changes(tail[link])]  # links are sorted: the first of each endpoint
    pairs = np.stack([head[link], domain[tail[link]]], axis=1).astype(np.int64)
    pairs = distinct(pairs[changes(pairs)]).T
    for what, there, column, other in (("scale-up switch", "domains", 0, 1), ("domain", "scale-up switches", 1, 0)):
        number, count = np.unique(pairs[column], return_counts=True)
        if (count > 1).any():
            row = int(np.argmax(count > 1))
            both = sorted(pairs[other, pairs[column] == number[row]].tolist())[:2]
            raise FabricError(
                f"{what} {number[row]} has endpoints of {there} {both[0]} and {both[1]}; a domain is all endpoints "
                "that one scale-up network joins: give domain, one number for each endpoint"
            )


def links_of(a: NDArray[np.int64], b: NDArray[np.int64], n_nodes: int) -> tuple[NDArray[np.int32], ...]:
    """Return tail, head and cable of both halves of each cable, sorted by tail, then head, then cable.

    A node's links to lower nodes come first, so halves that rise and halves that fall are sorted apart and laid side
    by side.  Generators give cables in long runs that are sorted already, which numpy's stable sort finds and merges.
    """
    low, high = np.minimum(a, b), np.maximum(a, b)
    orders = np.argsort(low * n_nodes + high, kind="stable"), np.argsort(high * n_nodes + low, kind="stable")
    rising, falling = np.bincount(low, minlength=n_nodes), np.bincount(high, minlength=n_nodes)
    before = np.cumsum(falling), np.cumsum(rising) - rising  # halves of the other kind that come before a node's own
    tail, head, cable = (np.empty(2 * len(a), dtype=np.int32) for _ in range(3))
    for order, (start, end), others in zip(orders, ((low, high), (high, low)), before, strict=True):
        leaves = start[order]
        place = np.arange(len(a)) + others[leaves]
        tail[place], head[place], cable[place] = leaves, end[order], order
    return tail, head, cable


def filled(value: ArrayLike, n: int, dtype: Any, what: str, per: str) -> NDArray[Any]:
    """Return ``value`` (n,) as ``dtype``, a single one for all; raises FabricError for other shapes and values."""
    try:
        array = np.asarray(value, dtype=dtype)
    except (OverflowError, ValueError, TypeError) as error:
        raise FabricError(
            f"{what}: one number that {np.dtype(dtype)} holds is needed for each {per}; {error}"
        ) from None
    if array.ndim == 0:
        return np.full(n, array, dtype=dtype)
    if array.shape != (n,):
        raise FabricError(f"{what}: one value for each {per} is needed, {n} in all; got shape {array.shape}")
    return np.array(array, dtype=dtype)


def numbered(ids: ArrayLike, n: int, what: str) -> NDArray[np.int64]:
    """Return ``ids`` as an array; raises FabricError for one that is not from 0 to n - 1."""
    given = np.atleast_1d(np.asarray(ids, dtype=np.int64)).ravel()
    wrong = given[(given < 0) | (given >= n)]
    if len(wrong):
        raise FabricError(f"{what} {wrong[0]} does not exist; there are {n}, numbered from 0")
    return given
