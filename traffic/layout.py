"""Where ranks sit: hosts of consecutive ranks, groups of consecutive or strided ranks.

Rank r is number ``r % ranks_per_host`` of host ``r // ranks_per_host``; where
the count does not divide, the last host is smaller.  Scale-up domains are runs of
ranks too, of ``ranks_per_domain``: what a pattern sends over scale-up links, or once
a host, it sends inside a domain or once a domain, which is a host unless said otherwise.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from topo.near import hint
from traffic.demand import DemandError

#: Whole numbers fit 64 bits, sign included.
LARGEST = 2**63 - 1


def nearest_multiples(count: int, of: int) -> str:
    """Return the multiples of ``of`` beside ``count`` as text.

    >>> nearest_multiples(100, 64)
    '64 or 128'
    """
    low = count // of * of
    return f"{low} or {low + of}" if low else f"{of}"


def check_ranks(n_ranks: int, least: int = 2, *, what: str) -> None:
    """Raise DemandError unless ``n_ranks`` is a whole number of at least ``least``."""
    check_whole(n_ranks, least, name=f"{what}: the number of ranks")


def check_whole(value: int, least: int, *, name: str, most: int = LARGEST) -> None:
    """Raise DemandError unless ``value`` is a whole number from ``least`` to ``most``."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < least:
        raise DemandError(f"{name} must be a whole number of at least {least}; got {value!r}")
    if value > most:
        raise DemandError(f"{name} must be at most {most}; got {value!r}")


def check_positive(value: float, *, name: str, unit: str) -> None:
    """Raise DemandError unless ``value`` is a positive finite number."""
    if isinstance(value, bool) or not isinstance(value, int | float | np.number) or not 0 < value < float("inf"):
        raise DemandError(f"{name} must be positive and finite [{unit}]; got {value!r}")


def check_divides(part: int, whole: int, *, name: str, what: str) -> None:
    """Raise DemandError unless ``part`` divides ``whole``; the message has the nearest counts that would do."""
    check_whole(part, 1, name=name)
    if whole % part:
        raise DemandError(
            f"{name}={part} does not divide {whole} {what}; the nearest that would do: "
            f"{nearest_multiples(whole, part)} {what}"
        )


def check_choice(value: str, choices: Iterable[str], *, name: str) -> None:
    """Raise DemandError unless ``value`` is one of ``choices``; the message lists them and the nearest."""
    known = list(choices)
    if value not in known:
        raise DemandError(f"{name} {value!r} is unknown; known: {', '.join(known)}{hint(value, known)}")


def power_of_two(n: int, *, what: str) -> int:
    """Return log2 of ``n``; raises DemandError unless it is a power of two."""
    steps = int(n).bit_length() - 1
    if n != 1 << steps:
        raise DemandError(f"{what} needs a power of two of ranks; got {n}, nearest {1 << steps} or {1 << steps + 1}")
    return steps


def consecutive(n_ranks: int, size: int | None, *, name: str) -> NDArray[np.int64]:
    """Return (groups, size) ranks: groups of consecutive ranks; None is one group of all."""
    whole = n_ranks if size is None else size
    check_divides(whole, n_ranks, name=name, what="ranks")
    return np.arange(n_ranks, dtype=np.int64).reshape(-1, whole)


def domain_of(ranks_per_host: int, ranks_per_domain: int | None) -> int:
    """Return the ranks that one scale-up network joins: those of a host where None is given.

    Raises DemandError unless both are whole numbers of at least 1.
    """
    check_whole(ranks_per_host, 1, name="ranks_per_host")
    domain = ranks_per_host if ranks_per_domain is None else ranks_per_domain
    check_whole(domain, 1, name="ranks_per_domain")
    return domain


def hosts_and_domains(ranks_per_host: int, ranks_per_domain: int | None) -> dict[str, Any]:
    """Return both as keywords, the second filled in."""
    return {"ranks_per_host": ranks_per_host, "ranks_per_domain": domain_of(ranks_per_host, ranks_per_domain)}


def on_hosts(members: NDArray[np.int64], ranks_per_host: int, *, what: str) -> NDArray[np.int64]:
    """Return ``members`` (groups, size) as (groups, hosts, ranks on a host).

    Raises DemandError unless every group has equally many ranks on each of its hosts.
    """
    check_whole(ranks_per_host, 1, name="ranks_per_host")
    host = members // ranks_per_host
    first = np.concatenate([np.ones((len(host), 1), bool), np.diff(host, axis=1) != 0], axis=1)
    n_hosts = first.sum(axis=1)
    share = members.shape[1] // max(int(n_hosts[0]), 1)
    even = (n_hosts == n_hosts[0]).all() and share * n_hosts[0] == members.shape[1]
    if not (even and first[:, ::share].all()):
        raise DemandError(
            f"{what} needs groups with equally many ranks on each of their hosts; groups of {members.shape[1]} do not "
            f"fill hosts of {ranks_per_host}; the nearest that would do: "
            f"{nearest_multiples(members.shape[1], ranks_per_host)} ranks a group"
        )
    return members.reshape(len(members), int(n_hosts[0]), share)
