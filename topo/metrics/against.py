"""Expected against measured: each record's share of what its operation should reach, by operation, host and rail.

A row is one operation of one size among as many ranks on as many hosts.  Its share is the median over records of
expected time / measured time: 1 is what the fabric allows, less is slower.

**Bandwidth counts** in a row where its bytes alone should take longer than the shortest time that was measured of
the operation: below, time is start-up, which a fabric says little about.  Only such rows are fitted.
Accepted or rejected are those where that shortest time is no more than the threshold leaves of the bytes' time.

**Fit.**  time = alpha + shared_s / efficiency, one alpha and one efficiency for an operation among as many ranks on
as many hosts, by least squares of log time, each size counting once.

**Outliers.**  A host, rail or size whose median falls below the threshold of what is usual: for hosts and rails
of the median of all records of the same row, for sizes of the fitted line.  Only rows that were fitted count.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares

from topo.fabric import Fabric
from topo.headway import counted
from topo.metrics.expected import THRESHOLD, Times, bandwidths, expected_times
from topo.metrics.seats import Seats, seats
from traffic.ccl import NAMES, bus_factor
from traffic.measured import Measurements

Floats = NDArray[np.float64]
Ints = NDArray[np.integer[Any]]

#: Sizes that a line of two numbers is fitted to at least.
FEWEST_SIZES = 3


class _Records(NamedTuple):
    """M records and what is worked out for each."""

    of: Measurements
    where: Seats
    times: Times  # (M,) of each
    share: Floats  # (M,) expected / measured
    row: Ints  # (M,) index into rows
    hosts: Ints  # (M,) hosts of the communicator


def against(
    measured: Measurements, fabric: Fabric, routing: Mapping[str, Any], *, threshold: float = THRESHOLD
) -> dict[str, Any]:
    """Return rows, fits, outliers and what was inferred, ready for JSON.

    ``routing`` is what ``route`` takes.
    Raises DemandError where the ranks do not fit the fabric, and what routing raises.
    """
    where = seats(measured.groups, fabric)
    records = _records(measured, fabric, where, routing)
    rows = _rows(records, threshold)
    fits = _fits(rows)
    judged = [row["accepted"] for row in rows if row["accepted"] is not None]
    return {
        "measurements": len(measured),
        "communicators": len(measured.groups),
        "threshold": threshold,
        "judged": len(judged),
        "rejected": judged.count(False),
        "expectations": rows,
        "fits": fits,
        "outliers": _outliers(fabric, records, rows, threshold),
        "inferred": [*measured.notes, *where.notes],
    }


def _records(
    measured: Measurements,
    fabric: Fabric,
    where: Seats,
    routing: Mapping[str, Any],
) -> _Records:
    kind, of = np.unique(
        measured.operation.astype(np.int64) * len(measured.groups) + measured.group, return_inverse=True
    )
    columns = [np.zeros(len(measured)) for _ in range(3)]
    known: dict[tuple[int, bytes, bytes], Times] = {}
    order = np.argsort(of, kind="stable")
    parts = np.split(order, np.flatnonzero(np.diff(of[order])) + 1)
    for i, mine in enumerate(counted("operation", parts)):
        operation, group = divmod(int(kind[i]), len(measured.groups))
        size, place = np.unique(measured.size[mine], return_inverse=True)
        members = where.members[group]
        key = (operation, members.tobytes(), size.tobytes())
        if key not in known:
            known[key] = expected_times(fabric, NAMES[operation], members, size.tolist(), routing)
        for column, values in zip(columns, known[key], strict=True):
            column[mine] = values[place]
    times = Times(*columns)
    hosts = np.array([len(np.unique(fabric.host[members])) for members in where.members])[measured.group]
    row = _numbered(measured.operation, measured.ranks, hosts, measured.size)
    return _Records(measured, where, times, times.expected_s / measured.seconds, row, hosts)


def _numbered(*columns: NDArray[Any]) -> Ints:
    """Return (M,) equal numbers where all ``columns`` (M,) are equal, in the order of their values."""
    number = np.zeros(len(columns[0]), dtype=np.int64)
    for column in columns:
        value, place = np.unique(column, return_inverse=True)
        number = np.unique(number * len(value) + place, return_inverse=True)[1]
    return number


def _rows(records: _Records, threshold: float) -> list[dict[str, Any]]:
    """Return a row an operation, ranks, hosts and size, in that order."""
    measured = records.of
    order = np.argsort(records.row, kind="stable")
    edges = np.flatnonzero(np.diff(records.row[order], prepend=-1))
    rows = []
    for mine in np.split(order, edges[1:]):
        first = int(mine[0])
        operation, ranks = NAMES[measured.operation[first]], int(measured.ranks[first])
        rate = float(measured.size[first]) * bus_factor(operation, ranks)
        port, shared, expected = (float(np.median(column[mine])) for column in records.times)
        seconds = float(np.median(measured.seconds[mine]))
        rows.append(
            {
                "operation": operation,
                "ranks": ranks,
                "hosts": int(records.hosts[first]),
                "bytes": float(measured.size[first]),
                **bandwidths(rate, port, shared, expected, threshold),
                "records": len(mine),
                "measured_s": seconds,
                "measured_busbw_bytes_per_s": rate / seconds,
                "share": float(np.median(records.share[mine])),
                "least_share": float(records.share[mine].min()),
            }
        )
    _judge(rows, threshold)
    return rows


def _alike(rows: Sequence[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """Return ``rows`` by operation, ranks and hosts."""
    found: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    for row in rows:
        found.setdefault((row["operation"], row["ranks"], row["hosts"]), []).append(row)
    return list(found.values())


def _judge(rows: Sequence[dict[str, Any]], threshold: float) -> None:
    """Say of each row whether it is accepted; None where start-up alone may cost what the threshold allows."""
    for mine in _alike(rows):
        least = min(row["measured_s"] for row in mine)
        for row in mine:
            judged = row["shared_s"] * (1.0 - threshold) >= least
            row["accepted"] = row["share"] >= threshold if judged else None


def _fits(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return a fit for each operation, ranks and hosts with sizes enough, and put its share into the rows."""
    fits = []
    for mine in _alike(rows):
        for row in mine:
            row["fitted_share"] = None
        least = min(row["measured_s"] for row in mine)
        wide = [row for row in mine if row["shared_s"] >= least]
        if len(wide) < FEWEST_SIZES:
            continue
        shared, seconds = (np.array([row[key] for row in wide]) for key in ("shared_s", "measured_s"))
        alpha, efficiency = fitted(shared, seconds)
        for row in wide:
            row["fitted_share"] = (alpha + row["shared_s"] / efficiency) / row["measured_s"]
        error = max(abs(row["fitted_share"] - 1.0) for row in wide)
        first = {key: wide[0][key] for key in ("operation", "ranks", "hosts")}
        fits.append(first | {"efficiency": efficiency, "alpha_s": alpha, "sizes": len(wide), "largest_error": error})
    return fits


