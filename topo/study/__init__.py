"""Studies: cases become records, in a folder that survives kills and resumes where it stood."""

from __future__ import annotations

from typing import TYPE_CHECKING

from topo.lazy import fetching

if TYPE_CHECKING:
    from topo.config.case import Case, Study
    from topo.config.study_file import load_study as load
    from topo.study.cluster import Tls
    from topo.study.draws import Draws, drawn
    from topo.study.environment import on_threads
    from topo.study.errors import StudyError
    from topo.study.estimate import Estimate
    from topo.study.faults import checked
    from topo.study.limit import OverMemory, check_memory, default_limit, in_gib
    from topo.study.one_case import run_case
    from topo.study.progress import Progress
    from topo.study.record import Outcome, outcome
    from topo.study.schema import record_schema
    from topo.study.store import Store, StoreError
    from topo.study.study import Run, fresh_folder, run, study_of

#: Public name -> module that holds it; one case needs no folder, workers or records.
_ROOM = {
    "Case": "topo.config.case",
    "Draws": "topo.study.draws",
    "Estimate": "topo.study.estimate",
    "Outcome": "topo.study.record",
    "OverMemory": "topo.study.limit",
    "Progress": "topo.study.progress",
    "Run": "topo.study.study",
    "Store": "topo.study.store",
    "StoreError": "topo.study.store",
    "Study": "topo.config.case",
    "StudyError": "topo.study.errors",
    "Tls": "topo.study.cluster",
    "check_memory": "topo.study.limit",
    "checked": "topo.study.faults",
    "default_limit": "topo.study.limit",
    "drawn": "topo.study.draws",
    "fresh_folder": "topo.study.study",
    "in_gib": "topo.study.limit",
    "load": "topo.config.study_file:load_study",
    "on_threads": "topo.study.environment",
    "outcome": "topo.study.record",
    "record_schema": "topo.study.schema",
    "run": "topo.study.study",
    "run_case": "topo.study.one_case",
    "study_of": "topo.study.study",
}

__all__ = [
    "Case",
    "Draws",
    "Estimate",
    "Outcome",
    "OverMemory",
    "Progress",
    "Run",
    "Store",
    "StoreError",
    "Study",
    "StudyError",
    "Tls",
    "check_memory",
    "checked",
    "default_limit",
    "drawn",
    "fresh_folder",
    "in_gib",
    "load",
    "on_threads",
    "outcome",
    "record_schema",
    "run",
    "run_case",
    "study_of",
]

__getattr__ = fetching(__name__, _ROOM)
