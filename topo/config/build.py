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
from topo.config.models import FABRIC_KEYS, JOB_KEYS, NONE, Hardware
from topo.config.sections import check_model

if TYPE_CHECKING:
    from topo.cost import PriceBook
    from topo.fabric import Fabric
    from traffic.demand import Demand, GroupedDemand
    from traffic.jobs import Job

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


def traffic_arguments(traffic: Mapping[str, Any], files: Files | None = None) -> dict[str, Any]:
    """Return what ``demand`` takes for a checked ``traffic`` mapping: bytes as numbers, ``model`` as a mapping."""
    arguments = dict(traffic)
    if isinstance(arguments.get("bytes"), str):
        arguments["bytes"] = units.size(arguments["bytes"])
    if isinstance(arguments.get("model"), str):
        arguments["model"] = model_figures(arguments["model"], files)
    return arguments


def demand_of(
    traffic: Mapping[str, Any],
    *,
    n_ranks: int,
    ranks_per_host: int,
    files: Files | None = None,
    fabric: Fabric | None = None,
) -> Demand | GroupedDemand:
    """Return the demand of a checked ``traffic`` mapping between ``n_ranks`` ranks; pattern ``file`` reads its CSV.

    Pattern ``adversarial`` looks at the graph, so it needs the ``fabric``; no other does.

    Raises DemandError where the pattern cannot be had with so many ranks, ConfigError for a file.
    """
    if traffic["pattern"] == "jobs":
        from traffic.jobs import together

        jobs = jobs_of(traffic, n_ranks=n_ranks, ranks_per_host=ranks_per_host, files=files)
        return together(jobs, n_ranks=n_ranks)
    if traffic["pattern"] == "file":
        from topo.config.demand_file import read_demand

        return read_demand(traffic["path"], n_ranks=n_ranks, files=files)
    if traffic["pattern"] == "adversarial":
        from topo.routing.adversarial import adversarial

        assert fabric is not None, "adversarial traffic needs the fabric"
        own = {key: value for key, value in traffic_arguments(traffic, files).items() if key != "pattern"}
        return adversarial(fabric, **own)
    from traffic import offer

    return offer(**traffic_arguments(traffic, files), n_ranks=n_ranks, ranks_per_host=ranks_per_host)


def jobs_of(traffic: Mapping[str, Any], *, n_ranks: int, ranks_per_host: int, files: Files | None = None) -> list[Job]:
    """Return the jobs of a checked ``traffic`` mapping of pattern ``jobs``, each on its own hosts.

    A job without ``first`` starts on the host after the last of the job before.

    Raises DemandError where hosts are not there or a pattern cannot be had, ConfigError for a file.
    """
    from traffic.demand import DemandError
    from traffic.jobs import Job, on_hosts

    jobs, free = [], 0
    for i, given in enumerate(traffic["jobs"]):
        first = free if given["first"] is None else given["first"]
        where = {"hosts": given["hosts"], "first": first, "stride": given["stride"]}
        own = {key: value for key, value in given.items() if key not in JOB_KEYS}
        name = given["name"] or f"job {i}"
        try:
            ranks = on_hosts(**where, n_ranks=n_ranks, ranks_per_host=ranks_per_host)
            demand = demand_of(own, n_ranks=len(ranks), ranks_per_host=ranks_per_host, files=files)
        except DemandError as error:
            raise DemandError(f"jobs: {name}: {error}") from None
        jobs.append(Job(name, demand, ranks, units.duration(given["start"])))
        free = int(ranks[-1]) // ranks_per_host + 1
    return jobs


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


def model_figures(name: str, files: Files | None = None) -> dict[str, Any]:
    """Return the figures of a model name or file, checked by the traffic side.

    Raises ConfigError at the key that is wrong.
    """
    text, shown = (files or Files()).read("models", name)
    return _model_figures(text, shown)


@lru_cache(maxsize=64)
def _model_figures(text: str, shown: str) -> dict[str, Any]:
    from traffic.demand import DemandError
    from traffic.model import Model

    document = parse_mapping(text, shown)
    try:
        Model.of(document.data)
    except DemandError as error:
        key = next((key for key in document.data if f" {key} " in f" {error} ".replace("'", " ")), "")
        raise ConfigError(f"{document.place((key,))}: {error}") from None
    return dict(document.data)


def _rate_or_none(text: str) -> float | None:
    return None if text == NONE else units.rate(text)
