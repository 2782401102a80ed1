"""Operations as collective communication libraries (NCCL, RCCL) carry them out: names, bytes, groups side by side.

An operation is known by the names that programs write (``AllReduce``, ``all_reduce_perf``, ``ALLTOALL_EP``); its
size S is that of nccl-tests [1]_: what each rank sends in an all-to-all and a send, its own share included, and the
whole array otherwise.

Limits.  Reductions cost no time.  A broadcast and a reduce stream round the ring, so a rank waits for one hop alone.

.. [1] nccl-tests, doc/PERFORMANCE.md.
"""

from __future__ import annotations

import re
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from traffic import steps
from traffic.demand import DemandError
from traffic.layout import check_choice
from traffic.phases import Phase, step


class Kind(NamedTuple):
    """An operation in the registry; n is the number of ranks."""

    written: str  # expression that finds it in a name without spaces, ``-`` and ``_``, in lower case
    passes: int = 0  # times that (n - 1)/n of the bytes cross a port: busbw over algbw; 0 where it is 1
    parts: bool = False  # whether libraries state the size as that of a rank's part, S / n
    reduces: bool = False  # whether it has an operator, such as sum
    rooted: bool = False  # whether one rank is unlike the others
    pairs: bool = False  # whether every rank sends to every other
    whole: bool = True  # whether nccl-tests has it, so that it has a busbw


#: Every operation, the more particular name first: of two that a name bears, the first is meant.
KINDS: dict[str, Kind] = {
    "reduce-scatter": Kind("reducescatter", passes=1, parts=True, reduces=True),
    "allreduce": Kind("allreduce", passes=2, reduces=True),
    "all-gather": Kind("allgather", passes=1, parts=True),
    "all-to-all": Kind("alltoall", passes=1, pairs=True),
    "sendrecv": Kind("sendrecv"),
    "broadcast": Kind("broadcast|bcast", rooted=True),
    "reduce": Kind("reduce", reduces=True, rooted=True),
    "send": Kind("send", whole=False),
}
NAMES = tuple(KINDS)
#: Those that nccl-tests measures.
MEASURED = tuple(name for name, kind in KINDS.items() if kind.whole)


def called(name: str) -> str:
    """Return the operation that a program calls ``name``; empty where it is none of them.

    >>> called("ALLTOALL_EP"), called("_allgather_base"), called("ncclDevKernel_ReduceScatter"), called("barrier")
    ('all-to-all', 'all-gather', 'reduce-scatter', '')
    """
    plain = re.sub(r"[\s_-]", "", name.lower())
    return next((own for own, kind in KINDS.items() if re.search(kind.written, plain)), "")


def bus_factor(operation: str, n: int) -> float:
    """Return busbw over algbw of ``operation`` among ``n`` ranks: nccl-tests, doc/PERFORMANCE.md.

    >>> bus_factor("allreduce", 4), bus_factor("broadcast", 4)
    (1.5, 1.0)
    """
    passes = KINDS[operation].passes
    return passes * (n - 1) / n if passes else 1.0


def steps_of(operation: str, members: NDArray[np.int64], size: float, *, ranks_per_host: int) -> Phase:
    """Return the steps of ``operation`` of ``size`` [bytes] in groups ``members`` (groups, n), side by side.

    All-reduce, all-gather and reduce-scatter go round rings (``steps.ring``), a broadcast and a reduce stream round
    one; an all-to-all goes straight; ``send`` goes to the next rank of the group and from the last to nobody.

    Raises DemandError for an unknown operation and for groups of one.
    """
    check_choice(operation, NAMES, name="operation")
    n = members.shape[1]
    if n < 2:
        raise DemandError(f"{operation}: a group of one rank sends nothing; at least 2 are needed")
    if operation == "all-to-all":
        return step("exchange", members[:, :, None], members[:, None, :], size / n)
    if operation == "sendrecv":
        return step("send", members, np.roll(members, -1, axis=1), size)
    if operation == "send":
        return step("send", members[:, :-1], members[:, 1:], size)
    members = np.sort(members, axis=1)
    if operation in ("broadcast", "reduce"):
        return steps.ring(members, size * n, ranks_per_host=ranks_per_host, passes=1)._replace(repeat=1)
    return steps.ring(members, size, ranks_per_host=ranks_per_host, passes=1 + (operation == "allreduce"))


def strided(n_ranks: int, n: int, stride: int = 1) -> NDArray[np.int64]:
    """Return (groups, n) ranks: groups of ``n`` ranks ``stride`` apart that fill ``n_ranks``.

    >>> strided(8, 2, 2).tolist()
    [[0, 2], [1, 3], [4, 6], [5, 7]]

    Raises DemandError where they do not.
    """
    if n < 1 or stride < 1 or n_ranks % (n * stride):
        raise DemandError(f"groups of {n} ranks, {stride} apart, do not fill {n_ranks} ranks")
    return np.arange(n_ranks, dtype=np.int64).reshape(-1, n, stride).transpose(0, 2, 1).reshape(-1, n)
