"""Analyses and studies as objects for a notebook: tables, data frames, figures.  All they show is what a report has."""

from __future__ import annotations

from topo.notebook.results import Analysis, NotebookError, Results
from topo.notebook.running import analyze, run_study

__all__ = ["Analysis", "NotebookError", "Results", "analyze", "run_study"]
