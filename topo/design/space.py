"""The space: every network of the families that the switches on offer can make, sized in closed form.

A parameter says itself how it is sought (``topo.parameters.Sought``): by the ports of switches on offer, through every
value, in whole hosts, or as the least that holds the endpoints.  One that must be given and says nothing goes through
every value; all others stay at their defaults, unless values are given for them.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any, NamedTuple

from topo.cost import PriceBook, bill
from topo.generators import FAMILIES, GeneratorError, size_of
from topo.parameters import annotation_of, sought
from topo.size import Size
from topo.units import gbps

#: Speeds are the same within this fraction: units were converted on the way.
_SAME = 1e-9


class Switch(NamedTuple):
    """A switch on offer."""

    ports: int
    capacity: float | None  # [B/s] of a port; None fits every speed


class Form(NamedTuple):
    """How NICs meet planes."""

    planes: int
    nic: str


@dataclass(frozen=True)
class Space:
    """What a network may be made of."""

    endpoints: int
    switches: tuple[Switch, ...]
    capacity: float  # [B/s] of a NIC, all its ports together
    forms: tuple[Form, ...] = (Form(1, "single-plane"),)
    families: Mapping[str, Mapping[str, Sequence[Any]]] = field(default_factory=lambda: {name: {} for name in FAMILIES})
    endpoints_per_host: int = 8
    scale_up_domain: int | None = None
    prices: PriceBook | None = None


@dataclass(frozen=True)
class Candidate:
    """A network with its closed-form facts."""

    family: str
    params: Mapping[str, Any]  # of the family, with planes and nic
    capacity: float  # [B/s] of a switch port
    size: Size
    facts: Mapping[str, Any]

    @property
    def name(self) -> str:
        """The network as its family calls it."""
        return self.size.name


def candidates(space: Space) -> Iterator[Candidate]:
    """Yield every network of ``space``, those that hold too few endpoints too: full, to say how many they hold."""
    for form in space.forms:
        capacity = space.capacity / (form.planes if form.nic == "multi-port" else 1)
        ports = sorted({s.ports for s in space.switches if _fits(s, capacity)})
        for family, values in space.families.items() if ports else ():
            yield from _of_family(space, family, _axes(space, family, values, form, ports), form, capacity)


def _fits(switch: Switch, capacity: float) -> bool:
    return switch.capacity is None or abs(switch.capacity / capacity - 1) < _SAME


def _of_family(space: Space, family: str, axes: _Axes, form: Form, capacity: float) -> Iterator[Candidate]:
    common: dict[str, Any] = {"endpoints_per_host": space.endpoints_per_host, "scale_up_domain": space.scale_up_domain}
    common |= form._asdict()
    for point in product(*axes.values.values()):
        params = dict(zip(axes.values, point, strict=True))
        if axes.least:
            params[axes.least] = _least(
                params, axes, lambda own: _sized(family, own, common, axes.most), space.endpoints
            )
        size = _sized(family, params, common, axes.most)
        if size is None or not size.buildable:
            continue
        if size.endpoints > space.endpoints:
            size = _sized(family, params, common | {"endpoints": space.endpoints}, axes.most)
        if size is not None:
            yield Candidate(family, params | form._asdict(), capacity, size, _facts(size, space.prices, capacity))


class _Axes(NamedTuple):
    """How the parameters of a family are sought."""

    values: Mapping[str, Sequence[Any]]
    least: str  # the one that is as small as holds the endpoints; empty where none is
    most: int  # ports of the largest switch


def _axes(space: Space, family: str, values: Mapping[str, Sequence[Any]], form: Form, ports: list[int]) -> _Axes:
    host = max(1, space.endpoints_per_host // (form.planes if form.nic == "single-plane" else 1))
    plan, axes, least = FAMILIES[family].plan, dict(values), ""
    ways: dict[str, Sequence[Any]] = {
        "ports": ports,
        "all": range(1, ports[-1] + 1),
        "hosts": range(host, ports[-1], host) or range(1, ports[-1]),
    }
    for name, parameter in inspect.signature(plan).parameters.items():
        how = sought(annotation_of(parameter, plan)) or ("all" if parameter.default is parameter.empty else "")
        if name in axes or not how:
            continue
        if how == "least":
            least = name
        else:
            axes[name] = ways[how]
    return _Axes(axes, least, ports[-1])


def _least(params: dict[str, Any], axes: _Axes, sized: Callable[[dict[str, Any]], Size | None], endpoints: int) -> int:
    """Return the least value of ``axes.least`` that holds the endpoints, else the largest that there is; 0 for none."""
    low, high = 1, axes.most**2 + 2
    while low < high:  # to the first value that holds the endpoints, or that no network has
        middle = (low + high) // 2
        size = sized(params | {axes.least: middle})
        low, high = (low, middle) if size is None or size.endpoints >= endpoints else (middle + 1, high)
    return low if sized(params | {axes.least: low}) else low - 1


def _sized(family: str, params: dict[str, Any], common: dict[str, Any], most: int) -> Size | None:
    """Return the full network of ``params``; None where there is none of ``most`` ports a switch."""
    try:
        size = size_of(family, **params, **common)
    except GeneratorError:
        return None
    return size if size.radix <= most else None


def _facts(size: Size, prices: PriceBook | None, capacity: float) -> dict[str, Any]:
    keys = ("endpoints", "switches", "switch_links", "endpoint_links", "transceivers", "spare_ports")
    facts: dict[str, Any] = {key: getattr(size, key) for key in (*keys, "radix", "planes", "diameter")}
    facts |= {"bisection_per_endpoint": size.bisection}
    facts |= {"oversubscription": max(size.oversubscription.values(), default=1.0)}
    if prices is not None:
        priced = bill(size, prices, capacity=capacity)
        facts |= {key: priced[key] for key in ("cost_usd", "cost_per_endpoint_usd", "watts")}
    return facts | {"port_gbps": gbps(capacity)}
