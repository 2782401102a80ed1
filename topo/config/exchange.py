"""Inputs of ``topo moe``: a model, figures that override it, and the rates and size of a host."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from inspect import signature
from typing import Any

from topo import units
from topo.config.data import Files
from topo.config.document import TooLarge, parse_scalar
from topo.config.errors import ConfigError, unknown
from topo.config.expert_load import expert_load
from topo.config.hardware_file import read_hardware
from topo.config.models import model_figures


def exchange_arguments(
    model: str,
    overrides: Sequence[str] = (),
    *,
    hardware: str | None = None,
    rate: str | None = None,
    scale_up: str | None = None,
    **given: Any,
) -> dict[str, Any]:
    """Return what ``traffic.moe.report`` takes; ``given`` that is None is left to its default.

    ``overrides`` are ``key=value`` of the model's figures or of the gate; ``rate`` and
    ``scale_up`` win over those of a hardware file.

    Raises ConfigError for an unknown key, UnitError for a rate without a unit.
    """
    figures = dict(model_figures(model))
    gate = _gate_keys()
    options: dict[str, Any] = {}
    for text in overrides:
        key, equals, value = text.partition("=")
        if not equals or not key.strip():
            raise ConfigError(f"--set {text}: key=value is needed, such as hidden=7000")
        target = gate if key.strip() in gate else figures
        if target is figures and key.strip() not in _figure_keys():
            raise ConfigError(f"--set {text}: {unknown(key.strip(), [*_figure_keys(), *gate])}")
        try:
            (options if target is gate else figures)[key.strip()] = parse_scalar(value)
        except TooLarge as error:
            raise ConfigError(f"--set {text}: {error}") from None
    stated = {} if hardware is None else read_hardware(*Files().read("hardware", hardware))
    rates = _rates(hardware, stated) | {k: v for k, v in (("nic", rate), ("scale_up", scale_up)) if v is not None}
    sizes = {"ranks_per_host": stated.get("endpoints_per_host"), "ranks_per_domain": stated.get("scale_up_domain")}
    options = {key: n for key, n in sizes.items() if n is not None} | options
    if given.get("expert_load") is not None:
        given["expert_load"] = expert_load(given["expert_load"], Files())
    options |= {key: value for key, value in given.items() if value is not None or key == "node_limit"}
    return {"model": figures, **options, **{key: units.rate(text) for key, text in rates.items()}}


def _rates(hardware: str | None, stated: Mapping[str, Any]) -> dict[str, str]:
    if hardware is None:
        return {}
    rates = {"nic": stated.get("nic_rate"), "scale_up": stated.get("scale_up")}
    if not any(rates.values()):
        raise ConfigError(f"hardware {hardware}: states no nic_rate or scale_up; give --rate and --scale-up instead")
    return {key: str(text) for key, text in rates.items() if text}


def _figure_keys() -> list[str]:
    from dataclasses import fields

    from traffic.model import Model

    return [field.name for field in fields(Model) if field.name != "remarks"]


def _gate_keys() -> list[str]:
    from traffic.exchange import picks
    from traffic.moe import report

    named = [*signature(picks).parameters, *signature(report).parameters]
    taken = ("model", "expert_load", "gating", "nic", "scale_up", "ep", "tokens", "node_limit")
    return [key for key in dict.fromkeys(named) if key not in taken and key not in _figure_keys()]
