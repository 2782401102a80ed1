"""Images of arcs under a permutation of switches, and orbits of anything: time linear in arcs."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from topo.kernels import jit
from topo.kernels.sweep import Arcs


@jit
def image_of_arcs(arcs: Arcs, moved: Any, at: Any, image: Any) -> bool:
    """Write to ``image`` (A,) the arc that each arc becomes when switch v moves to ``moved[v]``.

    ``at`` (S,) is working memory, -1 at first.  Return False at the first arc that becomes none, or
    one of another weight or part; a permutation that returns True is an automorphism of the arcs.
    """
    for v in range(len(arcs.first) - 1):
        start, stop = arcs.first[moved[v]], arcs.first[moved[v] + 1]
        if stop - start != arcs.first[v + 1] - arcs.first[v]:
            return False
        for j in range(start, stop):
            at[arcs.tail[j]] = j
        for j in range(arcs.first[v], arcs.first[v + 1]):
            i = at[moved[arcs.tail[j]]]
            if i < start or i >= stop or arcs.weight[i] != arcs.weight[j] or arcs.part[i] != arcs.part[j]:
                return False
            image[j] = i
    return True


@jit
def _root(orbit: Any, i: int) -> int:
    while orbit[i] != i:
        orbit[i] = orbit[orbit[i]]
        i = orbit[i]
    return i


@jit
def join(orbit: NDArray[np.int32], image: Any) -> None:
    """Join the orbits of every i and ``image[i]``; each orbit is named by its least member.

    ``orbit`` (n,) starts as 0, 1, 2, ... and holds the name of the orbit of each after every call.
    """
    for i in range(len(orbit)):
        a, b = _root(orbit, i), _root(orbit, image[i])
        if a < b:
            orbit[b] = a
        else:
            orbit[a] = b
    for i in range(len(orbit)):
        orbit[i] = _root(orbit, i)
