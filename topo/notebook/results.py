"""What a run came to, as an object that shows itself."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from topo.notebook import frames
from topo.notebook.plots import NotebookError, Plots, figures_by_name
from topo.notebook.tables import html_of
from topo.report import load
from topo.report.panels.view import View
from topo.report.words import plural

if TYPE_CHECKING:
    import pandas

    from topo.report.figures.axes import Figure
    from topo.report.load import Record

__all__ = ["Analysis", "NotebookError", "Results"]


@dataclass(frozen=True, repr=False)
class Results:
    """The cases of a study: as a table where they are shown, as data frames, as figures.

    ``folder`` holds what the study wrote, its report included; it is gone with this object where none was given.
    """

    folder: Path
    title: str
    seconds: float  # that it took
    computed: int  # cases that were run now; the others were stored already
    warnings: tuple[str, ...] = ()  # repairs of the folder

    @cached_property
    def records(self) -> tuple[Record, ...]:
        """The cases in the study's order: ``name``, ``status``, ``error``, ``case`` (input), ``results``."""
        return self._view.study.records

    @property
    def failed(self) -> tuple[Record, ...]:
        """The cases that failed; their ``error`` says why."""
        return tuple(one for one in self.records if one.status == "failed")

    @property
    def plot(self) -> Plots:
        """The figures of the report, as plotly figures."""
        return Plots(self._figures, self)

    @property
    def links(self) -> pandas.DataFrame:
        """A row for each link: its ends, tier, plane, capacity [B/s], load [B], utilization [x capacity]."""
        return frames.of_tables(self.records, load.links, "links")

    @property
    def flows(self) -> pandas.DataFrame:
        """A row for each commodity of each phase: its ends, bytes, rate [B/s], finish [s]."""
        return frames.of_tables(self.records, load.commodities, "commodities")

    def to_pandas(self) -> pandas.DataFrame:
        """Return a row for each case: its name, its place on the swept axes, its results [units as in docs/keys.md]."""
        return frames.of_records(self.records)

    def report(self) -> str:
        """Return the report, one HTML page."""
        from topo.report import render

        return render(self.folder)

    def __repr__(self) -> str:
        """Return one line: title and number of cases."""
        failed = f", {len(self.failed)} failed" if self.failed else ""
        return f"<{type(self).__name__}: {self.title}, {plural(len(self.records), 'case')}{failed}>"

    def _repr_html_(self) -> str:
        return html_of(self._view)

    @cached_property
    def _figures(self) -> dict[str, Figure]:
        return figures_by_name(self._view)

    @cached_property
    def _view(self) -> View:
        return View(load.read_study(self.folder))


@dataclass(frozen=True, repr=False)
class Analysis(Results):
    """One traffic on one network; its results by key, as ``analysis["completion_s"]``."""

    @property
    def results(self) -> dict[str, Any]:
        """Every result by its key (docs/keys.md)."""
        return self.records[0].results

    def __getitem__(self, key: str) -> Any:
        """Return one result.  Raises KeyError with the nearest one that there is."""
        from topo.near import hint

        if key not in self.results:
            raise KeyError(f"{key}: there is no such result{hint(key, self.results)}")
        return self.results[key]
