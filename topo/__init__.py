"""planewise, the network side: fabrics, routing, flow, cost, studies and reports.

``import topo`` loads nothing heavy: every public name is fetched from its room when it is
first asked for::

    fabric = topo.generate("fat-tree-2", radix=64, planes=8, capacity=50e9)
"""

from __future__ import annotations

__version__ = "0.1.0"

#: As in typing, which takes longer to load than all of this; an interrupt meanwhile would end in a traceback.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from topo.config import load_study
    from topo.config.models import load_model
    from topo.config.prices import load as load_prices
    from topo.cost import PriceBook, PriceError, bill
    from topo.fabric import Fabric, FabricError, NodeKind
    from topo.flow import POLICIES, SOLVERS, Solution, route, solve
    from topo.formats import read, read_measurements, write
    from topo.generators import FAMILIES, GeneratorError, generate, size_of
    from topo.metrics import explain_pair, link_table, measure, structure
    from topo.notebook import Analysis, Choice, Results, analyze, run_design, run_study
    from topo.routing import NotConnected, Routing, RoutingError
    from topo.routing.given import route_along
    from topo.size import Medium, Size, Tier

#: Public name -> module that holds it, and what it is called there where that differs.
_ROOM = {
    "Analysis": "topo.notebook",
    "Choice": "topo.notebook",
    "FAMILIES": "topo.generators",
    "Fabric": "topo.fabric",
    "FabricError": "topo.fabric",
    "GeneratorError": "topo.generators",
    "Medium": "topo.size",
    "NodeKind": "topo.fabric",
    "NotConnected": "topo.routing",
    "POLICIES": "topo.flow",
    "PriceBook": "topo.cost",
    "PriceError": "topo.cost",
    "Results": "topo.notebook",
    "Routing": "topo.routing",
    "RoutingError": "topo.routing",
    "SOLVERS": "topo.flow",
    "Size": "topo.size",
    "Solution": "topo.flow",
    "Tier": "topo.size",
    "analyze": "topo.notebook",
    "bill": "topo.cost",
    "explain_pair": "topo.metrics",
    "generate": "topo.generators",
    "link_table": "topo.metrics",
    "load_model": "topo.config.models",
    "load_prices": "topo.config.prices:load",
    "load_study": "topo.config",
    "measure": "topo.metrics",
    "read": "topo.formats",
    "read_measurements": "topo.formats",
    "route": "topo.flow",
    "route_along": "topo.routing.given",
    "run_design": "topo.notebook",
    "run_study": "topo.notebook",
    "size_of": "topo.generators",
    "solve": "topo.flow",
    "structure": "topo.metrics",
    "write": "topo.formats",
}

__all__ = [
    "FAMILIES",
    "POLICIES",
    "SOLVERS",
    "Analysis",
    "Choice",
    "Fabric",
    "FabricError",
    "GeneratorError",
    "Medium",
    "NodeKind",
    "NotConnected",
    "PriceBook",
    "PriceError",
    "Results",
    "Routing",
    "RoutingError",
    "Size",
    "Solution",
    "Tier",
    "__version__",
    "analyze",
    "bill",
    "explain_pair",
    "generate",
    "link_table",
    "load_model",
    "load_prices",
    "load_study",
    "measure",
    "read",
    "read_measurements",
    "route",
    "route_along",
    "run_design",
    "run_study",
    "size_of",
    "solve",
    "structure",
    "write",
]


def __getattr__(name: str) -> Any:
    """Return a public name from its room."""
    from topo.lazy import fetching

    return fetching(__name__, _ROOM)(name)


def __dir__() -> list[str]:
    """Return the public names, loaded or not."""
    return sorted({*globals(), *__all__})
