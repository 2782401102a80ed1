"""Collectives in phases: all-to-all, all-gather, reduce-scatter, allreduce.

``bytes`` is S of nccl-tests [1]_: what each rank sends in an all-to-all, its own
share included, and the whole array otherwise.  Steps that repeat are one phase
with a ``repeat``.  The algorithms are in ``traffic.steps``.

Limits.  A step starts when the one before has ended everywhere; reductions cost no time.

.. [1] nccl-tests, doc/PERFORMANCE.md.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Annotated, Any, Literal, NamedTuple

import numpy as np
from annotated_types import Ge, Gt
from numpy.typing import NDArray

from traffic import steps
from traffic.apart import INSIDE, Apart, Reach, often
from traffic.closed_forms import bus_bandwidth
from traffic.demand import Demand, GroupedDemand
from traffic.layout import (
    check_choice,
    check_positive,
    check_ranks,
    check_whole,
    consecutive,
    domain_of,
    on_hosts,
    power_of_two,
)
from traffic.operation import Operation
from traffic.outcome import Outcome
from traffic.pattern import Count
from traffic.phases import in_sequence

MIB = 2**20

Array = Annotated[float, Gt(0), "size S of nccl-tests: the whole array, or what a rank sends to all [bytes]"]
Channels = Annotated[int | None, Ge(1), "rings at once; without, as many as the emptiest host has ranks"]
Group = Annotated[int | None, Ge(2), "consecutive ranks of a group; without, all are one"]
Algorithm = Annotated[Literal["ring", "halving-doubling", "hierarchical"], "steps in which ranks exchange"]
_ALGORITHMS = ("ring", "halving-doubling", "hierarchical")


class Collective(NamedTuple):
    """A collective as nccl-tests measures it; groups do it side by side."""

    name: str  # pattern, such as allreduce
    n: int  # ranks of a group
    size: float  # S [bytes]

    def results(self, outcome: Outcome) -> dict[str, Any]:
        """Return algbw and busbw [B/s], S and the ranks of a group; nothing where no time passes.

        algbw = S / t, t the completion time of all groups with whatever latency the solver counts.  Scale-up
        links count as ports do: inside hosts busbw may pass the rate of a NIC.
        """
        seconds = outcome.completion_s
        if not seconds:
            return {}
        return {
            "collective_ranks": self.n,
            "collective_bytes": self.size,
            "algbw_bytes_per_s": self.size / seconds,
            "busbw_bytes_per_s": bus_bandwidth(self.name, n=self.n, size=self.size, seconds=seconds),
        }


def all_to_all(
    *,
    n_ranks: int,
    ranks_per_host: int = 8,
    ranks_per_domain: int | None = None,
    bytes: Array = MIB,
    ep: Group = None,
    algorithm: Annotated[
        Literal["direct", "hierarchical"], "straight to every rank, or gathered inside hosts before"
    ] = "direct",
) -> Demand | GroupedDemand:
    """Return every rank sending ``bytes`` / n to each rank of its group, its own share staying at home.

    Groups are ``ep`` consecutive ranks; without ``ep`` there is one of all.  ``hierarchical`` first
    gathers inside a host, on the rank of the receiver's index, then crosses the network between
    ranks of equal index, and needs equally many ranks on every host of a group.

    Raises DemandError where ``ep`` does not divide the number of ranks.

    >>> float(all_to_all(n_ranks=8, ep=4, bytes=400).sent()[0])
    300.0
    """
    members = _members("all-to-all", n_ranks, ep, bytes, name="ep")
    check_choice(algorithm, ("direct", "hierarchical"), name="algorithm")
    size = members.shape[1]
    done = Collective("all-to-all", size, bytes)
    near = domain_of(ranks_per_host, ranks_per_domain)
    one = Operation.of("all-to-all", bytes, members, per_domain=near)
    if algorithm == "direct":
        demand = GroupedDemand.of(f"all-to-all(ep={size})", label=np.arange(n_ranks) // size, size=bytes / size)
        return replace(demand, about=done, operations=(one,))
    hosts = on_hosts(members, near, what="hierarchical all-to-all")
    phases = [phase._replace(operation=one) for phase in steps.two_level_exchange(hosts, bytes / size)]
    return replace(in_sequence(f"all-to-all(ep={size}, hierarchical)", n_ranks, phases), about=done)


def all_gather(
    *,
    n_ranks: int,
    ranks_per_host: int = 8,
    ranks_per_domain: int | None = None,
    bytes: Array = MIB,
    algorithm: Algorithm = "ring",
    channels: Channels = None,
    group_size: Group = None,
) -> Demand:
    """Return every rank of a group ending with all ``bytes``, of which each brought 1/n.

    ``algorithm``, ``channels`` and ``group_size`` are those of ``allreduce``.
    """
    members = _members("all-gather", n_ranks, group_size, bytes, name="group_size")
    return _algorithm(
        "all-gather",
        members,
        bytes,
        algorithm=algorithm,
        channels=channels,
        ranks_per_host=domain_of(ranks_per_host, ranks_per_domain),
        ways="out",
    )


def reduce_scatter(
    *,
    n_ranks: int,
    ranks_per_host: int = 8,
    ranks_per_domain: int | None = None,
    bytes: Array = MIB,
    algorithm: Algorithm = "ring",
    channels: Channels = None,
    group_size: Group = None,
) -> Demand:
    """Return every rank of a group ending with the sum of its 1/n of ``bytes``.

    ``algorithm``, ``channels`` and ``group_size`` are those of ``allreduce``.
    """
    members = _members("reduce-scatter", n_ranks, group_size, bytes, name="group_size")
    return _algorithm(
        "reduce-scatter",
        members,
        bytes,
        algorithm=algorithm,
        channels=channels,
        ranks_per_host=domain_of(ranks_per_host, ranks_per_domain),
        ways="in",
    )


def allreduce(
    *,
    n_ranks: int,
    ranks_per_host: int = 8,
    ranks_per_domain: int | None = None,
    bytes: Array = MIB,
    algorithm: Annotated[
        Literal["ring", "halving-doubling", "tree", "hierarchical"], "steps in which ranks exchange"
    ] = "ring",
    channels: Channels = None,
    group_size: Group = None,
) -> Demand:
    """Return every rank of a group ending with the sum of all ``bytes``.

    ``ring``: 2(n - 1) equal steps, on ``channels`` rings at once (``steps.ring``).
    ``halving-doubling``: recursive halving, then doubling; a power of two of ranks, else DemandError.
    ``tree``: a binomial tree up and down, all ``bytes`` on every step.
    ``hierarchical``: reduce-scatter inside hosts, rings between ranks of equal index, all-gather inside
    hosts; equally many ranks on every host of a group, else DemandError.

    Groups are ``group_size`` consecutive ranks, by default one of all.  ``channels`` serves the ring
    only; by default as many as the emptiest host has ranks.
    """
    members = _members("allreduce", n_ranks, group_size, bytes, name="group_size")
    return _algorithm(
        "allreduce",
        members,
        bytes,
        algorithm=algorithm,
        channels=channels,
        ranks_per_host=domain_of(ranks_per_host, ranks_per_domain),
        ways="in and out",
    )


def _algorithm(
    what: str,
    members: NDArray[np.int64],
    size: float,
    *,
    ranks_per_host: int,
    algorithm: str,
    channels: int | None,
    ways: Literal["in", "out", "in and out"],
) -> Demand:
    """Return ``what``: data go ``in`` to where they are summed, ``out`` to who wants them, or both."""
    both = ways == "in and out"
    check_choice(algorithm, (*_ALGORITHMS, "tree") if both else _ALGORITHMS, name="algorithm")
    if algorithm == "tree":
        phases = steps.binomial_tree(members, size)
    elif algorithm == "hierarchical":
        hosts = on_hosts(members, ranks_per_host, what="hierarchical")
        phases = steps.two_level(hosts, size, inward=ways != "out", outward=ways != "in")
    elif algorithm == "halving-doubling":
        phases = steps.halving_doubling(members, size, passes=1 + both)
    else:
        phases = [steps.ring(members, size, ranks_per_host=ranks_per_host, channels=channels, passes=1 + both)]
    n = members.shape[1]
    group = f", group_size={n}" if n != members.size else ""
    one = Operation.of(what, size, members, per_domain=ranks_per_host)
    phases = [phase._replace(operation=one) for phase in phases]
    demand = in_sequence(f"{what}({algorithm}{group})", members.size, phases)
    return replace(demand, about=Collective(what, n, size))


def _members(what: str, n_ranks: int, size: int | None, bytes: float, *, name: str) -> NDArray[np.int64]:
    check_ranks(n_ranks, what=what)
    check_positive(bytes, name="bytes", unit="bytes")
    if size is not None:
        check_whole(size, 2, name=name)
    return consecutive(n_ranks, size, name=name)


def all_to_all_count(
    *, n_ranks: int, ranks_per_host: int, ranks_per_domain: int | None, ep: int | None, algorithm: str
) -> Count:
    """Return the commodities of ``all_to_all``."""
    size = consecutive(n_ranks, ep, name="ep").shape[1]
    if algorithm == "direct":
        return Count(1, n_ranks * (size - 1))
    near = domain_of(ranks_per_host, ranks_per_domain)
    hosts = -(-size // near)
    away = np.arange(1, hosts)  # hosts; each way
    count = 2 * n_ranks // hosts * (hosts - away)
    far = {Reach(d, size): n for d, n in zip((away * near).tolist(), count.tolist(), strict=True)}
    return Count.listed(
        Counter({INSIDE: n_ranks * (size // hosts - 1)}) + Counter(far), phases=(size > hosts) + (hosts > 1)
    )


def one_way_count(
    *,
    n_ranks: int,
    ranks_per_host: int,
    ranks_per_domain: int | None,
    algorithm: str,
    channels: int | None,
    group_size: int | None,
) -> Count:
    """Return the commodities of ``all_gather`` and of ``reduce_scatter``."""
    members, near = consecutive(n_ranks, group_size, name="group_size"), domain_of(ranks_per_host, ranks_per_domain)
    return _counted(members, near, algorithm, channels, ways=1)


def allreduce_count(
    *,
    n_ranks: int,
    ranks_per_host: int,
    ranks_per_domain: int | None,
    algorithm: str,
    channels: int | None,
    group_size: int | None,
) -> Count:
    """Return the commodities of ``allreduce``."""
    members, near = consecutive(n_ranks, group_size, name="group_size"), domain_of(ranks_per_host, ranks_per_domain)
    return _counted(members, near, algorithm, channels, ways=2)


def _counted(members: NDArray[np.int64], ranks_per_host: int, algorithm: str, channels: int | None, ways: int) -> Count:
    n = members.shape[1]
    if algorithm == "tree":
        found = _doubling(members, ranks_per_host, tree=True)
        return Count.listed(often(found, 2), phases=2 * (n - 1).bit_length())
    if algorithm == "halving-doubling":
        found = _doubling(members, ranks_per_host, tree=False)
        return Count.listed(found, phases=max(power_of_two(n, what=algorithm), 1))
    if algorithm == "hierarchical":
        hosts = -(-n // ranks_per_host)
        across = members.size // hosts if hosts > 1 else 0  # each rank to its like on the next host, round the group
        found = Counter({INSIDE: members.size * ways * (n > hosts)})
        found += Counter({Reach(ranks_per_host, n): across * (hosts - 1)})
        found += Counter({Reach((hosts - 1) * ranks_per_host, n): across})
        return Count.listed(found, phases=ways * (n > hosts) + (hosts > 1))
    return Count.listed(steps.ring_count(members, ranks_per_host=ranks_per_host, channels=channels))


def _doubling(members: NDArray[np.int64], near: int, *, tree: bool) -> Apart:
    """Return who exchanges at distance 1, 2, 4 .. among ``members``: each, or in a ``tree`` one of two, going up."""
    n, found = members.shape[1], Counter[Reach]()
    place = np.arange(n)
    for far in (1 << j for j in range((n - 1).bit_length())):
        child = place[place % (2 * far) == far] if tree else place
        src, dst = members[:, child], members[:, child - far if tree else child ^ far]
        inside = int(np.count_nonzero(src // near == dst // near))
        found += Counter({INSIDE: inside, Reach(far, n): src.size - inside})
    return found
