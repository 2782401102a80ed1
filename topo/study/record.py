"""Records: what a case came to, in JSON, determined by its inputs alone."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from topo import __version__
from topo.config.case import SCHEMA_VERSION, Case
from topo.metrics.tables import parquet
from topo.plain import plain
from topo.study.assumptions import assumptions
from topo.study.limit import OVER
from topo.study.one_case import Numbers, run_case

#: Starts the error of a case that the program or the machine failed, not the model; it is run again next time.
FAULTS = ("internal error", "out of memory", "worker lost", OVER)


@dataclass(frozen=True)
class Outcome:
    """A record and the files beside it, ready to be stored; crosses process borders."""

    record: dict[str, Any]
    files: dict[str, bytes] = field(default_factory=dict)


def outcome(case: Case, *, tables: bool = True) -> Outcome:
    """Return the outcome of ``case``: computed, refused, or failed with its error; without files if not ``tables``.

    A ValueError is the model's own answer and becomes the record's error; anything else is a
    fault of the program, recorded with its type, so that one case never stops the others.
    """
    if case.refused:
        return Outcome(record_of(case, "refused", error=case.refused))
    try:
        numbers = run_case(case)
    except ValueError as error:
        return failed(case, str(error))
    except MemoryError:
        return failed(case, "out of memory; choose fewer endpoints or a grouped pattern such as uniform")
    except Exception as error:
        return failed(case, f"internal error: {type(error).__name__}: {error}")
    return _computed(case, numbers) if tables else Outcome(record_of(case, "ok", results=numbers.results))


def failed(case: Case, error: str) -> Outcome:
    """Return the outcome of a case that ended in ``error``."""
    return Outcome(record_of(case, "failed", error=error))


def record_of(
    case: Case, status: str, *, results: dict[str, Any] | None = None, error: str | None = None
) -> dict[str, Any]:
    """Return the record of ``case``; numbers that are not finite become null."""
    return {
        "schema_version": SCHEMA_VERSION,
        "hash": case.identity(__version__),
        "status": status,
        "error": error,
        "case": case.resolved(),
        "results": plain(results or {}),
        "assumptions": assumptions(case),
    }


def is_final(record: dict[str, Any]) -> bool:
    """Return whether running the case again would give the same record."""
    return not (record["status"] == "failed" and str(record["error"]).startswith(FAULTS))


def renamed(record: dict[str, Any], case: Case) -> dict[str, Any]:
    """Return a stored record under the name, labels and panel that ``case`` has now."""
    return record | {"case": case.resolved()}


def _computed(case: Case, numbers: Numbers) -> Outcome:
    record = record_of(case, "ok", results=numbers.results)
    stamp = {"planewise.case": record["hash"], "planewise.version": __version__}
    tables = {f"{name}.parquet": columns for name, columns in numbers.tables().items()}
    return Outcome(record, {name: parquet(columns, stamp) for name, columns in tables.items() if columns})
