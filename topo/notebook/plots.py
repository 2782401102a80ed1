"""Figures of the report as plotly figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from textwrap import wrap
from typing import TYPE_CHECKING

from topo.near import hint
from topo.report import ReportError
from topo.report.figures.axes import Figure, Variant, resolve
from topo.report.page import figures_of
from topo.report.panels import panels

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from topo.report.panels.view import View


#: Letters on a line of a title, height of one [px], and what is free above it [px]: a legend stands below, in the
#: margin that plotly keeps for it, however many rows it has.
LINE, LINE_HEIGHT, EDGE = 88, 20, 12


class NotebookError(ReportError):
    """Something that these results do not have: says what they have."""


class Plots:
    """The figures that a study can fill, by the names of ``names``; each is a plotly figure.

    Where a figure has several readings, such as one for each traffic, ``which`` picks one by its title or a part of it.
    """

    def __init__(self, there: Mapping[str, Figure], owner: object) -> None:
        self._figures = there
        self._owner = owner  # whose files the figures are drawn from: they are gone with it

    @property
    def names(self) -> list[str]:
        """What can be drawn of these results."""
        return list(self._figures)

    def __call__(self, name: str, which: str = "") -> go.Figure:
        """Return the figure ``name``.  Raises NotebookError for one that these results cannot fill."""
        there = self._figures
        if name not in there:
            known = ", ".join(there) or "nothing"
            raise NotebookError(f"{name}: there is no such figure of these results, but {known}{hint(name, there)}")
        return drawn(there[name], which)

    def topology(self, which: str = "") -> go.Figure:
        """Return the network with its loads."""
        return self("topology", which)

    def loads(self, which: str = "") -> go.Figure:
        """Return how full the links of each tier are."""
        return self("links", which)

    def timeline(self, which: str = "") -> go.Figure:
        """Return what happens when: phases by network, coloured by the tier that limits each."""
        return self("timeline", which)

    def networks(self, which: str = "") -> go.Figure:
        """Return the networks side by side, on one scale of colours."""
        return self("networks", which)

    def matrix(self, which: str = "") -> go.Figure:
        """Return the networks beside each other, by traffic."""
        return self("comparison", which)

    def cost(self, which: str = "") -> go.Figure:
        """Return what the parts of each network cost."""
        return self("cost", which)


def figures_by_name(view: View) -> dict[str, Figure]:
    """Return the figures that a study can fill, as ``Plots`` takes them."""
    return {one.id.removeprefix("fig-"): one for one in figures_of(panels(view))}


def drawn(figure: Figure, which: str = "") -> go.Figure:
    """Return one reading of ``figure`` on a light page.  Raises NotebookError where no title, or several, fit."""
    import plotly.graph_objects as go

    spec = resolve(_chosen(figure.variants, which).spec)
    lines = wrap(figure.finding, LINE)
    top = EDGE + LINE_HEIGHT * len(lines)
    height = figure.height + top
    return go.Figure(data=spec["data"], layout=spec["layout"]).update_layout(
        height=height,
        margin={"t": top + EDGE},
        title={"text": "<br>".join(lines), "font": {"size": 14}, "y": 1, "yanchor": "top", "pad": {"t": EDGE}},
        legend={"yref": "container", "y": 1 - top / height, "yanchor": "top"},
    )


def _chosen(variants: Sequence[Variant], which: str) -> Variant:
    fit = [one for one in variants if which == one.name] or [one for one in variants if which in one.name]
    if not which or len(fit) == 1:
        return fit[0]
    titles = ", ".join(repr(one.name) for one in (fit or variants))
    raise NotebookError(f"which={which!r}: {'several fit' if fit else 'nothing fits'}; there are {titles}")
