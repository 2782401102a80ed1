"""Reads what a study wrote: its records, its run, its own text, and the Parquet beside each record.

Nothing here computes: a record is shown as it was stored, and a file that is
missing is None, so a page can say so.  A case whose record or table is not what a
study writes is left out and told of.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from topo.config.case import SCHEMA_VERSION

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Columns = dict[str, NDArray[Any]]

#: What older layouts of records meant otherwise: reason not to show them beside new ones.
_OLDER = {1: "its max_utilization is a mean over phases, not that of the worst phase"}
#: Tiers of the links that join no two switches: a host's own, and the cables of its endpoints.
AT_HOSTS = ("scale-up", "endpoint")
#: What mends a damaged folder.
CURE = "left out; run the study again on this folder: it keeps what is damaged aside and computes it afresh"


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
    damage: tuple[str, ...] = ()  # what was left out: which file, what is wrong with it, and what would do
    design: dict[str, Any] = field(default_factory=dict)  # what a search chose and why; empty where none was made

    @property
    def title(self) -> str:
        """The study's title, else the folder's name."""
        return str(self.run.get("title") or _title_line(self.text) or self.folder.resolve().name)


def read_study(folder: Path | str) -> Study:
    """Return the study stored in ``folder``, without the cases that are damaged.

    Raises ReportError where records.jsonl is missing, or no record in it is one that this version reads.
    """
    folder = Path(folder)
    path = folder / "records.jsonl"
    if not path.is_file():
        raise ReportError(f"{path} does not exist; `topo study FILE -o {folder}` writes it")
    records, damage = _records(path)
    if not records:
        why = damage[0] if damage else f"{path} holds no record; a study has at least one case"
        raise ReportError(why)
    run, wrong = _run(folder / "run.json")
    study_path = folder / "study.yaml"
    text = study_path.read_text("utf-8", errors="replace") if study_path.is_file() else ""
    design, harm = _design(folder / "design.json")
    return Study(folder, tuple(records), run, text, (*damage, *wrong, *harm), design)


def links(record: Record) -> Columns | None:
    """Return links.parquet of ``record`` by column, None where it was not stored; ``tier`` as names (L,) str."""
    columns = _parquet(record.folder / "links.parquet")
    return None if columns is None else columns | {"tier": columns["tier"].astype(str)}


def between_switches(columns: Columns) -> NDArray[np.bool_]:
    """Return which rows (L,) of a link table join two switches: neither a host's own links nor an endpoint's cable."""
    import numpy as np

    return ~np.isin(columns["tier"], AT_HOSTS)


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


def _records(path: Path) -> tuple[list[Record], list[str]]:
    """Return the sound records of a file, in its order, and what is wrong with the others."""
    records, damage = [], []
    for number, line in enumerate(path.read_bytes().split(b"\n"), start=1):
        record, wrong = _record(line, path, number) if line.strip() else (None, "")
        records += [] if record is None else [record]
        damage += [wrong] if wrong else []
    return records, damage


def _record(line: bytes, path: Path, number: int) -> tuple[Record | None, str]:
    from topo.study.damage import record_in, tables_wrong

    row, wrong = record_in(line)
    if wrong:
        return None, f"{path}:{number}: {_strange(line) or wrong}; {CURE}"
    case, digest = row["case"], row["hash"] or ""
    # A hash is a file name only if it looks like one: records are input like any other.
    folder = path.parent / "cases" / (digest if digest.isalnum() else "none")
    if wrong := tables_wrong(folder, digest):
        return None, f"{folder}/{wrong}; {CURE}"
    record = Record(
        name=case["name"] or digest[:12] or f"case {number}",
        hash=digest,
        status=row["status"],
        error=row["error"] or "",
        case=case,
        results=row["results"],
        assumptions=tuple(map(str, row["assumptions"] or ())),
        folder=folder,
    )
    return record, ""


def _strange(line: bytes) -> str:
    """Return what to say of a record of another layout, which is no damage; empty where it is none."""
    from topo.conform import parse

    try:
        record = parse(line)
    except ValueError:
        return ""
    version = record.get("schema_version") if isinstance(record, dict) else SCHEMA_VERSION
    if isinstance(version, int) and version in _OLDER:
        return f"schema_version {version} is of an older planewise: {_OLDER[version]}"
    reads = f"this version reads {SCHEMA_VERSION}"
    return "" if version == SCHEMA_VERSION else f"schema_version {version!r} is not known; {reads}"


def _run(path: Path) -> tuple[dict[str, Any], list[str]]:
    from topo.study.damage import run_in

    run, wrong = run_in(path.read_bytes()) if path.is_file() else ({}, "")
    return run, [f"{path}: {wrong}; {CURE}"] if wrong else []


def _design(path: Path) -> tuple[dict[str, Any], list[str]]:
    from topo.conform import parse

    if not path.is_file():
        return {}, []
    try:
        return _mapping(parse(path.read_bytes())), []
    except ValueError as error:
        return {}, [f"{path}: {error}; left out: run the design again on this folder"]


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _parquet(path: Path) -> Columns | None:
    if not path.is_file():
        return None
    from pyarrow import parquet

    table = parquet.read_table(path)
    return {name: table.column(name).to_numpy() for name in table.column_names}


def _title_line(text: str) -> str:
    for line in text.splitlines():
        if line.startswith("title:"):
            return line.removeprefix("title:").strip().strip("\"'")
    return ""
