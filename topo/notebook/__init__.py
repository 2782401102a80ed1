"""Analyses, studies and designs as objects of a notebook: tables, data frames and figures of what a report has."""

from __future__ import annotations

from topo.notebook.choice import Choice
from topo.notebook.results import Analysis, NotebookError, Results
from topo.notebook.running import analyze, run_design, run_study

__all__ = ["Analysis", "Choice", "NotebookError", "Results", "analyze", "run_design", "run_study"]
