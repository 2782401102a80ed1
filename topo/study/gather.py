"""Gathers records of all cases into one file for people and one for data tools."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from topo.config.case import SECTIONS, canonical_json
from topo.metrics.tables import parquet
from topo.study.spread import spread
from topo.study.store import Store

_ENCODER = json.JSONEncoder(sort_keys=True)
_FIRST = ("name", "panel", "status", "error", "hash", "seed")


def gather(store: Store, records: Sequence[dict[str, Any]]) -> None:
    """Write records.jsonl and records.parquet, in the order given; equal records, equal bytes.

    Where seeds are an axis, spread.jsonl says how far numbers vary with them.
    """
    lines = "".join(canonical_json(record) + "\n" for record in records)
    store.put(store.folder / "records.jsonl", lines.encode())
    store.put(store.folder / "records.parquet", parquet(columns(records), {}))
    rows = spread(records)
    if rows or (store.folder / "spread.jsonl").exists():
        store.put(store.folder / "spread.jsonl", "".join(canonical_json(row) + "\n" for row in rows).encode())


def columns(records: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return one column a key: name, hash, status, error, input as dotted keys, results as they are called.

    Scalars keep their type; lists and mappings are JSON text.  What a record lacks is null.
    """
    rows = [_row(record) for record in records]
    # A record that was read back has its keys in another order than one just made.
    keys = [*_FIRST, *sorted({key for row in rows for key in row} - set(_FIRST))]
    return {key: _column([row.get(key) for row in rows]) for key in keys}


def _row(record: dict[str, Any]) -> dict[str, Any]:
    case = record["case"]
    row: dict[str, Any] = {"name": case["name"], "panel": case["panel"], "hash": record["hash"]}
    row |= {"status": record["status"], "error": record["error"], "seed": case["seed"]}
    row |= {f"label.{axis}": str(label) for axis, label in case["labels"].items()}
    for section in SECTIONS:
        row |= {f"{section}.{key}": value for key, value in (case[section] or {}).items()}
    row |= record["results"]
    return row


def _column(values: list[Any]) -> Any:
    import pyarrow

    there = [value for value in values if value is not None]
    if all(isinstance(value, bool) for value in there):
        return pyarrow.array(values, pyarrow.bool_() if there else pyarrow.null())
    if all(isinstance(value, int) and not isinstance(value, bool) for value in there):
        return pyarrow.array(values, pyarrow.int64())
    if all(isinstance(value, int | float) and not isinstance(value, bool) for value in there):
        return pyarrow.array([None if v is None else float(v) for v in values], pyarrow.float64())
    return pyarrow.array([None if v is None else _text(v) for v in values], pyarrow.string())


def _text(value: Any) -> str:
    return value if isinstance(value, str) else _ENCODER.encode(value)
