"""Families of networks: each in closed form (``size_of``) and built (``generate``).

A family module describes one plane; copies of it, the inside of hosts and all
speeds are added here, alike for every family.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from topo import units
from topo.generators.family import Family
from topo.generators.host import Inside
from topo.generators.planes import NICS, of_one_plane
from topo.generators.wiring import GeneratorError, Plan, Wiring, label
from topo.lazy import late
from topo.lazy import numpy as np
from topo.near import hint
from topo.rules import RELAYS
from topo.size import Size, Tier, cable_row

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from topo.fabric import Fabric
    from topo.packet import Packet

__all__ = ["FAMILIES", "NICS", "Family", "GeneratorError", "Plan", "Wiring", "generate", "size_of"]

#: Cables above which ``generate`` refuses, about 200 bytes each while it builds; ``size_of`` knows no limit.
MAX_CABLES = 60_000_000


#: Every family by the name that the command line and study files use.
FAMILIES: dict[str, Family] = {
    "dragonfly": Family(late("topo.generators.dragonfly:plan"), printed=("DF",)),
    "fat-tree-2": Family(
        late("topo.generators.fat_tree_2:plan"), printed=("FT2", "MPFT"), single=lambda n: {"radix": 4 * n}
    ),
    "fat-tree-3": Family(late("topo.generators.fat_tree_3:plan"), printed=("FT3",)),
    "slim-fly": Family(late("topo.generators.slim_fly:plan"), printed=("SF",), facing=True),
}


def size_of(
    family: str,
    *,
    planes: int = 1,
    nic: str = "single-plane",
    endpoints: int | None = None,
    endpoints_per_host: int = 8,
    scale_up: float | None = None,
    scale_up_domain: int | None = None,
    **family_params: Any,
) -> Size:
    """Return the parts list of a network, in closed form at any scale.

    ``endpoints`` counts all planes; None takes all that fit.  ``family_params`` are those of the
    family.  ``buildable`` is False where the formula has no network.

    Raises GeneratorError for an unknown family or parameter, and for values that no network has.
    """
    plan = _family(family, family_params)
    if scale_up is not None:
        _positive(scale_up, "scale_up")
    inside = Inside.of(endpoints_per_host, scale_up_domain)
    local, mine = of_one_plane(endpoints, inside, planes, nic)
    shared = nic == "multi-port"
    if endpoints is not None:
        most = plan(endpoints_per_host=mine.host, **family_params).size()
        total = most.endpoints * (1 if shared else planes)
        if endpoints > total:
            raise GeneratorError(
                f"endpoints: at most {total} fit {_label(most.name, planes, nic, None)}; got {endpoints}"
            )
    one = plan(endpoints=local, endpoints_per_host=mine.host, **family_params).size()
    size = one.planes_of(planes, shared_endpoints=shared)
    domains = -(-size.endpoints // inside.domain)
    scale_up_cables = cable_row(Tier.SCALE_UP, size.endpoints) if scale_up is not None else ()
    return replace(
        size,
        name=_label(one.name, planes, nic, endpoints),
        cables=scale_up_cables + size.cables,
        hosts=-(-size.endpoints // inside.host),
        domains=domains,
        scale_up_switches=domains if scale_up is not None else 0,
        diameter=size.diameter if one.endpoints > 1 else None,
        bisection=_bisection(size.bisection, inside, domains),
    )


def generate(
    family: str,
    *,
    capacity: float | str,
    planes: int = 1,
    nic: str = "single-plane",
    nic_capacity: float | str | None = None,
    endpoints: int | None = None,
    endpoints_per_host: int = 8,
    scale_up: float | str | None = None,
    scale_up_domain: int | None = None,
    relay: str = "source",
    switch_latency: float | str = 0.0,
    cable_latency: float | str = 0.0,
    scale_up_latency: float | str = 0.0,
    overhead: float | str = 0.0,
    launch: float | str = 0.0,
    packet: Packet | None = None,
    symmetry: bool = False,
    **family_params: Any,
) -> Fabric:
    """Return the fabric of a family: ``planes`` copies of it, with hosts.

    Capacities and latencies are numbers, or texts with a unit such as ``400Gb/s`` and ``1us``.

    Parameters
    ----------
    family
        One of ``FAMILIES``; ``family_params`` are those of its ``plan``.
    capacity
        Of a switch port, one way [B/s].
    planes, nic
        Disjoint copies, and how endpoints reach them: ``single-plane`` or ``multi-port``.
    nic_capacity
        Of all network ports of an endpoint together, one way [B/s]; a port carries the lesser of
        its share and ``capacity``.  None: as much as the switch ports.
    endpoints
        Of all planes together; None takes all that fit.
    scale_up
        Capacity of the cable between an endpoint and its scale-up switch, one way [B/s]; None: no
        such switch.
    scale_up_domain
        Consecutive endpoints that one scale-up switch joins: whole hosts; None: one host.
    relay
        How traffic reaches a plane that its endpoint has no port on.
    switch_latency, cable_latency, scale_up_latency, overhead
        [s].  A path pays ``cable_latency`` for each network cable and ``switch_latency`` for each
        switch.  Both links of a cable are equal: a cable between switches is charged one switch, a
        cable to an endpoint half of one.  ``scale_up_latency`` is that of a cable inside a host.
    launch, packet
        Of the kernel that carries out an operation [s]; packets of the network cables, None: no headers.
    symmetry
        Attach the automorphisms that the family knows, tested when they are first asked for.

    Raises
    ------
    GeneratorError
        For an unknown family or parameter and for values that no network has.
    UnitError
        For a text without a unit, or with an unknown one.
    """
    from topo.generators.assembly import Assembly

    capacity = units.capacity(capacity)
    nic_capacity, scale_up = (one if one is None else units.capacity(one) for one in (nic_capacity, scale_up))
    latencies = [units.latency(one) for one in (switch_latency, cable_latency, scale_up_latency)]
    overhead, launch = units.latency(overhead), units.latency(launch)
    where: dict[str, Any] = {"planes": planes, "nic": nic, "endpoints": endpoints}
    where |= {"endpoints_per_host": endpoints_per_host, "scale_up_domain": scale_up_domain}
    size = size_of(family, **where, scale_up=scale_up, **family_params)
    _check_buildable(size)
    if relay not in RELAYS:
        raise GeneratorError(f"relay: {relay!r} is unknown; {_known(str(relay), list(RELAYS))}")
    _not_negative(overhead, "overhead")
    _not_negative(launch, "launch")
    port = _port_capacity(capacity, nic_capacity, planes if nic == "multi-port" else 1)
    inside = Inside.of(endpoints_per_host, scale_up_domain)
    local, mine = of_one_plane(endpoints, inside, planes, nic)
    plan = FAMILIES[family].plan(endpoints=local, endpoints_per_host=mine.host, **family_params)
    assembly = Assembly(
        plan=plan,
        plane=plan.build(),
        planes=planes,
        nic=nic,
        inside=inside,
        together=mine.domain,
        scale_up=scale_up is not None,
        capacity=_capacities(capacity, port, scale_up),
        latency=_latencies(*latencies),
        facts={"name": size.name, "overhead": overhead, "launch": launch, "packet": packet, "relay": relay},
    )
    return assembly.fabric(symmetry=symmetry)


def _bisection(closed: float | None, inside: Inside, domains: int) -> float | None:
    """Return the closed form of a family where it holds for halves that keep domains whole, not hosts alone."""
    holds = domains > 1 and (closed == 1.0 or inside.domain == inside.host)
    return closed if holds else None


def _capacities(switch: float, port: float, scale_up: float | None) -> NDArray[np.float64]:
    """Return (tiers,) capacity of a cable [B/s]."""
    by_tier = np.full(len(Tier), float(switch))
    by_tier[Tier.ENDPOINT] = port
    by_tier[Tier.SCALE_UP] = np.nan if scale_up is None else scale_up
    return by_tier


def _latencies(switch: float, cable: float, scale_up: float) -> NDArray[np.float64]:
    """Return (tiers,) latency of a cable [s]; that of an endpoint carries half of a switch, others a whole one."""
    for what, seconds in (("switch_latency", switch), ("cable_latency", cable), ("scale_up_latency", scale_up)):
        _not_negative(seconds, what)
    by_tier = np.full(len(Tier), cable + switch)
    by_tier[Tier.ENDPOINT] = cable + switch / 2
    by_tier[Tier.SCALE_UP] = scale_up
    return by_tier


def _family(family: str, family_params: dict[str, Any]) -> Callable[..., Plan]:
    if family not in FAMILIES:
        raise GeneratorError(f"family: {family!r} is unknown; {_known(family, list(FAMILIES))}")
    plan = FAMILIES[family].plan
    signature = _parameters(plan)
    own = [name for name in signature if name not in ("endpoints", "endpoints_per_host")]
    for name in family_params:
        if name not in own:
            raise GeneratorError(f"{family}: no parameter {name!r}; {_known(name, own)}")
    for name in own:
        if signature[name].default is inspect.Parameter.empty and name not in family_params:
            raise GeneratorError(f"{family}: parameter {name!r} is missing; it has {', '.join(own)}")
    return plan


@lru_cache(maxsize=64)
def _parameters(plan: Callable[..., Plan]) -> Mapping[str, inspect.Parameter]:
    return inspect.signature(plan).parameters


def _known(given: str, names: list[str]) -> str:
    return f"known: {', '.join(names)}{hint(given, names)}"


def _label(name: str, planes: int, nic: str, endpoints: int | None) -> str:
    extra: dict[str, object] = {}
    if planes > 1:
        # A family that counts its endpoints a switch as p keeps the letter.
        extra["planes" if " p=" in name else "p"] = planes
    if nic != "single-plane":
        extra["nic"] = nic
    if endpoints is not None:
        extra["endpoints"] = endpoints
    return label(name, **extra)


def _check_buildable(size: Size) -> None:
    if not size.buildable:
        raise GeneratorError(size.reason, size.neighbours)
    cables = sum(n for _, _, n in size.cables)
    if cables > MAX_CABLES:
        raise GeneratorError(
            f"{size.name} has {cables} cables; up to {MAX_CABLES} are built. Its size and cost are known at any scale"
        )


def _port_capacity(capacity: float, nic_capacity: float | None, ports: int) -> float:
    """Return the capacity of one network port of an endpoint [B/s]."""
    _positive(capacity, "capacity")
    if nic_capacity is None:
        return capacity
    _positive(nic_capacity, "nic_capacity")
    return min(capacity, nic_capacity / ports)


def _positive(value: float, what: str) -> None:
    if not (_number(value) and value > 0):
        raise GeneratorError(f"{what}: a number above 0 is needed [B/s]; got {value!r}")


def _not_negative(value: float, what: str) -> None:
    if not (_number(value) and value >= 0):
        raise GeneratorError(f"{what}: 0 or more is needed [s]; got {value!r}")


def _number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
