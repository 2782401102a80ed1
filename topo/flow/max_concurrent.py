"""Max-concurrent flow: the least congestion exactly, by a linear programme over paths, and the solver of that name.

The programme starts from the paths that the approximation found; its duals are arc costs, which
price new paths until none is cheaper than those it has [1]_.  Then it is optimal over all paths.

.. [1] L. R. Ford and D. R. Fulkerson, A suggested computation for maximal multi-commodity network
   flows, Management Science 5(1), 1958.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array, csc_array, vstack

from topo.fabric import Fabric
from topo.flow.proportional import proportional_rates
from topo.flow.solution import NotSolved, Solution, SolverError
from topo.routing.operator import Routing
from traffic.demand import Demand, GroupedDemand

Floats = NDArray[np.float64]


def max_concurrent(fabric: Fabric, demand: Demand | GroupedDemand, routing: Routing) -> Solution:
    """Return the largest common scale theta over all routings, as policy ``optimal`` found it.

    Raises SolverError for any other policy: this solver picks the routing, so it goes with ``optimal`` only.
    """
    if routing.policy != "optimal":
        raise SolverError(
            f"solver max-concurrent picks the routing; use it with policy optimal, not {routing.policy!r}"
        )
    return replace(proportional_rates(fabric, demand, routing), method="max-concurrent")


def least_congestion(
    columns: csc_array, pair: NDArray[np.int64], amount: Floats, capacity: Floats
) -> tuple[Floats, Floats]:
    """Return flows (K,) of the columns that congest least, and arc costs (A,) by duality.

    ``columns`` (A, K) is what one unit of each column puts on arcs, ``pair`` (K,) whose amount
    it carries.  Raises NotSolved with the solver's status.
    """
    from ortools.math_opt.python import mathopt

    n_arcs, n = columns.shape
    unit = amount.max(initial=1e-300)  # the solver's tolerances are absolute, so its numbers must be near 1
    scale = capacity.max() / capacity
    proto = _programme(csc_array(columns * scale[:, np.newaxis]), pair, amount / unit)
    result = mathopt.solve(mathopt.Model.from_model_proto(proto), mathopt.SolverType.GLOP)
    if result.termination.reason != mathopt.TerminationReason.OPTIMAL:
        raise NotSolved(
            f"linear programme over paths: {result.termination.reason.name.lower()} ({result.termination.detail})"
        )
    solution = result.to_proto().solutions[0]
    flow = np.maximum(_dense(solution.primal_solution.variable_values, n + 1)[:n], 0.0)
    carried = np.bincount(pair, flow, len(amount))  # the amount but for the solver's absolute tolerance
    return (
        flow * (amount / np.where(carried > 0.0, carried, 1.0))[pair],
        np.maximum(-_dense(solution.dual_solution.dual_values, len(amount) + n_arcs)[len(amount) :], 0.0) * scale,
    )


def _programme(arcs: csc_array, pair: NDArray[np.int64], amount: Floats) -> Any:
    """Return: minimise u where the columns of a pair carry its ``amount`` and no arc more than u."""
    from ortools.math_opt import model_pb2

    n_arcs, n = arcs.shape
    flow = csc_array((np.ones(n), (pair, np.arange(n))), shape=(len(amount), n))
    top = coo_array(
        (-np.ones(n_arcs), (len(amount) + np.arange(n_arcs), np.full(n_arcs, n))), shape=(len(amount) + n_arcs, n + 1)
    )
    matrix = vstack([flow, arcs], format="coo")
    row, column = np.concatenate([matrix.row, top.row]), np.concatenate([matrix.col, top.col])
    order = np.lexsort((column, row))
    proto = model_pb2.ModelProto()
    proto.variables.ids.extend(range(n + 1))
    proto.variables.lower_bounds.extend(np.zeros(n + 1))
    proto.variables.upper_bounds.extend(np.full(n + 1, np.inf))
    proto.variables.integers.extend([False] * (n + 1))
    rows = proto.linear_constraints
    rows.ids.extend(range(len(amount) + n_arcs))
    rows.lower_bounds.extend(np.concatenate([amount, np.full(n_arcs, -np.inf)]))
    rows.upper_bounds.extend(np.concatenate([amount, np.zeros(n_arcs)]))
    entries = proto.linear_constraint_matrix
    entries.row_ids.extend(row[order].tolist())
    entries.column_ids.extend(column[order].tolist())
    entries.coefficients.extend(np.concatenate([matrix.data, top.data])[order])
    proto.objective.linear_coefficients.ids.extend([n])
    proto.objective.linear_coefficients.values.extend([1.0])
    return proto


def _dense(sparse: Any, n: int) -> Floats:
    dense = np.zeros(n)
    dense[np.asarray(sparse.ids, dtype=np.int64)] = np.asarray(sparse.values)
    return dense
