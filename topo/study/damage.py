"""Whether what lies in a study folder is what a study wrote there: records, tables, run.json, each against its schema.

A sentence says what is wrong, an empty one that nothing is.  Readers leave out what is damaged and say so; the
next run of the study keeps it aside and computes it again.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from topo.atomic import check_ends
from topo.config.case import SECTIONS
from topo.config.document import Document
from topo.config.errors import MISSING
from topo.config.keys import keys_of
from topo.config.sections import check_section
from topo.conform import departure, parse
from topo.quantities import QUANTITIES, Quantity
from topo.study.schema import record_schema, run_schema

#: Key under which a table holds the hash of its case.
STAMP = b"planewise.case"


def record_in(content: bytes) -> tuple[dict[str, Any], str]:
    """Return the record that a text holds, {} where it holds none, and what is wrong with it."""
    return _read(content, _record_rule)


def run_in(content: bytes) -> tuple[dict[str, Any], str]:
    """Return what a run.json holds, {} where it is damaged, and what is wrong with it."""
    return _read(content, lambda run: departure(run, _run_schema()))


def tables_wrong(folder: Path, digest: str) -> str:
    """Return what is wrong with the tables of the case ``digest`` in ``folder``; one that is missing is not."""
    for name, columns in _tables().items():
        path = folder / name
        if path.exists() and (wrong := _table_wrong(path, columns, digest)):
            return f"{name}: {wrong}"
    return ""


def _read(content: bytes, rule: Any) -> tuple[dict[str, Any], str]:
    try:
        value = parse(content)
    except ValueError as error:
        return {}, str(error)
    wrong = rule(value) if isinstance(value, dict) else "an object is needed"
    return ({}, wrong) if wrong else (value, "")


def _record_rule(record: dict[str, Any]) -> str:
    wrong = departure(record, _record_schema())
    # What did not go well may have been stored as it was asked for.
    return wrong or (_sections_wrong(record["case"]) if record["status"] == "ok" else "")


def _sections_wrong(case: dict[str, Any]) -> str:
    """Return what no study may say in the sections of a resolved input.

    Keys that are unknown here, or missing, are let through: another version knew more, or fewer.
    """
    for key, section in SECTIONS.items():
        given = case.get(key)
        name = (given or {}).get(section.word, "")
        if given is None or (section.word and name not in section.registry):
            continue
        known = keys_of(key, name).of
        problems = check_section(key, Document({own: value for own, value in given.items() if own in known}))[1]
        for problem in problems:
            if problem.text != MISSING:
                return f"case.{problem.key}: {problem.text}"
    return ""


def _table_wrong(path: Path, columns: dict[str, Quantity], digest: str) -> str:
    import numpy as np
    import pyarrow
    from pyarrow import parquet

    try:
        check_ends(path)
        with parquet.ParquetFile(path, page_checksum_verification=True) as file:
            table = file.read()
    except (OSError, ValueError, pyarrow.ArrowException) as error:
        return f"not readable as Parquet ({str(error).splitlines()[0] if str(error) else type(error).__name__})"
    if (table.schema.metadata or {}).get(STAMP, b"").decode("ascii", "replace") != digest:
        return "is no table of this case"
    for name, quantity in columns.items():
        if table.column_names.count(name) != 1:
            return f"has no column {name}"
        column = table.column(name)
        if not _kind_is(column.type, quantity.kind) or column.null_count:
            return f"column {name}: {quantity.kind} is needed in every row, not {column.type}"
        if quantity.kind == "number" and not np.isfinite(column.to_numpy()).all():
            return f"column {name}: a finite number is needed in every row"
    return ""


def _kind_is(kind: Any, wanted: str) -> bool:
    from pyarrow import types

    if wanted == "string":
        return bool(types.is_string(kind) or types.is_large_string(kind))
    return bool(types.is_integer(kind) or (wanted == "number" and types.is_floating(kind)))


@cache
def _record_schema() -> dict[str, Any]:
    return record_schema()


@cache
def _run_schema() -> dict[str, Any]:
    return run_schema()


@cache
def _tables() -> dict[str, dict[str, Quantity]]:
    """Return table -> its columns."""
    found: dict[str, dict[str, Quantity]] = {}
    for key, one in QUANTITIES.items():
        file, _, column = key.partition(":")
        if file.endswith(".parquet"):
            found.setdefault(file, {})[column] = one
    return found
