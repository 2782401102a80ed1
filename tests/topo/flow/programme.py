"""The least congestion by one linear programme over arcs (HiGHS): nothing shared with what it checks."""

from __future__ import annotations

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import coo_array


def least_congestion(fabric, demand, *, minimal=None, on=None):
    """Return the least largest time of a link of ``on`` (L,), by default the switch links.

    ``minimal`` (F, L) says which links each commodity may take.
    """
    n, links = fabric.n_nodes, fabric.n_links
    rows, columns, data, right = [], [], [], []
    top = np.full(demand.n_commodities * links, np.inf)
    for f in range(demand.n_commodities):
        src, dst = int(demand.src[f]), int(demand.dst[f])
        barred = (fabric.tail < fabric.n_endpoints) & (fabric.tail != src)
        barred |= (fabric.head < fabric.n_endpoints) & (fabric.head != dst)
        if minimal is not None:
            barred |= ~minimal[f]
        top[f * links : (f + 1) * links][barred] = 0.0
        link = np.arange(links)
        rows += [f * n + fabric.tail, f * n + fabric.head]
        columns += [f * links + link] * 2
        data += [np.ones(links), -np.ones(links)]
        balance = np.zeros(n)
        balance[src], balance[dst] = demand.size[f], -demand.size[f]
        right.append(balance)
    size = demand.n_commodities * links + 1
    entries = (np.concatenate(data), (np.concatenate(rows), np.concatenate(columns)))
    conserve = coo_array(entries, shape=(demand.n_commodities * n, size))
    on = np.flatnonzero(fabric.is_switch_link if on is None else on)
    row = np.tile(np.arange(len(on)), demand.n_commodities + 1)
    column = np.concatenate([f * links + on for f in range(demand.n_commodities)] + [np.full(len(on), size - 1)])
    weight = np.concatenate([np.ones(len(on) * demand.n_commodities), -fabric.capacity[on]])
    within = coo_array((weight, (row, column)), shape=(len(on), size))
    cost = np.zeros(size)
    cost[-1] = 1.0
    bounds = np.stack([np.zeros(size), np.append(top, np.inf)], axis=1)
    result = linprog(
        cost,
        A_ub=within.tocsc(),
        b_ub=np.zeros(len(on)),
        A_eq=conserve.tocsc(),
        b_eq=np.concatenate(right),
        bounds=bounds,
    )
    assert result.status == 0, result.message
    return result.fun


def least_mixture(fabric, demand, ecmp, valiant):
    """Return the least largest time of a switch link over mixtures of minimal paths and Valiant.

    A commodity's minimal paths are the links that ``ecmp`` uses; only for fabrics with one minimal path a commodity.
    """
    on = fabric.is_switch_link
    own, detour = ecmp.columns().toarray()[on], valiant.columns().toarray()[on]
    load = np.concatenate([own * demand.size, detour * demand.size, -fabric.capacity[on][:, np.newaxis]], axis=1)
    n = demand.n_commodities
    sums = np.concatenate([np.eye(n), np.eye(n), np.zeros((n, 1))], axis=1)
    cost = np.append(np.zeros(2 * n), 1.0)
    result = linprog(cost, A_ub=load, b_ub=np.zeros(len(load)), A_eq=sums, b_eq=np.ones(n))
    assert result.status == 0, result.message
    return result.fun
