"""Lower bounds on the capacity between two halves of one plane.

``up_down_share`` holds for trees: if every endpoint can send at a share f of its
rate up to the top switches and down again whatever the destinations, then any
half can send that much to the other half, so no cut between them is smaller.
``algebraic_connectivity`` holds for any network [1]_.

.. [1] M. Fiedler, Algebraic connectivity of graphs, Czechoslovak Mathematical
   Journal 23, 1973; B. Mohar, 1991, for weighted nodes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from topo.islands import changes
from topo.lazy import sparse
from topo.rows import Rows

if TYPE_CHECKING:
    from scipy.sparse import csr_array

Floats = NDArray[np.float64]

_DENSE = 600  # switches up to which a dense eigensolver is the faster one
_SCHUR = 1500  # switches up to which bare ones are eliminated densely
_ROUNDING = 1e-9  # relative
_EIGENVALUE = 1e-7  # relative accuracy asked of the iterative eigensolver


@dataclass(frozen=True)
class PlaneGraph:
    """The switches of one plane."""

    capacity: Rows  # (S, S) symmetric, one way
    ports: Floats  # (S,) capacity of the endpoint ports on each switch
    level: NDArray[np.int64]  # (S,) tier of the switch: 0 leaf, 1 spine, 2 core


def up_down_share(plane: PlaneGraph) -> float | None:
    """Return the share f <= 1 of its ports' capacity that every endpoint can send and receive at once.

    Traffic climbs, split by capacity, to the top switches and descends the same way.  That
    works if all leaves spread alike over the tops; None where they do not, or where switches
    of one level are joined (no tree).
    """
    if not plane.ports.any():
        return None  # a plane that failures left without endpoints
    tail = np.repeat(np.arange(len(plane.ports)), np.diff(plane.capacity.indptr))
    head, capacity = plane.capacity.indices, plane.capacity.data
    if (plane.level[tail] == plane.level[head]).any():
        return None
    rises = plane.level[head] > plane.level[tail]
    up: Floats = np.bincount(tail[rises], capacity[rises], len(plane.ports)).astype(np.float64)
    climb = Rows.of(capacity[rises] / up[tail[rises]], tail[rises], head[rises], plane.capacity.shape)
    if not _spread_alike(climb, plane.ports, up):
        return None
    load = plane.ports.copy()
    for _ in range(int(plane.level.max(initial=0))):
        load = plane.ports + load @ climb
    busy = (up > 0) & (load > 0)
    return float(min(1.0, (up[busy] / load[busy]).min(initial=1.0)))


def _spread_alike(climb: Rows, ports: Floats, up: Floats) -> bool:
    top = np.flatnonzero(up == 0)
    row, column = np.concatenate([climb.row, top]), np.concatenate([climb.indices, top])
    spread = Rows.of(np.concatenate([climb.data, np.ones(len(top))]), row, column, climb.shape)
    reach = _once(spread.block(np.flatnonzero(ports)))
    while reach.data[up[reach.indices] > 0].sum() > _ROUNDING:
        reach = Rows.as_in(reach @ spread)
    n = reach.shape[0]
    mean = reach.by_column() / n
    # The squares of equal rows sum to n times the square of their mean, those of unequal ones to more.
    return bool((reach.data**2).sum() <= n * (mean @ mean) * (1 + _ROUNDING))


def _once(rows: Rows) -> Rows:
    """Return ``rows`` without those that equal the one before: leaves of a pod mostly do, and climb alike."""
    count = np.diff(rows.indptr)
    if not len(count) or (count != count[0]).any():
        return rows
    columns, values = (entry.reshape(len(count), count[0]) for entry in (rows.indices, rows.data))
    return rows.block(np.flatnonzero(changes(columns) | changes(values)))


def algebraic_connectivity(plane: PlaneGraph) -> tuple[float, Floats] | None:
    """Return lambda and its vector (S,): a set of switches with port capacity x of W in all has a cut of at
    least lambda x (W - x) / W.

    lambda is the second smallest root of L v = lambda P v, with L the Laplacian of the
    capacities and P the port capacities.  None where bare switches are too many to eliminate.
    """
    bearing = plane.ports > 0
    n = len(plane.ports)
    if not bearing.sum() > 1:
        return None
    laplacian = sparse.csr_array(sparse.diags_array(plane.capacity.by_column()) - plane.capacity.csr)
    root = np.sqrt(plane.ports[bearing])
    if not bearing.all() or n <= _DENSE:
        if n > _SCHUR:
            return None
        dense = _eliminated(laplacian.toarray(), bearing)
        if dense is None:
            return None
        from scipy.linalg import eigh

        values, vectors = eigh(dense / np.outer(root, root), subset_by_index=[1, 1])
        least = float(values[0]) * (1 - _ROUNDING)
    else:
        scale = sparse.diags_array(1 / root)
        values, vectors = _second_smallest(sparse.csr_array(scale @ laplacian @ scale), root)
        least = float(values[0]) * (1 - 10 * _EIGENVALUE)
    vector = np.zeros(n)
    vector[bearing] = vectors[:, 0] / root
    return max(0.0, least), vector


def _eliminated(laplacian: Floats, keep: NDArray[np.bool_]) -> Floats | None:
    """Return the Laplacian between the kept switches when the others settle where they cut least."""
    if keep.all():
        return laplacian
    try:
        inner = np.linalg.solve(laplacian[~keep][:, ~keep], laplacian[~keep][:, keep])
    except np.linalg.LinAlgError:
        return None
    return np.asarray(laplacian[keep][:, keep] - laplacian[keep][:, ~keep] @ inner)


def _second_smallest(matrix: csr_array, null: Floats) -> tuple[Floats, Floats]:
    """Return the second smallest eigenvalue (1,) and its vector (n, 1) of a matrix with the known null vector."""
    from scipy.sparse.linalg import LinearOperator, eigsh

    ceiling = float(abs(matrix).sum(axis=0).max())
    unit = null / np.linalg.norm(null)

    def flipped(x: Floats) -> Floats:
        x = x.ravel()
        return np.asarray(ceiling * (x - unit * (unit @ x)) - matrix @ x)

    operator = LinearOperator(matrix.shape, matvec=flipped, dtype=np.float64)
    start = np.random.default_rng(0).standard_normal(len(null))
    values, vectors = eigsh(operator, k=1, which="LA", v0=start, tol=_EIGENVALUE)
    return ceiling - values, vectors
