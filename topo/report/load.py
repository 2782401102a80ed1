"""Reads what a study wrote: its records, its run, its own text, and the Parquet beside each record.

Nothing here computes: a record is shown as it was stored, and a file that is
missing is None, so a page can say so.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from topo.size import Tier

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Columns = dict[str, NDArray[Any]]

#: Record layouts that this page knows how to read.
SCHEMA_VERSIONS = (1,)


class ReportError(ValueError):
    """A study folder that cannot be read: says which file, which line and what would do."""


@dataclass(frozen=True)
class Record:
    """One case of a study, as stored: what was asked, and what came out."""

    name: str
    hash: str
    status: str  # ok, failed or refused
    error: str  # empty where the case went well
    case: dict[str, Any]  # resolved input: labels, fabric, traffic, routing, solve, cost
    results: dict[str, Any]  # flat snake_case keys
    assumptions: tuple[str, ...]
    folder: Path = field(compare=False)  # where links.parquet may lie

    @property
    def ok(self) -> bool:
        """Whether the case was computed."""
        return self.status == "ok"

    @cached_property
    def labels(self) -> dict[str, str]:
        """The swept axes of the study and where on them this case lies."""
        return {str(axis): str(value) for axis, value in _mapping(self.case.get("labels")).items()}

    def part(self, name: str) -> dict[str, Any]:
        """Return one section of the resolved input (fabric, traffic, ...); empty where it was not given."""
        return _mapping(self.case.get(name))

    def get(self, *keys: str) -> Any:
        """Return the first result among ``keys`` that was stored, None if none was."""
        return next((self.results[key] for key in keys if self.results.get(key) is not None), None)


@dataclass(frozen=True)
class Study:
    """A study folder in memory."""

    folder: Path
    records: tuple[Record, ...]
    run: dict[str, Any]  # command, versions, times: everything that inputs do not determine
    text: str  # study.yaml as written; empty where it is missing

    @property
    def title(self) -> str:
        """The study's title, else the folder's name."""
        return str(self.run.get("title") or _title_line(self.text) or self.folder.resolve().name)

    @property
    def sized(self) -> list[Record]:
        """Cases without traffic: counted and priced only."""
        return [r for r in self.records if r.ok and not r.part("traffic")]

    @property
    def solved(self) -> list[Record]:
        """Cases with traffic that were solved."""
        return [r for r in self.records if r.ok and r.part("traffic")]

    @property
    def failed(self) -> list[Record]:
        """Cases that failed or were refused."""
        return [r for r in self.records if not r.ok]


def read_study(folder: Path | str) -> Study:
    """Return the study stored in ``folder``.

    Raises ReportError where records.jsonl is missing, is not JSON, or has a layout of another version.
    """
    folder = Path(folder)
    path = folder / "records.jsonl"
    if not path.is_file():
        raise ReportError(f"{path} does not exist; `topo study FILE -o {folder}` writes it")
    records = tuple(_records(path))
    if not records:
        raise ReportError(f"{path} holds no record; a study has at least one case")
    run_path, study_path = folder / "run.json", folder / "study.yaml"
    run = _json(run_path.read_text("utf-8"), run_path, 1) if run_path.is_file() else {}
    text = study_path.read_text("utf-8", errors="replace") if study_path.is_file() else ""
    return Study(folder, records, _mapping(run), text)


def links(record: Record) -> Columns | None:
    """Return links.parquet of ``record`` by column, None where it was not stored; ``tier`` as names (L,) str."""
    columns = _parquet(record.folder / "links.parquet")
    if columns is None or "tier" not in columns or "utilization" not in columns:
        return None
    return columns | {"tier": _tier_names(columns["tier"])}


def between_switches(columns: Columns) -> NDArray[np.bool_]:
    """Return which rows (L,) of a link table join two switches: neither a host's own links nor an endpoint's cable."""
    import numpy as np

    return ~np.isin(columns["tier"], ("scale-up", "endpoint"))


def commodities(record: Record) -> Columns | None:
    """Return commodities.parquet of ``record`` by column, None where it was not stored."""
    return _parquet(record.folder / "commodities.parquet")


def traffic(record: Record) -> Columns | None:
    """Return traffic.parquet of ``record``: src, dst (first endpoint of a block), bytes, inside; None if not stored."""
    return _parquet(record.folder / "traffic.parquet")


def finish(record: Record) -> Columns | None:
    """Return phase and finish [s] of ``record``, of every commodity or as quantiles; None where neither was stored."""
    columns = commodities(record)
    return columns if columns is not None else _parquet(record.folder / "finish.parquet")


def hot(record: Record) -> Columns | None:
    """Return hot.parquet of ``record``, one row a contributor of a hot link; None where links were not probed."""
    return _parquet(record.folder / "hot.parquet")


def _records(path: Path) -> Iterable[Record]:
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, start=1):
            if line.strip():
                yield _record(_json(line, path, number), path, number)


def _record(raw: Any, path: Path, number: int) -> Record:
    row = _mapping(raw)
    version = row.get("schema_version")
    if version not in SCHEMA_VERSIONS:
        known = ", ".join(map(str, SCHEMA_VERSIONS))
        raise ReportError(f"{path}:{number}: schema_version {version!r} is not known; this version reads {known}")
    case, digest = _mapping(row.get("case")), str(row.get("hash") or "")
    return Record(
        name=str(case.get("name") or digest[:12] or f"case {number}"),
        hash=digest,
        status=str(row.get("status") or "failed"),
        error=str(row.get("error") or ""),
        case=case,
        results=_mapping(row.get("results")),
        assumptions=tuple(map(str, row.get("assumptions") or ())),
        # A hash is a file name only if it looks like one: records are input like any other.
        folder=path.parent / "cases" / (digest if digest.isalnum() else "none"),
    )


def _json(text: str, path: Path, number: int) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise ReportError(f"{path}:{number}: not JSON ({error}); run the study again with --fresh") from None


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _parquet(path: Path) -> Columns | None:
    if not path.is_file():
        return None
    import pyarrow
    from pyarrow import parquet

    try:
        table = parquet.read_table(path)
    except (OSError, pyarrow.ArrowException) as error:
        raise ReportError(f"{path} is not readable Parquet ({error}); run the study again with --fresh") from None
    return {name: table.column(name).to_numpy() for name in table.column_names}


def _tier_names(tier: NDArray[Any]) -> NDArray[np.str_]:
    import numpy as np

    if tier.dtype.kind not in "iu":
        return tier.astype(str)
    known = {int(t): t.label for t in Tier}
    numbers, inverse = np.unique(tier, return_inverse=True)
    names = np.array([known.get(int(n), f"tier {n}") for n in numbers], dtype=str)
    return np.asarray(names[inverse])


def _title_line(text: str) -> str:
    for line in text.splitlines():
        if line.startswith("title:"):
            return line.removeprefix("title:").strip().strip("\"'")
    return ""
