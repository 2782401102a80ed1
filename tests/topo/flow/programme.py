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

    A commodity's minimal paths are those along links that ``ecmp`` uses, which holds wherever all that leave
    through one relay; its detour is all of ``valiant``.
    """
    n, of, n_links = fabric.n_nodes, np.arange(demand.n_commodities), fabric.n_links
    unit, width = demand.size.max(), fabric.capacity.max()  # HiGHS's tolerances are absolute
    size, capacity = demand.size / unit, fabric.capacity / width
    own, detour = ecmp.columns().tocoo(), valiant.columns().tocoo()
    taken = own.data > 0.0
    link, f = own.row[taken], own.col[taken]
    move, aside, top = np.arange(len(link)), len(link) + of, len(link) + len(of)
    row = np.concatenate(
        [f * n + fabric.tail[link], f * n + fabric.head[link], of * n + demand.src, of * n + demand.dst]
    )
    data = np.concatenate([np.ones(len(link)), -np.ones(len(link)), size, -size])
    conserve = coo_array((data, (row, np.concatenate([move, move, aside, aside]))), shape=(len(of) * n, top + 1))
    right = np.zeros(len(of) * n)
    right[of * n + demand.src], right[of * n + demand.dst] = size, -size
    row = np.concatenate([link, detour.row, np.arange(n_links)])
    column = np.concatenate([move, len(link) + detour.col, np.full(n_links, top)])
    data = np.concatenate([np.ones(len(link)), detour.data * size[detour.col], -capacity])
    within = coo_array((data, (row, column)), shape=(n_links, top + 1)).tocsr()[np.flatnonzero(fabric.is_switch_link)]
    result = linprog(
        np.append(np.zeros(top), 1.0),
        A_ub=within,
        b_ub=np.zeros(within.shape[0]),
        A_eq=conserve.tocsr(),
        b_eq=right,
    )
    assert result.status == 0, result.message
    return result.fun * unit / width
