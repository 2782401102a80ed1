"""Finite fields, by the Conway polynomial of their size.

The p^n elements are the polynomials of degree below n over the integers mod p, written as numbers in base p.  They
multiply modulo a polynomial of degree n of which x is a root that generates all of them but 0::

    GF(9), x^2 = x + 1 mod 3:   0  1  2  x  x + 1  x + 2  2x  2x + 1  2x + 2   are 0 to 8

Of several such polynomials the Conway polynomial [1]_ is the one that all programs agree on: the first, in the order
of the coefficients of x^n - a x^(n - 1) + b x^(n - 2) - ..., whose root makes those of all smaller fields inside.

.. [1] F. Luebeck, Conway polynomials for finite fields, math.rwth-aachen.de/~Frank.Luebeck/data/ConwayPol.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from itertools import product
from typing import TYPE_CHECKING, NamedTuple

from topo.lazy import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]


class Field(NamedTuple):
    """The tables of a field of q elements."""

    add: Ints  # (q, q) sums
    times: Ints  # (q, q) products
    power: Ints  # (q - 1,) powers of an element that generates all but 0


def prime_power(q: int) -> tuple[int, int] | None:
    """Return (prime, exponent) with q = prime^exponent, or None."""
    prime = next((f for f in range(2, int(q**0.5) + 1) if q % f == 0), q)
    exponent = 0
    while q % prime == 0:
        q, exponent = q // prime, exponent + 1
    return (prime, exponent) if q == 1 else None


def field(q: int) -> Field:
    """Return the field of ``q`` elements, a prime power.

    >>> field(9).times[3, 3]  # x^2 = x + 1
    np.int64(4)
    """
    found = prime_power(q)
    assert found is not None
    p, n = found
    digit = np.arange(q)[:, np.newaxis] // p ** np.arange(n) % p
    worth = p ** np.arange(n)
    add = np.zeros((q, q), dtype=np.int64)
    for place in range(n):
        add += np.add.outer(digit[:, place], digit[:, place]) % p * worth[place]
    power = np.array(powers(conway(p, n), p), dtype=np.int64) @ worth
    log = np.empty(q, dtype=np.int64)
    log[power] = np.arange(q - 1)
    times = np.zeros((q, q), dtype=np.int64)
    times[1:, 1:] = power[np.add.outer(log[1:], log[1:]) % (q - 1)]
    return Field(add, times, power)


@cache
def conway(p: int, n: int) -> tuple[int, ...]:
    """Return the coefficients mod ``p`` of the Conway polynomial of degree ``n``, that of x^0 first.

    >>> conway(2, 4)  # x^4 + x + 1
    (1, 1, 0, 0, 1)
    """
    if n == 1:
        root = next(r for r in range(1, p) if len({pow(r, e, p) for e in range(p - 1)}) == p - 1)
        return (-root % p, 1)
    return next(f for f in _in_order(p, n) if _generates(f, p) and _holds_smaller(f, p))


def powers(f: tuple[int, ...], p: int) -> list[tuple[int, ...]]:
    """Return x^0, x^1 and so on modulo ``f`` and ``p``, up to the last before 1 comes again; x^0 first in each."""
    n = len(f) - 1
    one = (1,) + (0,) * (n - 1)
    found = [one]
    while len(found) < p**n:
        *low, top = found[-1]
        found.append(tuple((a - top * b) % p for a, b in zip((0, *low), f, strict=False)))
        if found[-1] == one:
            return found[:-1]
    return found


def _in_order(p: int, n: int) -> Iterator[tuple[int, ...]]:
    """Yield the monic polynomials of degree ``n`` whose root has the generator of GF(p) as its norm."""
    norm = -conway(p, 1)[0] % p
    for descending in product(range(p), repeat=n - 1):
        word = (norm, *reversed(descending), 1)
        yield tuple((-1) ** (n - i) * a % p for i, a in enumerate(word))


def _generates(f: tuple[int, ...], p: int) -> bool:
    return bool(len(powers(f, p)) == p ** (len(f) - 1) - 1)


def _holds_smaller(f: tuple[int, ...], p: int) -> bool:
    """Return whether the right power of the root of ``f`` is a root of the polynomial of every field inside."""
    n, root = len(f) - 1, powers(f, p)
    for m in (m for m in range(2, n) if n % m == 0):
        step = len(root) // (p**m - 1)
        terms = [(a, root[k * step % len(root)]) for k, a in enumerate(conway(p, m))]
        if any(sum(a * term[place] for a, term in terms) % p for place in range(n)):
            return False
    return True
