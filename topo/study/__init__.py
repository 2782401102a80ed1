"""Studies: cases become records, in a folder that survives kills and resumes where it stood."""

from __future__ import annotations

from topo.config.case import Case, Study
from topo.config.study_file import load_study as load
from topo.study.cluster import Tls
from topo.study.draws import Draws, drawn
from topo.study.environment import on_threads
from topo.study.estimate import Estimate, estimate
from topo.study.faults import checked
from topo.study.limit import OverMemory, check_memory, default_limit, in_gib
from topo.study.record import Outcome, outcome
from topo.study.run import run_case
from topo.study.schema import record_schema
from topo.study.store import Store, StoreError, StudyError
from topo.study.study import Progress, Run, fresh_folder, run

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
    "estimate",
    "fresh_folder",
    "in_gib",
    "load",
    "on_threads",
    "outcome",
    "record_schema",
    "run",
    "run_case",
]
