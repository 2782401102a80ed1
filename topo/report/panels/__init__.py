"""The panels of the page, each answering the question in its heading.

A panel is a function of a ``View`` that returns a ``Panel``, or None where the
records hold nothing to answer with.  Adding one is a file and a line here.
"""

from __future__ import annotations

from collections.abc import Callable

from topo.report.panels.availability import panel as availability_panel
from topo.report.panels.blocks import Panel
from topo.report.panels.checks import panel as checks_panel
from topo.report.panels.comparison import panel as comparison_panel
from topo.report.panels.cost import panel as cost_panel
from topo.report.panels.deadlock import panel as deadlock_panel
from topo.report.panels.degradation import panel as degradation_panel
from topo.report.panels.design import panel as design_panel
from topo.report.panels.inputs import panel as inputs_panel
from topo.report.panels.jobs import panel as jobs_panel
from topo.report.panels.messages import panel as messages_panel
from topo.report.panels.moe import panel as moe_panel
from topo.report.panels.order import panel as order_panel
from topo.report.panels.outcome import panel as outcome_panel
from topo.report.panels.provenance import panel as provenance_panel
from topo.report.panels.routing import panel as routing_panel
from topo.report.panels.sweep import panel as sweep_panel
from topo.report.panels.topology import panel as topology_panel
from topo.report.panels.traffic import panel as traffic_panel
from topo.report.panels.training import panel as training_panel
from topo.report.panels.utilization import panel as utilization_panel
from topo.report.panels.verdict import panel as verdict_panel
from topo.report.panels.view import View

#: In the order of the page.
PANELS: tuple[Callable[[View], Panel | None], ...] = (
    design_panel,
    verdict_panel,
    comparison_panel,
    messages_panel,
    jobs_panel,
    training_panel,
    moe_panel,
    utilization_panel,
    topology_panel,
    traffic_panel,
    outcome_panel,
    degradation_panel,
    availability_panel,
    routing_panel,
    deadlock_panel,
    cost_panel,
    order_panel,
    sweep_panel,
    checks_panel,
    inputs_panel,
    provenance_panel,
)


def panels(view: View) -> list[Panel]:
    """Return the panels that the records of ``view`` can fill, in order."""
    return [panel for build in PANELS if (panel := build(view)) is not None]
