r"""Slim Flies: McKay-Miller-Siran graphs of diameter two.

Two blocks of q x q switches; inside a block a column is a small circulant,
between the blocks a switch (0, x, y) meets (1, m, c) where y = m x + c over the
field of q elements::

    block 0   (0,x,0) (0,x,1) .. (0,x,q-1)    local: y - y' in X
                  \     |     /
                   y = m x + c                global: q cables a switch
                  /     |     \
    block 1   (1,m,0) (1,m,1) .. (1,m,q-1)    local: c - c' in X'

For a prime power q = 4 w + d with d in {-1, 0, 1} and xi a primitive element
there are 2 q^2 switches with k' = (3 q - d) / 2 switch cables each [1]_ [2]_:

- d = 1: X holds the even powers of xi, X' the odd ones;
- d = 0: X = xi^0, xi^2, .., xi^(q-2) and X' = xi^1, xi^3, .., xi^(q-1);
- d = -1: X = xi^0, xi^2, .., xi^(2w-2), xi^(2w-1), xi^(2w+1), .., xi^(4w-3) and
  X' = xi^1, xi^3, .., xi^(2w-1), xi^(2w), xi^(2w+2), .., xi^(4w-2).

That covers every prime power but 2: for each from 3 to 32 (3, 4, 5, 7, 8, 9, 11,
13, 16, 17, 19, 23, 25, 27, 29, 31, 32) the tests find the graph regular, of degree k' and
diameter 2.  q = 5 is the Hoffman-Singleton graph.  Endpoints: p a switch, by
default ceil(k' / 2), in order of switches; fewer are spread evenly over all.
Switch numbers: (0, x, y) is x q + y, (1, m, c) is q^2 + m q + c.

Limits. ``size`` also counts q = 4 w + d that is no prime power, such as the
q = 28 of the DeepSeek-V3 paper: the formula gives numbers, but no such graph
exists.  The word group has no meaning here.

.. [1] M. Besta, T. Hoefler, Slim Fly: a cost effective low-diameter network
   topology, SC'14.
.. [2] P. Hafner, Geometric realisation of the graphs of McKay-Miller-Siran,
   J. Combinatorial Theory B 90, 2004.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Annotated

from annotated_types import Ge

from topo.generators.field import field, prime_power
from topo.generators.wiring import GeneratorError, Wiring, label, populated, spread, whole, wire
from topo.lazy import numpy as np
from topo.parameters import Sought
from topo.size import Size, Tier, cable_row

if TYPE_CHECKING:
    from numpy.typing import NDArray


def plan(
    *,
    q: Annotated[int, Ge(3), "order of the field: a prime power 4 w - 1, 4 w or 4 w + 1"],
    p: Annotated[
        int | None, Ge(1), Sought("least"), "endpoints of a switch; without, half of its network ports"
    ] = None,
    endpoints: int | None = None,
    endpoints_per_host: int = 8,
) -> SlimFly:
    """Return one plane of these parameters.

    Raises GeneratorError where q has no formula; a q that has one and no network is known by its size.
    """
    q = whole(q, "q", least=3)
    d = {0: 0, 1: 1, 3: -1}.get(q % 4)
    if d is None:
        near = tuple(f"slim-fly:q={n}" for n in _nearest(q))
        raise GeneratorError(
            f"q: a prime power 4 w - 1, 4 w or 4 w + 1 is needed; got {q}. Nearest: {' or '.join(near)}", near
        )
    degree = (3 * q - d) // 2
    p_ = -(-degree // 2) if p is None else whole(p, "p")
    return SlimFly(q, p_, degree, populated(endpoints, 2 * q * q * p_))


@dataclass(frozen=True)
class SlimFly:
    """A Slim Fly of q columns a block, p endpoints and k' = degree network ports a switch."""

    q: int
    p: int
    degree: int
    endpoints: int

    def size(self) -> Size:
        """Return the parts list of one plane, in closed form; ``buildable`` is False where q is no prime power.

        Examples
        --------
        >>> s = plan(q=28, p=21).size()
        >>> s.endpoints, s.switches, s.switch_links, s.buildable, s.neighbours
        (32928, 1568, 32928, False, ('slim-fly:q=27,p=21', 'slim-fly:q=29,p=21'))
        """
        q, p = self.q, self.p
        local = (self.degree - q) * q * q
        reason = ""
        neighbours: tuple[str, ...] = ()
        if prime_power(q) is None:
            neighbours = tuple(f"slim-fly:q={near},p={p}" for near in _nearest(q))
            reason = (
                f"q: a prime power is needed, because the switches are points over the field of q elements; got {q}. "
                f"Nearest that can be built: {' or '.join(neighbours)}"
            )
        return Size(
            name=label("slim-fly", q=q, p=p),
            endpoints=self.endpoints,
            switches=2 * q * q,
            radix=self.degree + p,
            cables=cable_row(Tier.ENDPOINT, self.endpoints)
            + cable_row(Tier.LOCAL, local)
            + cable_row(Tier.GLOBAL, q**3),
            buildable=not reason,
            reason=reason,
            neighbours=neighbours,
            leaves=2 * q * q,
            leaf_endpoints=-(-self.endpoints // (2 * q * q)),
            diameter=4,
        )

    def build(self) -> Wiring:
        """Return the wiring of one plane.

        Raises GeneratorError where q is no prime power; ``neighbours`` names the nearest.

        Examples
        --------
        >>> from topo.generators import generate
        >>> generate("slim-fly", q=5, capacity=50e9)
        <Fabric slim-fly(q=5, p=4): 200 endpoints, 50 switches, 375 cables>
        """
        q, parts = self.q, self.size()
        if not parts.buildable:
            raise GeneratorError(parts.reason, parts.neighbours)
        add, times, power = field(q)
        x_set, x_prime = connection_sets(q, power)
        x, m, y = (axis.ravel() for axis in np.indices((q, q, q)))
        minus = np.argmin(add, axis=1)
        c = add[y, minus[times[m, x]]]
        a0, b0 = _circulants(add, x_set)
        a1, b1 = _circulants(add, x_prime)
        return wire(
            parts.name,
            radix=parts.radix,
            leaf=spread(parts.endpoints, parts.switches),
            layers=(parts.switches,),
            cables=[
                (Tier.LOCAL, np.concatenate([a0, a1 + q * q]), np.concatenate([b0, b1 + q * q])),
                (Tier.GLOBAL, x * q + y, q * q + m * q + c),
            ],
        )

    def symmetries(self, together: int) -> list[NDArray[np.int64]]:
        """Return permutations (switches,) of one plane that may change nothing.

        All keep y = m x + c; t runs over a basis of the field, xi is a primitive element:

        - (0, x, y) to (0, x, y + t), (1, m, c) to (1, m, c + t);
        - (0, x, y) to (0, x, y + t x), (1, m, c) to (1, m + t, c);
        - (0, x, y) to (0, x + t, y), (1, m, c) to (1, m, c - t m);
        - (0, x, y) to (0, xi x, y), (1, m, c) to (1, m / xi, c);
        - (0, x, y) to (0, x, u y), (1, m, c) to (1, u m, u c) for u = xi^2, which keeps X where d = 1;
        - (0, x, y) to (1, x, xi y), (1, m, c) to (0, -xi m, xi c), which swaps X and X' where d = 1.
        """
        q = self.q
        found = prime_power(q)
        if found is None:
            return []
        add, times, power = field(q)
        minus = np.argmin(add, axis=1)
        first, second = (axis.ravel() for axis in np.indices((q, q)))
        xi, square, inverse = power[1 % (q - 1)], power[2 % (q - 1)], power[-1]

        def joined(
            x: NDArray[np.int64], y: NDArray[np.int64], m: NDArray[np.int64], c: NDArray[np.int64]
        ) -> NDArray[np.int64]:
            return np.concatenate([x * q + y, q * q + m * q + c])

        moves = []
        for t in (found[0] ** i for i in range(found[1])):
            moves.append(joined(first, add[second, t], first, add[second, t]))
            moves.append(joined(first, add[second, times[t, first]], add[first, t], second))
            moves.append(joined(add[first, t], second, first, add[second, minus[times[t, first]]]))
        moves.append(joined(times[xi, first], second, times[inverse, first], second))
        moves.append(joined(first, times[square, second], times[square, first], times[square, second]))
        swapped = joined(times[minus[xi], first], times[xi, second], first, times[xi, second])
        moves.append(np.concatenate([swapped[q * q :], swapped[: q * q]]))
        return moves


def connection_sets(q: int, power: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return X and X', each of (k' - q,) elements; ``power`` (q - 1,) are those of a primitive element."""
    if q % 4 == 3:
        w = (q + 1) // 4
        in_x = np.concatenate([np.arange(0, 2 * w - 1, 2), np.arange(2 * w - 1, 4 * w - 2, 2)])
        in_x_prime = np.concatenate([np.arange(1, 2 * w, 2), np.arange(2 * w, 4 * w - 1, 2)])
    else:
        in_x = np.arange(0, q - 1, 2)
        in_x_prime = in_x + 1
    return power[in_x], power[in_x_prime % (q - 1)]


def _nearest(q: int) -> tuple[int, ...]:
    """Return the nearest q on each side that can be built."""
    below = next((n for n in range(q - 1, 2, -1) if prime_power(n)), None)
    above = next(n for n in count(q + 1) if prime_power(n))
    return (above,) if below is None else (below, above)


def _circulants(add: NDArray[np.int64], steps: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the local cables of one block: (x, y) to (x, y + s) for every s in ``steps``, each once."""
    q = len(add)
    tail, step = (axis.ravel() for axis in np.meshgrid(np.arange(q), steps, indexing="ij"))
    head = add[tail, step]
    once = tail < head
    column = np.repeat(np.arange(q) * q, np.count_nonzero(once))
    return column + np.tile(tail[once], q), column + np.tile(head[once], q)
