"""The best possible routing against linear programmes: HiGHS and PDLP on the full programme, in one run.

    python -m benchmarks.programmes                      medians of three runs each (some minutes: HiGHS)
    python -m benchmarks.programmes --write README.md    puts the table between its markers

All-to-all between switches, the maximum concurrent flow.  The programme has a variable for every
destination and link.  PDLP stops at the same relative gap as planewise, 1e-3; HiGHS is exact
(interior point, no crossover).  A ratio counts only if the answers agree to the gap.
"""

from __future__ import annotations

import sys
from importlib.util import find_spec

import numpy as np
from scipy.sparse import coo_array, csc_array, csr_array, vstack

import traffic
from benchmarks.tables import markdown, timed, told
from topo.flow import route
from topo.generators import generate
from topo.metrics.distances import switch_neighbours

MARK = "<!-- benchmarks/programmes.py -->"
GAP = 1e-3
NETWORKS = {
    "Slim Fly q = 5, 50 switches": ("slim-fly", {"q": 5, "p": 1}),
    "Slim Fly q = 7, 98 switches": ("slim-fly", {"q": 7, "p": 1}),
    "Dragonfly h = 3, 114 switches": ("dragonfly", {"a": 6, "h": 3, "p": 1}),
}


def full_programme(n, tail, head):
    """Return rows (R, V), right-hand sides (R,), number of equalities: maximise the last variable.

    Variable d x links + l is the flow to switch d on link l; every switch sends the last variable / (n - 1) to d.
    """
    links = len(tail)
    link = np.arange(links)
    rows, columns, data = [], [], []
    for d in range(n):
        for end, sign in ((tail, 1.0), (head, -1.0)):
            keep = end != d
            rows.append(d * n + end[keep])
            columns.append(d * links + link[keep])
            data.append(np.full(int(keep.sum()), sign))
        others = np.delete(np.arange(n), d)
        rows.append(d * n + others)
        columns.append(np.full(n - 1, n * links))
        data.append(np.full(n - 1, -1.0 / (n - 1)))
    size = n * links + 1
    conserve = csr_array(
        coo_array((np.concatenate(data), (np.concatenate(rows), np.concatenate(columns))), (n * n, size))
    )
    within = coo_array((np.ones(n * links), (np.tile(link, n), np.arange(n * links))), (links, size))
    right = np.concatenate([np.zeros(n * n), np.ones(links)])
    return csc_array(vstack([conserve, within])), right, n * n


def with_highs(matrix, right, equalities):
    import highspy

    def solve():
        highs = highspy.Highs()
        highs.setOptionValue("output_flag", False)
        highs.setOptionValue("solver", "ipm")
        highs.setOptionValue("run_crossover", "off")
        rows, columns = matrix.shape
        model = highspy.HighsLp()
        model.num_row_, model.num_col_ = rows, columns
        model.col_cost_ = np.append(np.zeros(columns - 1), -1.0)
        model.col_lower_, model.col_upper_ = np.zeros(columns), np.full(columns, highspy.kHighsInf)
        model.row_lower_ = np.concatenate([np.zeros(equalities), np.full(rows - equalities, -highspy.kHighsInf)])
        model.row_upper_ = right
        model.a_matrix_.format_ = highspy.MatrixFormat.kColwise
        model.a_matrix_.start_, model.a_matrix_.index_, model.a_matrix_.value_ = (
            matrix.indptr,
            matrix.indices,
            matrix.data,
        )
        highs.passModel(model)
        highs.run()
        return -highs.getInfo().objective_function_value

    return solve


def with_pdlp(matrix, right, equalities):
    from ortools.pdlp import solvers_pb2
    from ortools.pdlp.python import pdlp
    from scipy.sparse import csc_matrix

    rows, columns = matrix.shape
    programme = pdlp.QuadraticProgram()
    programme.resize_and_initialize(columns, rows)
    programme.objective_vector = np.append(np.zeros(columns - 1), -1.0)
    programme.variable_lower_bounds, programme.variable_upper_bounds = np.zeros(columns), np.full(columns, np.inf)
    programme.constraint_matrix = csc_matrix(matrix)
    programme.constraint_lower_bounds = np.concatenate([np.zeros(equalities), np.full(rows - equalities, -np.inf)])
    programme.constraint_upper_bounds = right
    settings = solvers_pb2.PrimalDualHybridGradientParams()
    settings.num_threads = 2
    settings.termination_criteria.simple_optimality_criteria.eps_optimal_relative = GAP
    settings.termination_criteria.simple_optimality_criteria.eps_optimal_absolute = 0.0

    def solve():
        return float(pdlp.primal_dual_hybrid_gradient(programme, settings).primal_solution[-1])

    return solve


PEERS = {"HiGHS": (with_highs, GAP), "PDLP": (with_pdlp, 10 * GAP)}
#: What each peer is imported as; one that is absent is left out of the table.
MODULES = {"HiGHS": "highspy", "PDLP": "ortools"}


def ours(fabric, demand):
    """Return (largest common rate of a pair [links], gap), certified."""
    routing = route(fabric, demand, "optimal", gap=GAP)
    load = routing.load(np.ones(1)) / fabric.capacity
    return 1.0 / float(load[fabric.is_switch_link].max()), routing.gap


def row(name, runs):
    family, parameters = NETWORKS[name]
    fabric = generate(family, capacity=1.0, symmetry=True, endpoints_per_host=1, **parameters)
    n = fabric.n_switches
    demand = traffic.offer("all-to-all", n_ranks=n, ranks_per_host=1, bytes=1.0)
    ours(fabric, demand)  # loads the kernels
    (scale, gap), seconds = timed(lambda: ours(fabric, demand), runs)
    mine = scale * (n - 1)
    tail, head = switch_neighbours(fabric)
    cells = [name, f"{mine:.6f}", f"{gap:.0e}", f"{seconds:.3f}"]
    programme = full_programme(n, tail, head)
    for peer, (prepare, agree) in PEERS.items():
        if find_spec(MODULES[peer]) is None:
            cells.append("not installed")
            continue
        theirs, peer_seconds = timed(prepare(*programme), runs)
        if abs(mine / theirs - 1) > agree:
            raise SystemExit(f"{name}: {peer} finds {theirs:.6f}, planewise {mine:.6f}; no ratio counts")
        cells.append(f"{peer_seconds:.1f}, {peer_seconds / seconds:.0f}x")
    return cells


def table(runs):
    for peer, module in MODULES.items():
        if find_spec(module) is None:
            print(f"{peer} is left out: {module} is not installed", file=sys.stderr)
    columns = ["all-to-all on", "rate of a switch [links]", "certified gap", "planewise [s]"]
    return markdown([*columns, *(f"{peer} [s], ratio" for peer in PEERS)], [row(name, runs) for name in NETWORKS])


if __name__ == "__main__":
    told(__doc__, table, MARK)