def fitted(shared: Floats, seconds: Floats) -> tuple[float, float]:
    """Return alpha [s] and efficiency of seconds = alpha + shared / efficiency, least squares of the logarithm.

    >>> alpha, efficiency = fitted(np.array([1.0, 10.0, 100.0]), 0.5 + np.array([1.0, 10.0, 100.0]) / 0.8)
    >>> round(alpha, 6), round(efficiency, 6)
    (0.5, 0.8)
    """
    start = np.log([seconds.min() / 2, (shared / seconds).max()])

    def error(x: Floats) -> Floats:
        return np.asarray(np.log(np.exp(x[0]) + shared / np.exp(x[1])) - np.log(seconds))

    alpha, efficiency = np.exp(least_squares(error, start, xtol=1e-12).x).tolist()
    return alpha, efficiency


def _outliers(
    fabric: Fabric, records: _Records, rows: Sequence[dict[str, Any]], threshold: float
) -> list[dict[str, Any]]:
    """Return hosts, rails and sizes below ``threshold`` of what is usual, the worst first."""
    counted = np.array([row["fitted_share"] is not None for row in rows])
    usual = np.array([row["share"] for row in rows])
    at = np.flatnonzero(counted[records.row] & (records.of.rank >= 0))
    found = []
    if len(at):
        relative = records.share[at] / usual[records.row[at]]
        seat, names = _seat(records, at), {h: name for name, h in records.where.host.items()}
        hosts = [names.get(h, f"host {h}") for h in range(fabric.n_hosts)]
        found += _below("host", fabric.host[seat], hosts, relative, threshold)
        found += _below("rail", _rail(fabric)[seat], [], relative, threshold)
    for row in rows:
        if row["fitted_share"] is not None and row["fitted_share"] < threshold:
            name = f"{row['operation']} of {row['bytes']:,.0f} bytes"
            found.append({"by": "size", "name": name, "records": row["records"], "share": row["fitted_share"]})
    return sorted(found, key=itemgetter("share"))


def _seat(records: _Records, at: NDArray[np.intp]) -> NDArray[np.int64]:
    """Return the endpoint that measured each of the records ``at``."""
    members = records.where.members
    first = np.concatenate([[0], np.cumsum([len(one) for one in members])])
    return np.asarray(np.concatenate(members)[first[records.of.group[at]] + records.of.rank[at]])


def _rail(fabric: Fabric) -> NDArray[np.int64]:
    """Return (E,) the place of an endpoint on its host."""
    order = np.argsort(fabric.host, kind="stable")
    opens = np.flatnonzero(np.diff(fabric.host[order], prepend=-1))
    rail = np.empty(fabric.n_endpoints, dtype=np.int64)
    rail[order] = np.arange(fabric.n_endpoints) - np.repeat(opens, np.diff(opens, append=fabric.n_endpoints))
    return rail


def _below(by: str, who: Ints, names: Sequence[str], relative: Floats, threshold: float) -> list[dict[str, Any]]:
    """Return those of ``who`` (n,) whose median of ``relative`` (n,) is below ``threshold``."""
    order = np.argsort(who, kind="stable")
    found = []
    for mine in np.split(order, np.flatnonzero(np.diff(who[order])) + 1):
        share, number = float(np.median(relative[mine])), int(who[mine[0]])
        if share < threshold:
            name = names[number] if names else f"{by} {number}"
            found.append({"by": by, "name": name, "records": len(mine), "share": share})
    return found
