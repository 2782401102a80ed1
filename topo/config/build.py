"""Turns checked sections into keyword arguments: words and units in, SI numbers out."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypedDict

from topo import units
from topo.config import prices
from topo.config.data import Files
from topo.config.document import parse_mapping
from topo.config.errors import ConfigError
from topo.config.models import FABRIC_KEYS, NONE, Hardware
from topo.config.sections import check_model

if TYPE_CHECKING:
    from topo.cost import PriceBook

#: Keys of a hardware file that are keys of a fabric too.
OF_FABRIC = ("nic_rate", "scale_up", "endpoints_per_host", "scale_up_domain")
_LATENCIES = ("switch_latency", "cable_latency", "scale_up_latency", "overhead")


class CostArguments(TypedDict):
    """What ``bill`` takes beside a Size."""

    prices: PriceBook
    capacity: float  # [B/s] of a switch port


def size_arguments(fabric: Mapping[str, Any]) -> dict[str, Any]:
    """Return what ``size_of`` takes for a checked ``fabric`` mapping; ``scale_up`` in B/s."""
    own = {key: value for key, value in fabric.items() if key not in FABRIC_KEYS}
    common = {key: fabric[key] for key in ("planes", "nic", "endpoints", "endpoints_per_host", "scale_up_domain")}
    return own | common | {"scale_up": _rate_or_none(fabric["scale_up"])}


def fabric_arguments(fabric: Mapping[str, Any], files: Files | None = None) -> dict[str, Any]:
    """Return what ``generate`` takes for a checked ``fabric`` mapping: B/s and seconds.

    Raises ConfigError for a hardware file that cannot be used.
    """
    return size_arguments(fabric) | {
        "capacity": units.rate(fabric["rate"]),
        "nic_capacity": None if fabric["nic_rate"] is None else units.rate(fabric["nic_rate"]),
        "relay": fabric["relay"],
        **latencies(fabric["hardware"], files),
    }


def cost_arguments(cost: Mapping[str, Any], fabric: Mapping[str, Any], files: Files | None = None) -> CostArguments:
    """Return what ``bill`` takes beside a Size: the price book, and the capacity of a switch port [B/s]."""
    return CostArguments(prices=prices.load(cost["prices"], files), capacity=units.rate(fabric["rate"]))


def latencies(hardware: str, files: Files | None = None) -> dict[str, float]:
    """Return the latencies of a hardware name or file [s]; all zero for ``none``."""
    if hardware == NONE:
        return dict.fromkeys(_LATENCIES, 0.0)
    text, shown = (files or Files()).read("hardware", hardware)
    resolved = read_hardware(text, shown)
    return {key: units.duration(resolved[key]) for key in _LATENCIES}


@lru_cache(maxsize=64)
def read_hardware(text: str, shown: str) -> dict[str, Any]:
    """Return the checked content of a hardware file: title, latencies, rates and numbers with units, sources.

    Raises ConfigError with every problem; a rate, and a latency that is not zero, needs a source.
    """
    document = parse_mapping(text, shown)
    resolved, problems = check_model(Hardware, document, "")
    if problems:
        raise ConfigError.of(problems)
    stated = [key for key in _LATENCIES if units.duration(resolved[key])]
    stated += [key for key in OF_FABRIC if resolved[key] is not None]
    for key in stated:
        if key not in resolved["sources"]:
            raise ConfigError(f"{document.place((key,))}: {key}: has no source; add it under sources:")
    return resolved


def _rate_or_none(text: str) -> float | None:
    return None if text == NONE else units.rate(text)
