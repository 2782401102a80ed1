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
    """Return ``columns`` as a Parquet file with ``stamp`` in its metadata; equal input, equal bytes.

    Each page has a checksum, so that damage is found.
    """
    import pyarrow
    from pyarrow import parquet as pq

    table = pyarrow.Table.from_arrays([_array(column) for column in columns.values()], names=list(columns))
    table = table.replace_schema_metadata(dict(sorted(stamp.items())))
    buffer = BytesIO()
    pq.write_table(table, buffer, compression="zstd", write_page_checksum=True)
    return buffer.getvalue()


def _array(column: Any) -> Any:
    """Return a column of numbers or words as an Arrow array.

    ``pyarrow.array`` and ``pyarrow.table`` would do the same after loading pandas, 0.2 s in every worker.
    """
    import numpy as np
    import pyarrow

    if isinstance(column, pyarrow.Array):
        return column
    if column.dtype.kind == "U":
        words = [word.encode() for word in column.tolist()]
        ends = np.cumsum([0, *map(len, words)], dtype=np.int32)
        return pyarrow.StringArray.from_buffers(len(words), pyarrow.py_buffer(ends), pyarrow.py_buffer(b"".join(words)))
    held = np.ascontiguousarray(column)
    return pyarrow.Array.from_buffers(pyarrow.from_numpy_dtype(held.dtype), len(held), [None, pyarrow.py_buffer(held)])
