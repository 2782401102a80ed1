"""The least congestion exactly, by a linear programme over given columns.

Variables are shares: every pair's sum to 1 whatever its amount, so a tolerance of the solver means the
same to the smallest pair as to the largest.  A column is a path, or a whole spread of a pair over arcs.
"""

from __future__ import annotations

import math
import time
from datetime import timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array, csc_array, vstack

from topo.flow.solution import NotSolved

Floats = NDArray[np.float64]

#: What is left of sums of shares: below this, of the largest entry or of a pair, there is none.  Kept, it would be
#: the only entry of its row, and the solver, which scales rows to about 1, would take the dust for a demand.
ROUNDING = 1e-12


class TimeUp(NotSolved):
    """A programme whose time was up before it was solved."""


def least_congestion(
    columns: csc_array, pair: NDArray[np.int64], amount: Floats, capacity: Floats, *, seconds: float = math.inf
) -> tuple[Floats, Floats]:
    """Return flows (K,) of the columns that congest least, and arc costs (A,) by duality.

    ``columns`` (A, K) is what one unit of each column puts on arcs, ``pair`` (K,) whose amount it
    carries, all of which is positive; every pair has a column.

    GLOP solves; where it gives up, HiGHS does.  Raises NotSolved with the status of both, TimeUp where it is not
    solved in ``seconds``.
    """
    end, late = time.monotonic() + seconds, f"linear programme over paths: not solved in {seconds:.3g} s"
    load = csc_array(columns.multiply(amount[pair]).multiply(1.0 / capacity[:, np.newaxis]))
    unit = load.data.max(initial=0.0) or 1.0  # the solvers' tolerances are absolute, so their numbers must be near 1
    load.data = np.where(load.data > ROUNDING * unit, load.data / unit, 0.0)
    load.eliminate_zeros()
    matrix, failed = _matrix(load, pair, len(amount)), []
    for solve in (_glop, _highs):
        if (left := end - time.monotonic()) <= 0.0:
            raise TimeUp(late)
        found = solve(matrix, len(amount), left)
        if not isinstance(found, str):
            return _flows(found[0], pair, amount), np.maximum(found[1], 0.0) / capacity
        failed.append(found)
    if time.monotonic() >= end:
        raise TimeUp(late)
    raise NotSolved(f"linear programme over paths: {'; '.join(failed)}")


def _flows(share: Floats, pair: NDArray[np.int64], amount: Floats) -> Floats:
    """Return flows (K,) that carry the amount of each pair to the last bit: tolerances leave a little over."""
    share = np.where(share > ROUNDING, share, 0.0)
    flow: Floats = share * (amount / np.bincount(pair, share, len(amount)))[pair]
    return flow


def _matrix(load: csc_array, pair: NDArray[np.int64], n_pairs: int) -> coo_array:
    """Return the rows of: minimise u where the shares of a pair sum to 1 and no arc carries more than u."""
    n_arcs, n = load.shape
    of_pair = csc_array((np.ones(n), (pair, np.arange(n))), shape=(n_pairs, n))
    shares = vstack([of_pair, load], format="coo")
    row = np.concatenate([shares.row, n_pairs + np.arange(n_arcs)])
    column = np.concatenate([shares.col, np.full(n_arcs, n)])
    entries = np.concatenate([shares.data, -np.ones(n_arcs)])
    return coo_array((entries, (row, column)), shape=(n_pairs + n_arcs, n + 1))


def _glop(matrix: coo_array, n_pairs: int, seconds: float) -> tuple[Floats, Floats] | str:
    """Return shares and arc costs, or the status of GLOP where it is not optimal after ``seconds``."""
    from ortools.math_opt.python import mathopt

    how = mathopt.SolveParameters(time_limit=None if math.isinf(seconds) else timedelta(seconds=seconds))
    model = mathopt.Model.from_model_proto(_model(matrix, n_pairs))
    result = mathopt.solve(model, mathopt.SolverType.GLOP, params=how)
    if result.termination.reason != mathopt.TerminationReason.OPTIMAL:
        return f"GLOP says {result.termination.reason.name.lower()} {result.termination.detail}".rstrip()
    solution = result.to_proto().solutions[0]
    rows, variables = matrix.shape
    return (
        _dense(solution.primal_solution.variable_values, variables)[:-1],
        -_dense(solution.dual_solution.dual_values, rows)[n_pairs:],
    )


def _highs(matrix: coo_array, n_pairs: int, seconds: float) -> tuple[Floats, Floats] | str:
    """Return the same from HiGHS."""
    from scipy.optimize import linprog

    rows, variables = matrix.shape
    by_row = matrix.tocsr()
    result = linprog(  # type: ignore[call-overload]  # its stubs know no sparse rows
        np.append(np.zeros(variables - 1), 1.0),
        A_eq=by_row[:n_pairs],
        b_eq=np.ones(n_pairs),
        A_ub=by_row[n_pairs:],
        b_ub=np.zeros(rows - n_pairs),
        method="highs",
        options={} if math.isinf(seconds) else {"time_limit": seconds},
    )
    if result.status != 0:
        return f"HiGHS says {result.message}"
    return result.x[:-1], -result.ineqlin.marginals


def _model(matrix: coo_array, n_pairs: int) -> Any:
    """Return the programme as MathOpt reads it."""
    from ortools.math_opt import model_pb2

    n_rows, n = matrix.shape
    order = np.lexsort((matrix.col, matrix.row))
    n_arcs = n_rows - n_pairs
    proto = model_pb2.ModelProto()
    proto.variables.ids.extend(range(n))
    proto.variables.lower_bounds.extend(np.zeros(n))
    proto.variables.upper_bounds.extend(np.full(n, np.inf))
    proto.variables.integers.extend([False] * n)
    rows = proto.linear_constraints
    rows.ids.extend(range(n_rows))
    rows.lower_bounds.extend(np.concatenate([np.ones(n_pairs), np.full(n_arcs, -np.inf)]))
    rows.upper_bounds.extend(np.concatenate([np.ones(n_pairs), np.zeros(n_arcs)]))
    entries = proto.linear_constraint_matrix
    entries.row_ids.extend(matrix.row[order].tolist())
    entries.column_ids.extend(matrix.col[order].tolist())
    entries.coefficients.extend(matrix.data[order])
    proto.objective.linear_coefficients.ids.extend([n - 1])
    proto.objective.linear_coefficients.values.extend([1.0])
    return proto


def _dense(sparse: Any, n: int) -> Floats:
    dense = np.zeros(n)
    dense[np.asarray(sparse.ids, dtype=np.int64)] = np.asarray(sparse.values)
    return dense
