"""Models as ``topo list models`` shows them: what follows from their shapes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

#: Figures that a list of all models has.
_SHORT = ("summary", "parameters", "active_parameters")


def shipped() -> dict[str, dict[str, Any]]:
    """Return every shipped model with what it is and its parameters."""
    from topo.config import names

    return {name: {key: of(name)[key] for key in _SHORT} for name in names("models")}


def of(name: str) -> dict[str, Any]:
    """Return what a model, shipped or of a file, is, and all figures that follow from it."""
    from topo.config.models import load_model
    from traffic.figures import figures

    model = load_model(name)
    kind = f"{model.routed_experts} experts, {model.top_k} a token" if model.routed_experts else "dense"
    return {"summary": kind + (", latent attention" if model.latent else ""), **figures(model)}


def in_billions(entry: Mapping[str, Any]) -> str:
    """Return the parameters of a model as people say them; empty of what is no model.

    >>> in_billions({"parameters": 671026419200, "active_parameters": 37552297472})
    '671 billion, 37.6 active'
    """
    if "active_parameters" not in entry:
        return ""
    whole, active = (f"{entry[key] / 1e9:.3g}" for key in ("parameters", "active_parameters"))
    return f"{whole} billion" + (f", {active} active" if active != whole else "")


def print_one(name: str, entry: Mapping[str, Any]) -> None:
    """Print every figure of a model."""
    from topo.cli.results import print_results

    figures = {key: value for key, value in entry.items() if key != "summary" and value != []}
    print_results(f"{name}: {entry['summary']}", figures, list(figures))
