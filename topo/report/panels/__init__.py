"""The panels of the page, each answering the question in its heading.

A panel is a function of a ``View`` that returns a ``Panel``, or None where the
records hold nothing to answer with.  Adding one is a file and a line here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from topo.lazy import fetch

if TYPE_CHECKING:
    from topo.report.panels.blocks import Panel
    from topo.report.panels.view import View

#: In the order of the page.
PANELS = (
    "topo.report.panels.design:panel",
    "topo.report.panels.verdict:panel",
    "topo.report.panels.networks:panel",
    "topo.report.panels.outcome:panel",
    "topo.report.panels.comparison:panel",
    "topo.report.panels.messages:panel",
    "topo.report.panels.jobs:panel",
    "topo.report.panels.training:panel",
    "topo.report.panels.moe:panel",
    "topo.report.panels.reach:panel",
    "topo.report.panels.utilization:panel",
    "topo.report.panels.topology:panel",
    "topo.report.panels.traffic:panel",
    "topo.report.panels.degradation:panel",
    "topo.report.panels.availability:panel",
    "topo.report.panels.routing:panel",
    "topo.report.panels.deadlock:panel",
    "topo.report.panels.cost:panel",
    "topo.report.panels.order:panel",
    "topo.report.panels.sweep:panel",
    "topo.report.panels.checks:panel",
    "topo.report.panels.inputs:panel",
    "topo.report.panels.provenance:panel",
)


def panels(view: View) -> list[Panel]:
    """Return the panels that the records of ``view`` can fill, in order."""
    build = [fetch(where) for where in PANELS]
    return [panel for one in build if (panel := one(view)) is not None]
