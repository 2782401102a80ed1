"""Figures as plain plotly mappings: axes and traces, no formulas.

Colours are tokens such as ``$c1``; the page, or ``axes.resolve``, turns them
into the light or the dark palette, so one drawing serves both.
"""

from topo.report.figures.axes import Figure, resolve

__all__ = ["Figure", "resolve"]
