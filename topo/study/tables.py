"""Columns of a case as Parquet: links, and commodities where there are few."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Any

from topo.flow import Solution
from traffic.demand import Demand

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Commodities above which a case keeps no table of them, about 40 bytes each.
MAX_COMMODITIES = 20_000


def commodity_table(solution: Solution) -> dict[str, NDArray[Any]]:
    """Return one row a commodity: src, dst, phase, bytes, rate [B/s], finish [s]; nothing where there are too many."""
    demand = solution.demand
    if not isinstance(demand, Demand) or demand.n_commodities > MAX_COMMODITIES:
        return {}
    return {
        "src": demand.src,
        "dst": demand.dst,
        "phase": demand.phase,
        "bytes": demand.size,
        "rate": solution.rate,
        "finish": solution.finish,
    }


def parquet(columns: dict[str, NDArray[Any]], stamp: dict[str, str]) -> bytes:
    """Return ``columns`` as a Parquet file with ``stamp`` in its metadata; equal input, equal bytes."""
    import pyarrow
    from pyarrow import parquet as pq

    table = pyarrow.table(columns)
    table = table.replace_schema_metadata(dict(sorted(stamp.items())))
    buffer = BytesIO()
    pq.write_table(table, buffer, compression="zstd")
    return buffer.getvalue()
